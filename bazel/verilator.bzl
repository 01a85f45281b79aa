"""verilator_library: SystemVerilog as a C++ library, by Debian's Verilator.

    load("@zext//bazel:verilator.bzl", "verilator_library")

    verilator_library(
        name = "counter_model",
        srcs = ["counter.sv"],
        top = "counter",
    )

    cc_test(
        name = "counter_test",
        srcs = ["counter_test.cc"],   # #include "Vcounter.h"
        deps = [":counter_model"],
    )
"""

load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")

# Verilator decides which files it writes; each kind goes to a directory of its own, since what
# compiles C++ takes a directory of sources, and what includes takes a directory of headers.
_VERILATE = """
set -e
out=$(mktemp -d "$PWD/verilate.XXXXXX")
"$1" --Mdir "$out" "${@:4}"
mv "$out"/*.cpp "$2"
mv "$out"/*.h "$3"
rm -r "$out"
"""

def _verilate(ctx):
    """Runs Verilator; returns the directories of sources and of headers."""
    sources = ctx.actions.declare_directory(ctx.label.name + ".cpp")
    headers = ctx.actions.declare_directory(ctx.label.name + ".h")
    args = ctx.actions.args()
    args.add(ctx.attr.verilator)
    args.add(sources.path)
    args.add(headers.path)
    args.add_all(["--cc", "-O3", "--x-assign", "fast", "--x-initial", "fast", "--noassert"])
    args.add_all(["-Wall"] if ctx.attr.lint else ["-Wno-lint", "-Wno-style"])
    args.add_all(["--top-module", ctx.attr.top])
    args.add_all(["--prefix", ctx.attr.prefix or "V" + ctx.attr.top])
    if ctx.attr.trace:
        args.add_all(["--trace-fst", "--trace-structs"])
    args.add_all(["-G%s=%s" % item for item in ctx.attr.parameters.items()])
    args.add_all(["+define+" + define for define in ctx.attr.defines])
    args.add_all(ctx.attr.vopts)
    args.add_all(ctx.files.srcs)
    ctx.actions.run_shell(
        command = _VERILATE,
        arguments = [args],
        inputs = ctx.files.srcs + ctx.files.hdrs,
        outputs = [sources, headers],
        env = {"LANG": "C", "PATH": "/usr/bin:/bin"},
        mnemonic = "Verilate",
        progress_message = "Verilating %s" % ctx.label,
    )
    return sources, headers

# Two at a time, the largest first: one file is most of a model.
_COMPILE = """
set -e
objects=$(mktemp -d "$PWD/objects.XXXXXX")
ls -S "$2"/*.cpp |
  xargs -P 2 -I {} sh -c 'o=$1/${0##*/}.o; shift; "$@" -c "$0" -o "$o"' {} "$objects" "${@:3}"
ar -crD "$1" "$objects"/*.o
rm -r "$objects"
"""

def _compile(ctx, sources, headers, runtime):
    """Runs Clang on the generated sources; returns an archive."""
    archive = ctx.actions.declare_file("lib%s.a" % ctx.label.name)
    args = ctx.actions.args()
    args.add(archive)
    args.add(sources.path)
    args.add(ctx.attr.clang)
    args.add_all(["-std=c++20", "-O3", "-w", "-I" + headers.path])
    args.add_all(runtime.system_includes, before_each = "-isystem")
    args.add_all(ctx.attr.copts)
    ctx.actions.run_shell(
        command = _COMPILE,
        arguments = [args],
        inputs = depset([sources, headers], transitive = [runtime.headers]),
        outputs = [archive],
        env = {"LANG": "C", "PATH": "/usr/bin:/bin"},
        mnemonic = "VerilatedCompile",
        progress_message = "Compiling verilated %s" % ctx.label,
    )
    return archive

def _verilator_library_impl(ctx):
    sources, headers = _verilate(ctx)
    deps = [ctx.attr._runtime] + ([ctx.attr._fst_runtime] if ctx.attr.trace else [])
    runtime = cc_common.merge_cc_infos(cc_infos = [dep[CcInfo] for dep in deps])
    archive = _compile(ctx, sources, headers, runtime.compilation_context)
    toolchain = find_cpp_toolchain(ctx)
    library = cc_common.create_library_to_link(
        actions = ctx.actions,
        cc_toolchain = toolchain,
        feature_configuration = cc_common.configure_features(
            ctx = ctx,
            cc_toolchain = toolchain,
            requested_features = ctx.features,
            unsupported_features = ctx.disabled_features,
        ),
        static_library = archive,
    )
    own = CcInfo(
        compilation_context = cc_common.create_compilation_context(
            headers = depset([headers]),
            system_includes = depset([headers.path]),
        ),
        linking_context = cc_common.create_linking_context(
            linker_inputs = depset([cc_common.create_linker_input(
                owner = ctx.label,
                libraries = depset([library]),
            )]),
        ),
    )
    return [
        DefaultInfo(files = depset([sources, headers])),
        cc_common.merge_cc_infos(cc_infos = [own, runtime]),
    ]

verilator_library = rule(
    implementation = _verilator_library_impl,
    doc = """Compiles SystemVerilog to a C++ library whose class is V<top>, in V<top>.h.

    Compiled by Clang at -O3 whatever the build's mode and compiler, since nobody debugs generated
    code: it takes two thirds of GCC's time, and what it makes simulates a fifth faster. A user that
    wants a fast model and one with waveforms declares two targets and links one of them.
    """,
    attrs = {
        "srcs": attr.label_list(
            doc = "The design in order of compilation: packages before what uses them.",
            allow_files = [".sv", ".v"],
            mandatory = True,
        ),
        "hdrs": attr.label_list(
            doc = "Files that `include reads.",
            allow_files = [".svh", ".vh", ".sv", ".v"],
        ),
        "top": attr.string(
            doc = "Name of the top module.",
            mandatory = True,
        ),
        "trace": attr.bool(
            doc = "Can write FST waveforms (VerilatedFstC). Costs speed even while it writes none.",
        ),
        "prefix": attr.string(
            doc = "Name of the class; V<top> by default. Models of one top in one program need two.",
        ),
        "parameters": attr.string_dict(
            doc = "Parameters of the top module and their values.",
        ),
        "defines": attr.string_list(
            doc = "Verilog macros, as NAME or NAME=VALUE.",
        ),
        "lint": attr.bool(
            doc = "Any warning of verilator -Wall is an error.",
            default = True,
        ),
        "vopts": attr.string_list(
            doc = "More options for Verilator.",
        ),
        "copts": attr.string_list(
            doc = "More options for the C++ compiler.",
        ),
        "clang": attr.string(
            doc = "The C++ compiler, by absolute path.",
            default = "/usr/bin/clang++-19",
        ),
        "verilator": attr.string(
            doc = "Verilator, by absolute path.",
            default = "/usr/bin/verilator",
        ),
        "_runtime": attr.label(default = "@verilator//:verilator"),
        "_fst_runtime": attr.label(default = "@verilator//:verilator_fst"),
        "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
    },
    fragments = ["cpp"],
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
    incompatible_use_toolchain_transition = True,
    provides = [CcInfo],
)
