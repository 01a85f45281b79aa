"""preset: a verilated preset of the core as a library that a program links to have it."""

def preset(name, caches = True, trace = False, profile = False):
    """Declares preset_NAME, or preset_NAME_trace, or preset_NAME_profile.

    It is linked whole, since the program refers to it weakly only.

    Args:
      name: of the preset, as in rtl_sim/core/config.
      caches: whether it has any.
      trace: able to write waveforms; costs speed even while it writes none.
      profile: in preset_NAME's place, with functions that a profiler can tell apart.
    """
    suffix = name + ("_trace" if trace else "_profile" if profile else "")
    native.cc_library(
        name = "preset_" + suffix,
        srcs = [
            "data_cache.h",
            "verilated.cc",
        ],
        alwayslink = True,
        copts = ["-O3"],
        linkstatic = True,
        local_defines = [
            "ZEXT_TOP=Vsoc_" + suffix,
            "ZEXT_HEADER=<Vsoc_%s.h>" % suffix,
            "ZEXT_ROOT_HEADER=<Vsoc_%s___024root.h>" % suffix,
            "ZEXT_MAKE=make_" + (name if profile else suffix),
            "ZEXT_TRACE=%d" % int(trace),
            "ZEXT_CACHES=%d" % int(caches),
        ],
        # One of them is enough to be checked by clang-tidy.
        tags = [] if suffix == "default" else ["no-tidy"],
        visibility = ["//visibility:public"],
        deps = [
            ":bytes",
            ":simulation",
            "//rtl_sim/soc:soc_" + suffix,
        ],
    )
