#include "verifier/certificate/identity.h"

#include <gtest/gtest.h>

#include <set>

#include "isa/ebpf/asm.h"

namespace zext::verifier::certificate {
namespace {

constexpr char kProgram[] = R"(
  r1 = *(u32 *)(r1 + 4)
  r0 = 0x100000002 ll
  r0 += r1
  if r0 == 7 goto +1
  r0 = 1
  exit
)";

ebpf::Code code_of(const std::string& text) {
  const auto slots = ebpf::assemble(text);
  EXPECT_TRUE(slots.has_value());
  return *ebpf::decode_program(*slots);
}

// The identity of a subject that `change` has changed.
template <class Change>
uint64_t changed(Change change, const char* platform = "xdp") {
  const ebpf::Code code = code_of(kProgram);
  Subject subject{.code = code, .platform = *find_platform(platform)};
  change(subject);
  return identity(subject, true, false);
}

uint64_t of_code(const std::string& text) {
  const ebpf::Code code = code_of(text);
  return identity({.code = code, .platform = *find_platform("xdp")}, true, false);
}

const auto kAsItIs = [](Subject&) {};

TEST(Identity, IsTheSameForTheSame) {
  EXPECT_EQ(changed(kAsItIs), changed(kAsItIs));
  // Files have it: another number here makes every certificate one of another program.
  EXPECT_EQ(changed(kAsItIs), 6947415272289741321u);
}

TEST(Identity, EachInstructionCounts) {
  std::set<uint64_t> seen = {changed(kAsItIs)};
  const std::string text = kProgram;
  const auto expect_other = [&](const std::string& from, const std::string& to) {
    std::string other = text;
    other.replace(other.find(from), from.size(), to);
    EXPECT_TRUE(seen.insert(of_code(other)).second) << to;
  };
  EXPECT_EQ(of_code(text), *seen.begin());
  expect_other("r1 + 4", "r1 + 8");
  expect_other("*(u32 *)", "*(u16 *)");
  expect_other("0x100000002", "0x200000002");
  expect_other("0x100000002", "0x100000003");
  expect_other("r0 += r1", "r0 += r2");
  expect_other("r0 += r1", "r0 += 1");
  expect_other("r0 += r1", "w0 += w1");
  expect_other("r0 += r1", "r0 s/= r1");
  expect_other("r0 += r1", "r0 /= r1");
  expect_other("== 7", "!= 7");
  expect_other("== 7", "== 8");
  expect_other("goto +1", "goto +0");
  expect_other("  exit", "  r0 = 2\n  exit");
}

TEST(Identity, WhatItIsAllowedCounts) {
  const ebpf::Code code = code_of(kProgram);
  const Subject subject{.code = code, .platform = *find_platform("xdp")};
  std::set<uint64_t> seen;
  for (const bool privileged : {false, true}) {
    for (const bool strict : {false, true}) {
      EXPECT_TRUE(seen.insert(identity(subject, privileged, strict)).second);
    }
  }
  EXPECT_TRUE(seen.insert(changed(kAsItIs, "socket_filter")).second);
  EXPECT_TRUE(seen.insert(changed([](Subject& s) { s.sleepable = true; })).second);
  EXPECT_TRUE(seen.insert(changed([](Subject& s) { s.gpl_compatible = false; })).second);
}

template <class Change>
uint64_t with_map(Change change) {
  Map inner{.type = 1};
  uint8_t bytes[] = {1, 2};
  SpecialField field;
  Map map{.number = 3, .type = 2, .key_size = 4, .value_size = 8, .max_entries = 1};
  map.fields = {&field, 1};
  map.inner = &inner;
  map.constant = bytes;
  change(map, field, inner, bytes);
  return changed([&](Subject& s) { s.maps = {&map, 1}; });
}

TEST(Identity, MapsCount) {
  std::set<uint64_t> seen = {changed(kAsItIs)};
  const auto expect_other = [&](auto change) {
    EXPECT_TRUE(seen.insert(with_map(change)).second) << seen.size();
  };
  expect_other([](Map&, auto&, auto&, auto&) {});
  expect_other([](Map& map, auto&, auto&, auto&) { map.by_index = true; });
  expect_other([](Map& map, auto&, auto&, auto&) { map.number = 4; });
  expect_other([](Map& map, auto&, auto&, auto&) { map.type = 4; });
  expect_other([](Map& map, auto&, auto&, auto&) { map.key_size = 8; });
  expect_other([](Map& map, auto&, auto&, auto&) { map.value_size = 4; });
  expect_other([](Map& map, auto&, auto&, auto&) { map.max_entries = 2; });
  expect_other([](Map& map, auto&, auto&, auto&) { map.flags = 1; });
  expect_other([](Map& map, auto&, auto&, auto&) { map.constant = {}; });
  expect_other([](Map& map, auto&, auto&, auto&) { map.fields = {}; });
  expect_other([](Map& map, auto&, auto&, auto&) { map.inner = nullptr; });
  expect_other(
      [](Map&, SpecialField& field, auto&, auto&) { field.kind = SpecialField::Kind::kTimer; });
  expect_other([](Map&, SpecialField& field, auto&, auto&) { field.offset = 8; });
  expect_other([](Map&, SpecialField& field, auto&, auto&) { field.bytes = 8; });
  expect_other([](Map&, SpecialField& field, auto&, auto&) { field.type = 8; });
  expect_other([](Map&, auto&, Map& inner, auto&) { inner.value_size = 8; });
  expect_other([](Map&, auto&, auto&, auto& bytes) { bytes[1] = 3; });
  // What a map is called is nothing to the verifier.
  EXPECT_FALSE(seen.insert(with_map([](Map& map, auto&, auto&, auto&) { map.name = "m"; })).second);
}

TEST(Identity, FunctionsCount) {
  std::set<uint64_t> seen = {changed(kAsItIs)};
  const auto expect_other = [&](auto change) {
    Function function{.entry = 1, .parameter_count = 2};
    change(function);
    EXPECT_TRUE(seen.insert(changed([&](Subject& s) { s.functions = {&function, 1}; })).second)
        << seen.size();
  };
  expect_other([](Function&) {});
  expect_other([](Function& function) { function.entry = 2; });
  expect_other([](Function& function) { function.global = true; });
  expect_other([](Function& function) { function.returns_nothing = true; });
  expect_other([](Function& function) { function.returns_unknown = true; });
  expect_other([](Function& function) { function.parameter_count = 1; });
  expect_other([](Function& function) { function.parameters[1].kind = Parameter::Kind::kContext; });
  expect_other([](Function& function) { function.parameters[1].bytes = 4; });
  expect_other([](Function& function) { function.parameters[1].type = 4; });
  expect_other([](Function& function) { function.parameters[1].nullable = false; });
}

TEST(Identity, TheKernelCounts) {
  std::set<uint64_t> seen = {changed(kAsItIs)};
  const Parameter argument;
  EXPECT_TRUE(seen.insert(changed([&](Subject& s) { s.arguments = {&argument, 1}; })).second);
  const auto expect_other_variable = [&](auto change) {
    KernelVariable variable{.number = 1, .name = "jiffies"};
    change(variable);
    EXPECT_TRUE(seen.insert(changed([&](Subject& s) { s.variables = {&variable, 1}; })).second);
  };
  expect_other_variable([](KernelVariable&) {});
  expect_other_variable([](KernelVariable& variable) { variable.number = 2; });
  expect_other_variable([](KernelVariable& variable) { variable.name = "jiffy"; });
  expect_other_variable([](KernelVariable& variable) { variable.name = nullptr; });
  expect_other_variable([](KernelVariable& variable) { variable.value.bytes = 4; });
  expect_other_variable([](KernelVariable& variable) { variable.per_cpu = true; });
  const auto expect_other_function = [&](auto change) {
    KernelFunction function{.number = 1, .name = "bpf_obj_new"};
    change(function);
    EXPECT_TRUE(
        seen.insert(changed([&](Subject& s) { s.kernel_functions = {&function, 1}; })).second);
  };
  expect_other_function([](KernelFunction&) {});
  expect_other_function([](KernelFunction& function) { function.number = 2; });
  expect_other_function([](KernelFunction& function) { function.name = "bpf_obj_drop"; });
  expect_other_function([](KernelFunction& function) { function.missing = true; });
  expect_other_function([](KernelFunction& function) { function.returns_nothing = true; });
  expect_other_function([](KernelFunction& function) { function.parameter_count = 1; });
}

}  // namespace
}  // namespace zext::verifier::certificate
