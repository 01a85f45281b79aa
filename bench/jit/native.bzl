"""native_kernel: a kernel as RV64 code by clang-19 and by gcc, what the JIT's code is measured by.

    load(":native.bzl", "native_kernel")

    native_kernel(
        name = "gcd_native",
        src = "kernels/gcd.c",
        entry = "gcd",
        helpers = "kernels/helpers.c",
    )

gives `gcd.clang.elf`, `gcd.clang_b.elf`, `gcd.gcc.elf` and `gcd.gcc_b.elf`; those with _b may use
Zba, Zbb and Zbs. Neither uses floating point, so rv64imac is what rv64gc would give.
"""

_MARCH = {
    "": "rv64imac_zicsr_zifencei",
    "_b": "rv64imac_zicsr_zifencei_zba_zbb_zbs",
}

# The same for both compilers, and for the eBPF object: no calls of a C library's functions.
_COPTS = ["-O2", "-std=gnu17", "-ffreestanding", "-fno-builtin", "-mabi=lp64", "-mcmodel=medany"]

_COMPILERS = {
    "clang": ["/usr/bin/clang-19", "--target=riscv64"],
    "gcc": ["/usr/bin/riscv64-unknown-elf-gcc", "-fno-tree-loop-distribute-patterns"],
}

def _object(ctx, src, stem, compiler, suffix):
    object = ctx.actions.declare_file(stem + ".o")
    command = _COMPILERS[compiler]
    ctx.actions.run(
        executable = command[0],
        arguments = command[1:] + _COPTS + [
            "-march=" + _MARCH[suffix],
            "-I.",
            "-c",
            src.path,
            "-o",
            object.path,
        ],
        inputs = [src] + ctx.files.hdrs,
        outputs = [object],
        env = {"LANG": "C", "PATH": "/usr/bin:/bin"},
        mnemonic = "KernelCompile",
        progress_message = "Compiling %s by %s" % (src.short_path, compiler),
    )
    return object

def _compile(ctx, compiler, suffix):
    stem = "%s.%s%s" % (ctx.attr.entry, compiler, suffix)
    objects = [_object(ctx, ctx.file.src, stem, compiler, suffix)]
    if ctx.file.helpers:
        objects.append(_object(ctx, ctx.file.helpers, stem + ".helpers", compiler, suffix))
    elf = ctx.actions.declare_file(stem + ".elf")
    ctx.actions.run(
        executable = "/usr/bin/riscv64-unknown-elf-gcc",
        arguments = [
            "-march=rv64imac",  # there is a libgcc for this one
            "-mabi=lp64",
            "-nostdlib",
            "-static",
            "-Wl,--build-id=none,--no-warn-rwx-segments,-e," + ctx.attr.entry,
            "-T",
            ctx.file._script.path,
        ] + [object.path for object in objects] + [
            "-lgcc",
            "-o",
            elf.path,
        ],
        inputs = objects + [ctx.file._script],
        outputs = [elf],
        env = {"LANG": "C", "PATH": "/usr/bin:/bin"},
        mnemonic = "KernelLink",
        progress_message = "Linking %s by %s" % (ctx.file.src.short_path, compiler),
    )
    return elf

def _native_kernel_impl(ctx):
    elfs = [_compile(ctx, compiler, suffix) for compiler in _COMPILERS for suffix in _MARCH]
    return [DefaultInfo(files = depset(elfs), runfiles = ctx.runfiles(files = elfs))]

native_kernel = rule(
    implementation = _native_kernel_impl,
    doc = "Compiles one C file to four RV64 ELF files, whose entry is its function.",
    attrs = {
        "src": attr.label(
            doc = "The C file.",
            allow_single_file = [".c"],
            mandatory = True,
        ),
        "hdrs": attr.label_list(
            doc = "Headers it includes, by a path from the workspace's root.",
            allow_files = [".def", ".h"],
        ),
        "entry": attr.string(
            doc = "The function, and the stem of the files' names.",
            mandatory = True,
        ),
        "helpers": attr.label(
            doc = "The C file with what the function calls outside of itself, if it does.",
            allow_single_file = [".c"],
        ),
        "_script": attr.label(
            default = ":kernel.ld",
            allow_single_file = True,
        ),
    },
)
