// zext jit for a place: where the text is, what it calls, and what cannot be.
#include <gtest/gtest.h>

#include <string>

#include "tests/cli/zext.h"

namespace zext::testing {
namespace {

std::string calling() { return assembled("calling", "call 5\nexit\n"); }

TEST(Placement, HelpersAreCalledFromWhereTheTextIs) {
  const std::string jit = "jit --raw --unverified --listing " + calling();
  const Result unknown = run_zext(jit);
  EXPECT_EQ(unknown.status, 2);
  EXPECT_NE(unknown.err.find("call of function 5: no address is known"), std::string::npos)
      << unknown.err;
  const Result anywhere = run_zext(jit + " --helper 5=0xffffffff90001234");
  EXPECT_EQ(anywhere.status, 0) << anywhere.err;
  EXPECT_EQ(anywhere.out.find("auipc"), std::string::npos) << anywhere.out;
  const Result placed =
      run_zext(jit + " --helper 5=0xffffffff90001234 --text-address 0xffffffff80000000");
  EXPECT_EQ(placed.status, 0) << placed.err;
  EXPECT_NE(placed.out.find("auipc"), std::string::npos) << placed.out;
  EXPECT_NE(placed.out.find("ffffffff80000000"), std::string::npos) << placed.out;
}

TEST(Placement, WhatCannotBeIsSaid) {
  const std::string jit = "jit --raw --unverified " + calling();
  const auto refusal = [&](const std::string& options) {
    const Result result = run_zext(jit + " " + options);
    EXPECT_EQ(result.status, 2) << options;
    return result.err;
  };
  EXPECT_NE(refusal("--helper 5=0x8000000000000000 --text-address 0x1000 --pc-relative")
                .find("call of function 5: it is 8589934592.00 GiB"),
            std::string::npos);
  EXPECT_NE(refusal("--helper 5=0x80001000 --pc-relative").find("is not given"), std::string::npos);
  EXPECT_NE(refusal("--helper 5").find("not a function's number and its address"),
            std::string::npos);
  EXPECT_NE(refusal("--helper 5=0x80001000 --text-address 0x1g").find("not a number"),
            std::string::npos);
  EXPECT_NE(refusal("--format elf --helper 5=0x80001000").find("a linker decides"),
            std::string::npos);
  EXPECT_NE(refusal("--helper 5=0x80001000 --text-address 0xffffffffffffffff").find("even address"),
            std::string::npos);
}

TEST(Placement, MarchSaysWhichPartItRefuses) {
  const std::string jit = "jit --raw --unverified " + assembled("plain", "r0 = 0\nexit\n");
  EXPECT_EQ(run_zext(jit + " --march rv64imafdcv_zicbom_zba1p0").status, 0);
  const Result unknown = run_zext(jit + " --march rv64gc_zbx");
  EXPECT_EQ(unknown.status, 2);
  EXPECT_NE(unknown.err.find("'zbx': no extension that zext knows"), std::string::npos)
      << unknown.err;
  const Result base = run_zext(jit + " --march rv64_zba");
  EXPECT_NE(base.err.find("'zba' follows rv64, where its base is due"), std::string::npos)
      << base.err;
  const Result short_of = run_zext(jit + " --march rv64ic");
  EXPECT_NE(short_of.err.find("extensions M and A are not among those given"), std::string::npos)
      << short_of.err;
}

}  // namespace
}  // namespace zext::testing
