"""`freestanding_binary`: C++ libraries as a kernel embeds them, linked for bare-metal RV64.

Compiles every source that the `deps` reach with `-ffreestanding -fno-exceptions -fno-rtti` and links
them with the target's own `srcs` and no library but the compiler's own (libgcc: count leading zeros,
128-bit division): what needs an exception, a type descriptor, libc or libstdc++ does not link.

    freestanding_binary(
        name = "kernel",
        srcs = ["main.cc", "start.S"],
        linker_script = "link.ld",
        deps = ["@zext//verifier:verify"],
    )
"""

_SourcesInfo = provider(
    doc = "The sources below a C++ library.",
    fields = {"files": "A depset of its sources and headers, transitively."},
)

def _sources_aspect_impl(target, ctx):
    own = [
        file
        for attribute in ["srcs", "hdrs", "textual_hdrs"]
        for label in getattr(ctx.rule.attr, attribute, [])
        for file in label.files.to_list()
    ]
    return [_SourcesInfo(files = depset(
        own,
        transitive = [
            dependency[_SourcesInfo].files
            for dependency in getattr(ctx.rule.attr, "deps", [])
            if _SourcesInfo in dependency
        ],
    ))]

_sources_aspect = aspect(
    implementation = _sources_aspect_impl,
    attr_aspects = ["deps"],
    doc = "Collects the sources of a library and of all it depends on.",
)

_FLAGS = [
    "-std=c++23",
    "-O2",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-ffreestanding",
    "-fno-exceptions",
    "-fno-rtti",
    "-fno-stack-protector",
    "-fno-threadsafe-statics",
    "-fno-pic",
    "-ffunction-sections",
    "-fdata-sections",
    "-march=rv64imac_zicsr_zifencei",
    "-mabi=lp64",
    "-mcmodel=medany",
    "-mno-relax",
]

def _compile(ctx, source, inputs):
    object_file = ctx.actions.declare_file("%s.objs/%s.o" % (ctx.label.name, source.short_path))
    flags = [flag for flag in _FLAGS if source.extension == "cc" or not flag.startswith("-std")]
    ctx.actions.run(
        outputs = [object_file],
        inputs = inputs,
        executable = "/usr/bin/riscv64-linux-gnu-g++",
        arguments = flags + [
            "-iquote",
            ".",
            "-iquote",
            source.root.path or ".",
            "-isystem",
            ctx.file.stubs.dirname[:-len("/gnu")],
            "-c",
            source.path,
            "-o",
            object_file.path,
        ],
        mnemonic = "FreestandingCompile",
    )
    return object_file

def _freestanding_binary_impl(ctx):
    sources = depset(ctx.files.srcs, transitive = [dep[_SourcesInfo].files for dep in ctx.attr.deps])
    inputs = depset([ctx.file.stubs], transitive = [sources])
    objects = [
        _compile(ctx, source, inputs)
        for source in sources.to_list()
        if source.extension in ["cc", "S"]
    ]
    elf = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.run(
        outputs = [elf],
        inputs = objects + [ctx.file.linker_script],
        executable = "/usr/bin/riscv64-unknown-elf-gcc",
        arguments = [
            "-nostdlib",
            "-static",
            "-no-pie",
            # The spelling that finds the multilib.
            "-march=rv64imac",
            "-mabi=lp64",
            "-Wl,--gc-sections,--build-id=none,--no-warn-rwx-segments",
            "-T",
            ctx.file.linker_script.path,
            "-o",
            elf.path,
        ] + [file.path for file in objects] + ["-lgcc"],
        mnemonic = "FreestandingLink",
    )
    return [DefaultInfo(files = depset([elf]), runfiles = ctx.runfiles([elf]))]

freestanding_binary = rule(
    implementation = _freestanding_binary_impl,
    doc = "A bare-metal RV64 ELF of C++ sources and libraries, with nothing of the host beneath.",
    attrs = {
        "srcs": attr.label_list(
            doc = "The program's own sources (.cc, .S, .h): entry point, memory, what else it needs.",
            allow_files = [".cc", ".S", ".h"],
        ),
        "deps": attr.label_list(
            doc = "cc_library targets; their sources are compiled anew for RV64.",
            aspects = [_sources_aspect],
            providers = [CcInfo],
        ),
        "linker_script": attr.label(
            doc = "The memory layout.",
            allow_single_file = True,
            mandatory = True,
        ),
        "stubs": attr.label(
            doc = "glibc's list of missing functions for this ABI, which Debian has for lp64d only.",
            default = "@zext//tests/freestanding:include/gnu/stubs-lp64.h",
            allow_single_file = True,
        ),
    },
)
