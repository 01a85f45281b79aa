"""bpf_builds: each program of programs/ in every build that the tests ask about.

    bpf_builds(
        name = "builds",
        srcs = glob(["programs/*.c"]),
    )

gives a directory a program, `builds/NAME/`, with the objects that builds.sh writes into it.
"""

load("//bazel:bpf.bzl", "BPF_ENVIRONMENT", "bpf_flags")

def _build(ctx, source):
    directory = ctx.actions.declare_directory("%s/%s" % (
        ctx.label.name,
        source.basename[:-len(".c")],
    ))
    paths = ctx.actions.args()
    paths.add(source)
    paths.add(directory.path)
    ctx.actions.run(
        executable = ctx.executable.script,
        arguments = [paths, bpf_flags(ctx)],
        inputs = [source],
        outputs = [directory],
        env = BPF_ENVIRONMENT,
        mnemonic = "BpfBuilds",
        progress_message = "Compiling the builds of %s" % source.short_path,
    )
    return directory

def _bpf_builds_impl(ctx):
    directories = [_build(ctx, source) for source in ctx.files.srcs]
    return [DefaultInfo(
        files = depset(directories),
        runfiles = ctx.runfiles(files = directories),
    )]

bpf_builds = rule(
    implementation = _bpf_builds_impl,
    doc = "A directory of BPF objects for each C file, one action each.",
    attrs = {
        "srcs": attr.label_list(
            doc = "Programs with `// fault N: kind: text` lines and FAULT to choose one by.",
            allow_files = [".c"],
        ),
        "script": attr.label(
            doc = "Says which builds there are, and makes them.",
            default = "//tests/corpus:builds.sh",
            allow_single_file = True,
            executable = True,
            cfg = "host",
        ),
    },
)
