"""The repositories zext needs, all of them from Debian 12 packages: nothing is downloaded."""

def _generated_repository_impl(ctx):
    for label, path in ctx.attr.files.items():
        ctx.symlink(label, path)
    ctx.file("WORKSPACE", "workspace(name = \"%s\")\n" % ctx.name)

_in_tree_repository = repository_rule(
    implementation = _generated_repository_impl,
    doc = "A repository whose files stand in zext's own tree, wherever zext itself is loaded from.",
    attrs = {"files": attr.label_keyed_string_dict(
        doc = "Each file, and its path in the repository.",
        mandatory = True,
    )},
)

_DEBIAN_LIBRARIES = [
    "benchmark",
    "capstone",
    "cli11",
    "fmt",
    "googletest",
    "libbpf",
    "libelf",
    "nlohmann_json",
    "z3",
]

_DEBIAN_BAZEL_REPOSITORIES = {
    "bazel_skylib": "/usr/share/bazel/tools/skylib",
    "platforms": "/usr/share/bazel/tools/platforms",
    "rules_java": "/usr/share/bazel/rules/java",
    "rules_proto": "/usr/share/bazel/rules/proto",
}

def zext_dependencies():
    """Declares every external repository; for the WORKSPACE of zext and of its users.

    Debian's bazel-rules-cc needs a newer Bazel than Debian's own, hence the in-tree `rules_cc`,
    which hands the native rules on. Bazel would download its coverage tools.
    """
    for name, path in _DEBIAN_BAZEL_REPOSITORIES.items():
        native.local_repository(name = name, path = path)
    _in_tree_repository(
        name = "rules_cc",
        files = {
            "@zext//third_party/rules_cc:cc/BUILD.in": "cc/BUILD",
            "@zext//third_party/rules_cc:cc/defs.bzl": "cc/defs.bzl",
        },
    )
    _in_tree_repository(
        name = "remote_coverage_tools",
        files = {"@zext//third_party/remote_coverage_tools:BUILD.in": "BUILD"},
    )
    for name in _DEBIAN_LIBRARIES:
        native.new_local_repository(
            name = name,
            path = "/usr",
            build_file = "@zext//third_party:%s.BUILD" % name,
        )
    native.new_local_repository(
        name = "verilator",
        path = "/usr/share/verilator",
        build_file = "@zext//third_party:verilator.BUILD",
    )
