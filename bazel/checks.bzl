"""Tests of BPF objects by the `zext` command.

    load("@zext//bazel:bpf.bzl", "bpf_object")
    load("@zext//bazel:checks.bzl", "bpf_lockstep_test", "bpf_verify_test")

    bpf_object(name = "filter", src = "filter.c")

    bpf_verify_test(name = "filter_is_safe", object = ":filter")

    bpf_lockstep_test(
        name = "filter_drops_telnet",
        object = ":filter",
        packet = "telnet.hex",
        result = "0x1",
    )
"""

load(":bpf.bzl", "BpfObjectInfo")

_COMMON = {
    "object": attr.label(
        doc = "The bpf_object under test.",
        mandatory = True,
        providers = [BpfObjectInfo],
    ),
    "program": attr.string(
        doc = "Name of the program in the object; empty: every one.",
    ),
    "type": attr.string(
        doc = "Program type, where the section's name does not say it.",
    ),
    "zext": attr.label(
        doc = "The command.",
        default = "@zext//cli:zext",
        executable = True,
        cfg = "target",
    ),
}

def _quote(text):
    return "'" + text.replace("'", "'\\''") + "'"

def _script_test(ctx, words, files, check):
    """A test that runs the command with `words`; `check` is shell over $status and $output."""
    command = [ctx.executable.zext.short_path] + words
    for option in ["program", "type"]:
        value = getattr(ctx.attr, option)
        if value:
            command += ["--" + option, value]
    script = ctx.actions.declare_file(ctx.label.name + ".sh")
    ctx.actions.write(
        script,
        is_executable = True,
        content = """#!/usr/bin/env bash
output=$(%s 2>&1)
status=$?
printf '%%s\\n' "$output"
%s
""" % (" ".join([_quote(word) for word in command]), check),
    )
    return [DefaultInfo(
        executable = script,
        runfiles = ctx.runfiles(files).merge(ctx.attr.zext[DefaultInfo].default_runfiles),
    )]

def _bpf_verify_test_impl(ctx):
    object_file = ctx.attr.object[BpfObjectInfo].object
    expected = {"accepted": 0, "rejected": 1, "resource-limit": 3}[ctx.attr.verdict]
    check = "if [ $status -ne %d ]; then echo \"expected: %s\"; exit 1; fi" % (
        expected,
        ctx.attr.verdict,
    )
    for text in ctx.attr.messages:
        check += "\ngrep -qF -- %s <<< \"$output\" || { echo %s; exit 1; }" % (
            _quote(text),
            _quote("expected in the output: " + text),
        )
    return _script_test(ctx, ["verify", object_file.short_path], [object_file], check)

bpf_verify_test = rule(
    implementation = _bpf_verify_test_impl,
    doc = "Passes if `zext verify` gives the verdict that is expected of a BPF object.",
    attrs = dict(
        _COMMON,
        verdict = attr.string(
            doc = "What the verifier must say.",
            default = "accepted",
            values = ["accepted", "rejected", "resource-limit"],
        ),
        messages = attr.string_list(
            doc = "Texts that the output must hold: the reason's id, the place, ...",
        ),
    ),
    test = True,
)

def _bpf_lockstep_test_impl(ctx):
    object_file = ctx.attr.object[BpfObjectInfo].object
    words = ["run", object_file.short_path, "--on", "lockstep"]
    files = [object_file]
    if ctx.file.packet:
        words += ["--packet", ctx.file.packet.short_path]
        files.append(ctx.file.packet)
    if ctx.attr.mem:
        words += ["--mem", ctx.attr.mem]
    if ctx.attr.result:
        words += ["--expect", ctx.attr.result]
    check = "exit $status"
    return _script_test(ctx, words, files, check)

bpf_lockstep_test = rule(
    implementation = _bpf_lockstep_test_impl,
    doc = """Passes if a BPF program runs alike on the interpreter, the core and QEMU.

    The program must be accepted by the verifier; the core and QEMU are compared at every retired
    instruction, and both with the interpreter at the end.""",
    attrs = dict(
        _COMMON,
        packet = attr.label(
            doc = "The packet: bytes, or hexadecimal text if its name ends in .hex.",
            allow_single_file = True,
        ),
        mem = attr.string(
            doc = "The buffer of a plain_memory program, in hexadecimal.",
        ),
        result = attr.string(
            doc = "What r0 must be at the end; empty: what the interpreter says.",
        ),
    ),
    test = True,
)
