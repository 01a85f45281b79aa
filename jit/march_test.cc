// What is accepted of -march, and what is said of the rest.
#include "jit/march.h"

#include <gtest/gtest.h>

#include <string>

namespace zext::jit {
namespace {

using rv64::Extension;

constexpr Extensions kCompressed = {Extension::kC};
constexpr Extensions kBits = {Extension::kZba, Extension::kZbb, Extension::kZbs};

std::string refusal(std::string_view march) {
  const auto extensions = parse_march(march);
  return extensions ? "accepted" : describe(extensions.error());
}

TEST(March, WhatCompilersTake) {
  EXPECT_EQ(parse_march("rv64gc"), kRv64gc);
  EXPECT_EQ(parse_march("rv64ima"), kRequired);
  EXPECT_EQ(parse_march("rv64i"), Extensions{Extension::kI});
  EXPECT_EQ(parse_march("rv64imac"), kRequired | kCompressed);
  EXPECT_EQ(parse_march("rv64imac_zicsr_zifencei"), kRv64gc);
  EXPECT_EQ(parse_march("rv64imafdc_zicsr_zifencei"), kRv64gc);
  EXPECT_EQ(parse_march("rv64gc_zba_zbb_zbs"), kRv64gc | kBits);
  EXPECT_EQ(parse_march("rv64gcb"), kRv64gc | kBits);
  EXPECT_EQ(parse_march("rv64gc_zicond"), kRv64gc | Extensions{Extension::kZicond});
  EXPECT_EQ(parse_march("rv64gczba"), kRv64gc | Extensions{Extension::kZba});
  EXPECT_EQ(parse_march("rv64i_m_a_c"), kRequired | kCompressed);
  EXPECT_EQ(parse_march("rv64ima_zca"), kRequired | kCompressed);
  EXPECT_EQ(parse_march("rv64ima_zcb"), kRequired | kCompressed);
}

TEST(March, Versions) {
  EXPECT_EQ(parse_march("rv64i2p1_m2p0_a2p1_c2p0_zba1p0"),
            kRequired | kCompressed | Extensions{Extension::kZba});
  EXPECT_EQ(parse_march("rv64i2m2a2c"), kRequired | kCompressed);
  EXPECT_EQ(parse_march("rv64g2p0c2p0_zcmp1p0_zbb1"), kRv64gc | Extensions{Extension::kZbb});
}

TEST(March, ProfilesAndWhatChangesNothing) {
  EXPECT_EQ(parse_march("rva20u64"), kRequired | kCompressed | Extensions{Extension::kZicsr});
  EXPECT_EQ(parse_march("rva22u64_v"),
            kRequired | kCompressed | kBits | Extensions{Extension::kZicsr});
  EXPECT_TRUE(parse_march("rva23u64")->has(Extension::kZicond));
  EXPECT_EQ(parse_march("rv64imafdcvh_zicntr_zihpm_zicbom_zvl128b_zkn_sstc_svinval1p0"),
            kRequired | kCompressed);
}

// Parts of M and A are not M and A.
TEST(March, PartsAreNotTheWhole) {
  EXPECT_EQ(parse_march("rv64i_zmmul_zaamo"), Extensions{Extension::kI});
}

TEST(March, RefusalsNameThePart) {
  EXPECT_EQ(
      refusal("rv32gc"),
      "'rv32gc': code is generated for RV64 only; begin with rv64 (rv64gc, rv64imac_zba) or a "
      "profile (rva22u64)");
  EXPECT_EQ(refusal(""),
            "'': code is generated for RV64 only; begin with rv64 (rv64gc, rv64imac_zba) or a "
            "profile (rva22u64)");
  EXPECT_EQ(
      refusal("rv64gc_zbx"),
      "'zbx': no extension that zext knows; leave it out, generated code can use zba, zbb, zbs "
      "and zicond besides the single letters");
  EXPECT_EQ(refusal("rv64gc_xtheadba1p0").substr(0, 13), "'xtheadba1p0'");
  EXPECT_EQ(refusal("rv64gcr"),
            "'r': no single-letter extension that zext knows (m a f d q c b v h)");
  const std::string base =
      " follows rv64, where its base is due: i, or g for imafd_zicsr_zifencei; an extension "
      "extends "
      "a base (rv64imac_zba)";
  EXPECT_EQ(refusal("rv64_zba"), "'zba'" + base);
  EXPECT_EQ(refusal("rv64zca_zba"), "'zca'" + base);
  EXPECT_EQ(refusal("rv64c"), "'c'" + base);
  EXPECT_EQ(refusal("rv64"), "nothing" + base);
  EXPECT_EQ(
      refusal("rv64emac"),
      "'e': the base rv64e has 16 registers, and generated code uses s2 and s3 too; use rv64i");
  EXPECT_EQ(refusal("rv64imam"), "'m': named twice; leave one out");
  EXPECT_EQ(refusal("rv64gc_zba_zba1p0"), "'zba': named twice; leave one out");
  EXPECT_EQ(refusal("rv64gc_zicntr_zicntr"), "'zicntr': named twice; leave one out");
  EXPECT_EQ(refusal("rv64gc_"), "an underscore with no extension after it; leave it out");
  EXPECT_EQ(refusal("rv64gc__zba"), "an underscore with no extension after it; leave it out");
  EXPECT_EQ(refusal("rv64GC"), "'G': names of extensions are in lower case");
}

// Every string of a few characters of the grammar's gives a value or a message.
TEST(March, AnythingIsAnswered) {
  constexpr std::string_view kAlphabet = "izg_2pcsx\xff";
  for (unsigned code = 0; code < 100'000; ++code) {
    std::string march = code % 2 == 0 ? "rv64" : "rv64i";
    for (unsigned rest = code; rest != 0; rest /= kAlphabet.size()) {
      march += kAlphabet[rest % kAlphabet.size()];
    }
    const auto extensions = parse_march(march);
    if (extensions) {
      EXPECT_TRUE(extensions->has(Extension::kI)) << march;
    } else {
      EXPECT_GT(describe(extensions.error()).size(), 20u) << march;
    }
  }
}

}  // namespace
}  // namespace zext::jit
