"""proof_test: theorems about code, each a GoogleTest case discharged by Z3 and confirmed by cvc5.

    load("@zext//bazel:proof.bzl", "proof_test")

    proof_test(
        name = "lowerings_test",
        srcs = ["lowerings_test.cc"],     # TEST(...) { theorem("...", 64, [] { ... }); }
        shard_count = 4,
        deps = [":lowerings"],
    )

The claims are written with proofs/theorem.h. The test fails if a claim is refuted, is not decided
in time, or if cvc5 contradicts Z3. Its log ends with a table of all theorems; each query is kept
as SMT-LIB 2 in the test's outputs (bazel-testlogs/.../test.outputs).
"""

load("@rules_cc//cc:defs.bzl", "cc_test")

def proof_test(name, srcs, deps = [], size = "medium", tags = [], **kwargs):
    """A test binary whose cases are theorems.

    Args:
      name: of the test; `bazel test --test_tag_filters=proof //...` runs every proof.
      srcs: C++ sources with the theorems; main comes with the rule.
      deps: the code they are about; the theorem runner, Bv and GoogleTest come with the rule.
      size: medium unless told (5 minutes); a theorem that takes longer wants another argument.
      tags: besides "proof".
      **kwargs: whatever else cc_test takes. With shard_count, shards prove different cases.
    """
    cc_test(
        name = name,
        size = size,
        srcs = srcs,
        tags = ["proof"] + tags,
        deps = deps + [
            Label("//proofs:theorem"),
            Label("//proofs:theorem_main"),
            "@googletest//:gtest",
        ],
        **kwargs
    )
