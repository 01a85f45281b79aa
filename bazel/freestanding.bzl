"""C++ libraries as a kernel embeds them, for bare-metal RV64: linked, or as an archive.

Compiles every source that the `deps` reach with `-ffreestanding -fno-exceptions -fno-rtti` and links
them with the target's own `srcs` and no library but the compiler's own (libgcc: count leading zeros,
128-bit division): what needs an exception, a type descriptor, libc or libstdc++ does not link.

    freestanding_binary(
        name = "kernel",
        srcs = ["main.cc", "start.S"],
        linker_script = "link.ld",
        deps = ["@zext//verifier:verify"],
    )

`freestanding_library` makes one archive of all of them, for kernels that are built elsewhere: one
object in it, in which only the symbols of `exports` can be seen, so that nothing clashes with the
kernel's own memcpy, operator new, or second copy of a template.

    freestanding_library(
        name = "mine",                # libmine.a
        exports = ["mine_start"],
        deps = [":mine_code"],
    )
    freestanding_binary(..., archives = [":mine"])
"""

_FreestandingInfo = provider(
    doc = "A C++ library compiled for bare-metal RV64, with all that it depends on.",
    fields = {
        "headers": "A depset of what its sources include, transitively.",
        "objects": "A depset of objects, transitively.",
    },
)

_CXX_FLAGS = [
    "-std=c++23",
    "-fno-exceptions",
    "-fno-rtti",
    "-fno-threadsafe-statics",
    # Constants of templates that no archive could hide.
    "-fno-gnu-unique",
]

_C_FLAGS = ["-std=c11"]

_FLAGS = [
    "-O2",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-ffreestanding",
    "-fno-stack-protector",
    "-fno-pic",
    "-ffunction-sections",
    "-fdata-sections",
    "-march=rv64imac_zicsr_zifencei",
    "-mabi=lp64",
    "-mcmodel=medany",
    "-mno-relax",
]

def _language_flags(source):
    if source.extension == "cc":
        return _CXX_FLAGS
    return _C_FLAGS if source.extension == "c" else []

def _is_source(file):
    return file.extension in ["cc", "c", "S"]

def _compile(ctx, source, headers, stubs):
    object_file = ctx.actions.declare_file(
        "%s.freestanding/%s.o" % (ctx.label.name, source.short_path),
    )
    compiler = "g++" if source.extension == "cc" else "gcc"
    ctx.actions.run(
        outputs = [object_file],
        inputs = depset([source, stubs], transitive = [headers]),
        executable = "/usr/bin/riscv64-linux-gnu-" + compiler,
        arguments = _language_flags(source) + _FLAGS + [
            "-iquote",
            ".",
            "-iquote",
            source.root.path or ".",
            "-isystem",
            stubs.dirname[:-len("/gnu")],
            "-c",
            source.path,
            "-o",
            object_file.path,
        ],
        mnemonic = "FreestandingCompile",
    )
    return object_file

# Compiles a library's own sources once, for all rules that reach it.
def _freestanding_aspect_impl(target, ctx):
    own = [
        file
        for attribute in ["srcs", "hdrs", "textual_hdrs"]
        for label in getattr(ctx.rule.attr, attribute, [])
        for file in label.files.to_list()
    ]
    below = [
        dependency[_FreestandingInfo]
        for dependency in getattr(ctx.rule.attr, "deps", [])
        if _FreestandingInfo in dependency
    ]
    headers = depset(
        [file for file in own if not _is_source(file)],
        transitive = [info.headers for info in below],
    )
    return [_FreestandingInfo(
        headers = headers,
        objects = depset(
            [
                _compile(ctx, source, headers, ctx.file._stubs)
                for source in own
                if _is_source(source)
            ],
            transitive = [info.objects for info in below],
        ),
    )]

# glibc's list of missing functions for this ABI, which Debian has for lp64d only.
_STUBS = attr.label(
    default = "@zext//tests/freestanding:include/gnu/stubs-lp64.h",
    allow_single_file = True,
)

_freestanding_aspect = aspect(
    implementation = _freestanding_aspect_impl,
    attr_aspects = ["deps"],
    attrs = {"_stubs": _STUBS},
    doc = "Compiles a library, and all that it depends on, for bare-metal RV64.",
)

# The objects of the rule's own sources and of all that its deps reach.
def _objects(ctx, own):
    infos = [dep[_FreestandingInfo] for dep in ctx.attr.deps]
    headers = depset(
        [file for file in own if not _is_source(file)],
        transitive = [info.headers for info in infos],
    )
    return [
        _compile(ctx, source, headers, ctx.file._stubs)
        for source in own
        if _is_source(source)
    ] + depset(transitive = [info.objects for info in infos]).to_list()

