"""`unsanitized`: a target built without the sanitizers of the rest, whatever the configuration says.

    unsanitized(name = "plain_plugin", target = ":plugin.so")

What another program loads cannot bring a sanitizer's runtime along.
"""

_OPTIONS = ["//command_line_option:" + name for name in ["copt", "linkopt"]]

def _without_sanitizers(settings, _attr):
    return {
        option: [flag for flag in settings[option] if not flag.startswith("-fsanitize")]
        for option in _OPTIONS
    }

_transition = transition(
    implementation = _without_sanitizers,
    inputs = _OPTIONS,
    outputs = _OPTIONS,
)

def _unsanitized_impl(ctx):
    return [DefaultInfo(files = ctx.attr.target[0][DefaultInfo].files)]

unsanitized = rule(
    implementation = _unsanitized_impl,
    attrs = {
        "target": attr.label(
            doc = "What to build.",
            mandatory = True,
            cfg = _transition,
        ),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
    },
)
