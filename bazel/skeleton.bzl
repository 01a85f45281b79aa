"""bpf_skeleton: libbpf's skeleton header of a BPF object, made by Debian's bpftool.

    load("@zext//bazel:skeleton.bzl", "bpf_skeleton")

    bpf_skeleton(
        name = "minimal.skel",
        object = ":minimal_bpf",
        skeleton = "minimal",
    )

gives `minimal.skel.h`, a cc_library that C and C++ targets depend on, in which the object is
`struct minimal`.
"""

load("//bazel:bpf.bzl", "BpfObjectInfo")

def _bpf_skeleton_header_impl(ctx):
    out = ctx.actions.declare_file(ctx.attr.skeleton + ".skel.h")
    object = ctx.attr.object[BpfObjectInfo].object
    ctx.actions.run_shell(
        outputs = [out],
        inputs = [object],
        command = "%s gen skeleton %s name %s > %s" %
                  (ctx.attr.bpftool, object.path, ctx.attr.skeleton, out.path),
        mnemonic = "BpfSkeleton",
        progress_message = "Generating skeleton %s" % out.short_path,
    )
    return [DefaultInfo(files = depset([out]))]

_bpf_skeleton_header = rule(
    implementation = _bpf_skeleton_header_impl,
    doc = "The header alone.",
    attrs = {
        "object": attr.label(
            doc = "A bpf_object.",
            mandatory = True,
            providers = [BpfObjectInfo],
        ),
        "skeleton": attr.string(
            doc = "The struct's name, and the file's: NAME.skel.h.",
            mandatory = True,
        ),
        "bpftool": attr.string(
            doc = "bpftool, by absolute path.",
            default = "/usr/sbin/bpftool",
        ),
    },
)

def bpf_skeleton(name, object, skeleton, **kwargs):
    """A cc_library of a skeleton's header.

    Args:
      name: of the library.
      object: a bpf_object.
      skeleton: what the struct is called; the header is SKELETON.skel.h beside the BUILD file.
      **kwargs: for the library.
    """
    _bpf_skeleton_header(
        name = name + "_header",
        object = object,
        skeleton = skeleton,
    )
    native.cc_library(
        name = name,
        hdrs = [name + "_header"],
        deps = ["@libbpf"],
        **kwargs
    )
