"""bpf_object: a C program compiled to eBPF by Debian's clang-19.

    load("@zext//bazel:bpf.bzl", "bpf_object")

    bpf_object(
        name = "xdp_filter",
        src = "xdp_filter.c",
    )

gives `xdp_filter.bpf.o`, an ELF object with BTF and line information, for any instruction set
version from v1 to v4. Linux's headers are found (`<linux/bpf.h>`, from linux-libc-dev), and
libbpf's (`<bpf/bpf_helpers.h>`, from libbpf-dev); the host's C library is not: its headers are not
for a BPF target, except what the compiler brings itself (`<stdint.h>`, `<stdbool.h>`,
`<stddef.h>`).
"""

BpfObjectInfo = provider(
    doc = "What a bpf_object gives to rules that verify, compile or run it.",
    fields = {
        "object": "File: the ELF object.",
        "source": "File: the C source it was compiled from.",
        "mcpu": "String: instruction set version, v1 to v4.",
    },
)

# Where Debian keeps <asm/types.h>, by the host's architecture; those that do not exist are ignored.
_ARCHITECTURE_HEADERS = [
    "/usr/include/x86_64-linux-gnu",
    "/usr/include/aarch64-linux-gnu",
    "/usr/include/riscv64-linux-gnu",
]

# Whatever is compiled for BPF: offline, without a C library, the same wherever it is built.
_FLAGS = [
    "-target",
    "bpf",
    "-g",
    "-std=gnu17",
    # Without a C library the compiler may not call its functions for a loop that looks like one.
    "-ffreestanding",
    "-fno-stack-protector",
    "-fno-ident",
    "-Wall",
    "-Wno-unused-command-line-argument",
    # The object must not depend on the directory it is built in.
    "-fdebug-compilation-dir=.",
    "-no-canonical-prefixes",
]

def bpf_flags(ctx):
    """Adds what every compilation for BPF has to be given, but for its version and optimisation.

    Args:
      ctx: of the rule that compiles.

    Returns:
      An Args to add to.
    """
    args = ctx.actions.args()
    args.add_all(_FLAGS)
    args.add_all(["-iquote", ctx.label.workspace_root or "."])
    args.add_all(_ARCHITECTURE_HEADERS, before_each = "-idirafter")
    return args

# Of the actions that run the compiler.
BPF_ENVIRONMENT = {"LANG": "C", "PATH": "/usr/bin:/bin"}

def _arguments(ctx, out, compilation):
    args = bpf_flags(ctx)
    args.add_all(["-mcpu=" + ctx.attr.mcpu, ctx.attr.opt])
    args.add_all(compilation.quote_includes, before_each = "-iquote")
    args.add_all(compilation.includes, before_each = "-I")
    args.add_all(compilation.system_includes, before_each = "-isystem")
    args.add_all(compilation.defines, format_each = "-D%s")
    args.add_all(ctx.attr.includes, format_each = "-I%s")
    args.add_all(ctx.attr.defines, format_each = "-D%s")
    args.add_all(ctx.attr.copts)
    args.add("-c", ctx.file.src)
    args.add("-o", out)
    return args

def _bpf_object_impl(ctx):
    out = ctx.actions.declare_file(ctx.label.name + ".bpf.o")
    compilation = cc_common.merge_cc_infos(
        cc_infos = [dep[CcInfo] for dep in ctx.attr.deps],
    ).compilation_context
    ctx.actions.run(
        executable = ctx.attr.clang,
        arguments = [_arguments(ctx, out, compilation)],
        inputs = depset([ctx.file.src] + ctx.files.hdrs, transitive = [compilation.headers]),
        outputs = [out],
        env = BPF_ENVIRONMENT,
        mnemonic = "BpfCompile",
        progress_message = "Compiling %s for BPF %s" % (ctx.file.src.short_path, ctx.attr.mcpu),
    )
    return [
        DefaultInfo(
            files = depset([out]),
            runfiles = ctx.runfiles(files = [out]),
        ),
        BpfObjectInfo(object = out, source = ctx.file.src, mcpu = ctx.attr.mcpu),
        OutputGroupInfo(source = depset([ctx.file.src])),
    ]

bpf_object = rule(
    implementation = _bpf_object_impl,
    doc = """Compiles one C file to a BPF object, NAME.bpf.o, with BTF and line information.

    Needs clang-19; runs offline and in Bazel's sandbox. The object depends on the source and the
    attributes only, not on where it is built.
    """,
    attrs = {
        "src": attr.label(
            doc = "The C file.",
            allow_single_file = [".c"],
            mandatory = True,
        ),
        "hdrs": attr.label_list(
            doc = "Headers it includes, by a path from the workspace's root or beside it.",
            allow_files = [".def", ".h"],
        ),
        "deps": attr.label_list(
            doc = "cc_library targets whose headers it includes; their objects are not linked.",
            providers = [CcInfo],
        ),
        "mcpu": attr.string(
            doc = "Version of the instruction set: v2 adds jumps on <, v3 32-bit jumps and " +
                  "atomics with fetch, v4 signed division and loads, moves with sign extension, " +
                  "bswap, long jumps.",
            default = "v4",
            values = ["v1", "v2", "v3", "v4"],
        ),
        "opt": attr.string(
            doc = "Optimisation; at -O0 most programs need calls that BPF has not.",
            default = "-O2",
            values = ["-O1", "-O2", "-O3", "-Os", "-Oz"],
        ),
        "includes": attr.string_list(
            doc = "Directories for #include, from the workspace's root.",
        ),
        "defines": attr.string_list(
            doc = "Macros, as NAME or NAME=VALUE.",
        ),
        "copts": attr.string_list(
            doc = "More options for clang, after all others.",
        ),
        "clang": attr.string(
            doc = "The compiler, by absolute path.",
            default = "/usr/bin/clang-19",
        ),
    },
    provides = [BpfObjectInfo],
)