_LINKER = "/usr/bin/riscv64-unknown-elf-gcc"

# The spelling of -march finds the multilib.
_LINK_FLAGS = ["-nostdlib", "-march=rv64imac", "-mabi=lp64"]

def _freestanding_binary_impl(ctx):
    objects = _objects(ctx, ctx.files.srcs)
    elf = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.run(
        outputs = [elf],
        inputs = objects + ctx.files.archives + [ctx.file.linker_script],
        executable = _LINKER,
        arguments = _LINK_FLAGS + [
            "-static",
            "-no-pie",
            "-Wl,--gc-sections,--build-id=none,--no-warn-rwx-segments",
            "-T",
            ctx.file.linker_script.path,
            "-o",
            elf.path,
        ] + [file.path for file in objects + ctx.files.archives] + ["-lgcc"],
        mnemonic = "FreestandingLink",
    )
    return [DefaultInfo(files = depset([elf]), runfiles = ctx.runfiles([elf]))]

_DEPS = {
    "deps": attr.label_list(
        doc = "cc_library targets; their sources are compiled anew for RV64.",
        aspects = [_freestanding_aspect],
        providers = [CcInfo],
    ),
    "_stubs": _STUBS,
}

freestanding_binary = rule(
    implementation = _freestanding_binary_impl,
    doc = "A bare-metal RV64 ELF of C++ sources and libraries, with nothing of the host beneath.",
    attrs = dict(
        _DEPS,
        srcs = attr.label_list(
            doc = "The program's own sources: entry point, memory, what else it needs.",
            allow_files = [".cc", ".c", ".S", ".h"],
        ),
        archives = attr.label_list(
            doc = "freestanding_library targets.",
            allow_files = [".a"],
        ),
        linker_script = attr.label(
            doc = "The memory layout.",
            allow_single_file = True,
            mandatory = True,
        ),
    ),
)

# All objects become one; what `exports` does not reach goes, and what it does not name is local.
# Debugging information, which would be most of it, goes too.
_ARCHIVE = """
set -e
linker=$1 archive=$2 exports=$3
shift 3
roots=""
: > "$archive.exports"
for symbol in $exports; do
  roots="$roots -Wl,-u,$symbol"
  echo "$symbol" >> "$archive.exports"
done
"$linker" -r -Wl,--gc-sections,--force-group-allocation,--build-id=none $roots -o "$archive.o" "$@" \
    -lgcc
riscv64-unknown-elf-objcopy --keep-global-symbols="$archive.exports" --strip-debug \\
    --remove-section=.eh_frame --remove-section=.rela.eh_frame "$archive.o"
undefined=$(riscv64-unknown-elf-nm -u "$archive.o")
if [ -n "$undefined" ]; then
  echo "$archive would need these of a kernel:" >&2
  echo "$undefined" >&2
  exit 1
fi
# What could be seen beside them would clash with a second copy in the kernel.
visible=$(riscv64-unknown-elf-nm -g --defined-only --format=just-symbols "$archive.o" |
  grep -vxFf "$archive.exports" || true)
if [ -n "$visible" ]; then
  echo "$archive shows these beside its exports:" >&2
  echo "$visible" >&2
  exit 1
fi
rm -f "$archive"
riscv64-unknown-elf-ar rcsD "$archive" "$archive.o"
rm "$archive.o" "$archive.exports"
"""

def _freestanding_library_impl(ctx):
    objects = _objects(ctx, [])
    archive = ctx.actions.declare_file("lib%s.a" % ctx.label.name)
    ctx.actions.run_shell(
        outputs = [archive],
        inputs = objects,
        command = _ARCHIVE,
        arguments = [_LINKER, archive.path, " ".join(ctx.attr.exports)] + _LINK_FLAGS +
                    [file.path for file in objects],
        mnemonic = "FreestandingArchive",
        use_default_shell_env = True,
    )
    return [DefaultInfo(files = depset([archive]), runfiles = ctx.runfiles([archive]))]

freestanding_library = rule(
    implementation = _freestanding_library_impl,
    doc = "An archive of C++ libraries for bare-metal RV64 that needs nothing but what it is handed.",
    attrs = dict(
        _DEPS,
        exports = attr.string_list(
            doc = "The symbols that can be seen from outside.",
            mandatory = True,
        ),
    ),
)
