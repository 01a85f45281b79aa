"""rv64_binary: a bare-metal RV64 program, by Debian's riscv64-unknown-elf-gcc.

    load("@zext//bazel:rv64.bzl", "rv64_binary")

    rv64_binary(
        name = "hello",
        srcs = ["hello.c"],      # int main(void): its result is the exit code
    )

gives `hello.elf`, which runs on zext's core, and on QEMU by
`qemu-system-riscv64 -M virt -bios none -kernel hello.elf`. There is no C library.
"""

def _rv64_binary_impl(ctx):
    elf = ctx.actions.declare_file(ctx.label.name + ".elf")
    sources = ctx.files.srcs + (ctx.files._runtime if ctx.attr.startup else [])
    args = ctx.actions.args()
    args.add_all(["-march=" + ctx.attr.march, "-mabi=lp64", "-mcmodel=medany"])
    args.add_all(["-ffreestanding", "-fno-builtin-printf", "-fno-tree-loop-distribute-patterns"])
    args.add_all(["-nostdlib", "-static", "-Wall", "-Wl,--build-id=none", "-I."])
    args.add(ctx.attr.opt)
    args.add_all(ctx.attr.defines, format_each = "-D%s")
    args.add_all(ctx.attr.copts)
    args.add("-T", ctx.file.linker_script)
    args.add_all(sources)
    args.add("-lgcc")
    args.add("-o", elf)
    ctx.actions.run(
        executable = ctx.attr.gcc,
        arguments = [args],
        inputs = sources + ctx.files.hdrs + [ctx.file.linker_script],
        outputs = [elf],
        env = {"LANG": "C", "PATH": "/usr/bin:/bin"},
        mnemonic = "Rv64Compile",
        progress_message = "Compiling %s for bare RV64" % ctx.label,
    )
    return [DefaultInfo(files = depset([elf]), runfiles = ctx.runfiles(files = [elf]))]

rv64_binary = rule(
    implementation = _rv64_binary_impl,
    doc = """Compiles and links C and assembly to NAME.elf, loaded at 0x80000000.

    The program ends by storing 2 * exit code + 1 to the symbol `tohost`; the start-up code that
    comes along does so with main's result.
    """,
    attrs = {
        "srcs": attr.label_list(
            doc = "C, assembly (.S is preprocessed) and RV64 objects.",
            allow_files = [".c", ".S", ".s", ".o"],
            mandatory = True,
        ),
        "hdrs": attr.label_list(
            doc = "Files they include, by a path from the workspace's root or beside them.",
            allow_files = [".h", ".inc"],
        ),
        "startup": attr.bool(
            doc = "Link zext's start-up code; without it srcs define _start and tohost.",
            default = True,
        ),
        "linker_script": attr.label(
            doc = "Where sections go.",
            allow_single_file = [".ld"],
            default = "@zext//bazel/rv64:link.ld",
        ),
        "march": attr.string(
            doc = "Instruction set.",
            default = "rv64imac_zicsr_zifencei_zba_zbb_zbs",
        ),
        "opt": attr.string(
            doc = "Optimisation.",
            default = "-O2",
        ),
        "defines": attr.string_list(
            doc = "Macros, as NAME or NAME=VALUE.",
        ),
        "copts": attr.string_list(
            doc = "More options for gcc, after all others but the sources.",
        ),
        "gcc": attr.string(
            doc = "The compiler, by absolute path.",
            default = "/usr/bin/riscv64-unknown-elf-gcc",
        ),
        "_runtime": attr.label(default = "@zext//bazel/rv64:runtime"),
    },
)
