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
    args.add_all(["--prefix", "V" + ctx.attr.top])
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

def _verilator_library_impl(ctx):
    sources, headers = _verilate(ctx)
    deps = [ctx.attr._runtime] + ([ctx.attr._fst_runtime] if ctx.attr.trace else [])
    toolchain = find_cpp_toolchain(ctx)
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )
    compilation, objects = cc_common.compile(
        name = ctx.label.name,
        actions = ctx.actions,
        cc_toolchain = toolchain,
        feature_configuration = features,
        srcs = [sources],
        public_hdrs = [headers],
        system_includes = [headers.path],
        user_compile_flags = ["-O3", "-w"] + ctx.attr.copts,
        compilation_contexts = [dep[CcInfo].compilation_context for dep in deps],
    )
    linking, _ = cc_common.create_linking_context_from_compilation_outputs(
        name = ctx.label.name,
        actions = ctx.actions,
        cc_toolchain = toolchain,
        feature_configuration = features,
        compilation_outputs = objects,
        linking_contexts = [dep[CcInfo].linking_context for dep in deps],
        disallow_dynamic_library = True,
    )
    return [
        DefaultInfo(files = depset([sources, headers])),
        CcInfo(compilation_context = compilation, linking_context = linking),
    ]

verilator_library = rule(
    implementation = _verilator_library_impl,
    doc = """Compiles SystemVerilog to a C++ library whose class is V<top>, in V<top>.h.

    Compiled with -O3 whatever the build's mode, since nobody debugs generated code. A user that
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
