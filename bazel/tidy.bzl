"""clang-tidy as a test: `tidy()` at the end of a BUILD file checks the package's C++ sources.

What is only for tests is left out: GoogleTest's headers make a file of it three times as slow to
check as another, which was a quarter of a cold `./test`. Warnings and clang-format hold there too.

An aspect runs clang-tidy once a source file, with the flags the target is compiled with, so that
only changed files are checked again. The check list is .clang-tidy at the root.
"""

_TidyInfo = provider(
    doc = "What clang-tidy said.",
    fields = {"reports": "A depset of files, one a source; empty where nothing was found."},
)

def _flags(context, copts):
    flags = ["-std=c++23", "-Wall", "-Wextra"] + copts
    for define in context.defines.to_list() + context.local_defines.to_list():
        flags.append("-D" + define)
    for directory in context.quote_includes.to_list():
        flags += ["-iquote", directory]
    for directory in context.includes.to_list():
        flags += ["-I", directory]
    for directory in context.system_includes.to_list():
        flags += ["-isystem", directory]
    return flags

def _tidy_aspect_impl(target, ctx):
    if CcInfo not in target or not hasattr(ctx.rule.attr, "srcs") or ctx.rule.attr.testonly:
        return [_TidyInfo(reports = depset())]
    context = target[CcInfo].compilation_context
    reports = []
    for source in [file for label in ctx.rule.attr.srcs for file in label.files.to_list()]:
        if source.extension != "cc" or not source.is_source:
            continue
        report = ctx.actions.declare_file("%s.%s.tidy" % (ctx.label.name, source.basename))
        ctx.actions.run_shell(
            outputs = [report],
            inputs = depset(
                [source, ctx.file._config] +
                [f for l in ctx.rule.attr.srcs for f in l.files.to_list()],
                transitive = [context.headers],
            ),
            command = """
report=$1 config=$2 source=$3
shift 3
output=$(clang-tidy-19 --quiet --config-file="$config" "$source" -- "$@" 2>/dev/null)
status=$?
if [ $status -ne 0 ]; then
  if [ -z "$output" ]; then output="$source: clang-tidy-19 ended with status $status"; fi
  printf '%s\\n' "$output" > "$report"
else
  : > "$report"
fi
""",
            arguments = [
                report.path,
                ctx.file._config.path,
                source.path,
            ] + _flags(context, getattr(ctx.rule.attr, "copts", [])),
            mnemonic = "ClangTidy",
            progress_message = "Checking %s" % source.short_path,
        )
        reports.append(report)
    return [_TidyInfo(reports = depset(reports))]

tidy_aspect = aspect(
    implementation = _tidy_aspect_impl,
    doc = "Runs clang-tidy on each C++ source of the target itself.",
    attrs = {
        "_config": attr.label(
            default = "@zext//:.clang-tidy",
            allow_single_file = True,
        ),
    },
)

def _tidy_test_impl(ctx):
    reports = depset(transitive = [target[_TidyInfo].reports for target in ctx.attr.targets])
    script = ctx.actions.declare_file(ctx.label.name + ".sh")
    ctx.actions.write(
        script,
        content = """#!/usr/bin/env bash
status=0
for report in %s; do
  if [ -s "$report" ]; then
    cat "$report"
    status=1
  fi
done
exit $status
""" % " ".join([report.short_path for report in reports.to_list()]),
        is_executable = True,
    )
    return [DefaultInfo(executable = script, runfiles = ctx.runfiles(reports.to_list()))]

tidy_test = rule(
    implementation = _tidy_test_impl,
    doc = "Passes if clang-tidy finds nothing in the sources of `targets`.",
    attrs = {
        "targets": attr.label_list(
            doc = "C++ rules whose own `srcs` are checked.",
            aspects = [tidy_aspect],
            mandatory = True,
        ),
    },
    test = True,
)

def tidy(name = "tidy_test"):
    """Declares the package's tidy_test over every C++ rule above; the last line of a BUILD file.

    A rule tagged `no-tidy` is left out: one whose sources are another's, compiled otherwise.
    """
    tidy_test(
        name = name,
        size = "small",
        tags = ["tidy"],
        targets = [
            ":" + rule["name"]
            for rule in native.existing_rules().values()
            if rule["kind"] in ["cc_binary", "cc_library", "cc_test"] and
               "no-tidy" not in rule.get("tags", [])
        ],
    )
