// Programs with global variables: on every machine they return, and leave in memory, what the same
// C does that is compiled for this machine.

#include "cli/globals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "cli/machines.h"
#include "cli/pipeline.h"
#include "isa/ebpf/asm.h"
#include "object/load.h"
#include "tests/globals/kinds.h"

extern "C" {
extern uint32_t counts[KINDS];
extern struct tally tally;
extern uint32_t* last;
uint64_t kinds(const uint8_t* memory, uint64_t length);
}

namespace zext::cli {
namespace {

using Bytes = std::vector<uint8_t>;
using testing::HasSubstr;

Bytes bytes_of(const void* data, size_t size) {
  const auto* begin = static_cast<const uint8_t*>(data);
  return {begin, begin + size};
}

// The native program's variables as they were before any run, put back when a run ends.
class Fresh {
 public:
  Fresh() : tally_(tally), last_(last) { std::memcpy(counts_, counts, sizeof counts); }
  ~Fresh() {
    std::memcpy(counts, counts_, sizeof counts);
    tally = tally_;
    last = last_;
  }
  Fresh(const Fresh&) = delete;
  Fresh& operator=(const Fresh&) = delete;

 private:
  uint32_t counts_[KINDS];
  struct tally tally_;
  uint32_t* last_;
};

object::Object kinds_object(const std::string& version) {
  std::ifstream file("tests/globals/kinds_" + version + ".bpf.o", std::ios::binary);
  const Bytes bytes = {std::istreambuf_iterator<char>(file), {}};
  auto object = object::load(bytes);
  EXPECT_TRUE(object) << object.error().to_string();
  return std::move(*object);
}

Execution run_on(Machine machine, const object::Program& program, const ebpf::Code& code,
                 const Setting& setting) {
  if (machine == Machine::kInterpreter) return interpret(code, setting, {});
  const auto text = compile_for(setting, program, code, kDefaultMarch);
  EXPECT_TRUE(text) << text.error().to_string();
  auto execution = execute(machine, *text, code.size(), setting, {});
  EXPECT_TRUE(execution) << execution.error().to_string();
  return std::move(*execution);
}

// Compares with the native variables, which a run has just changed.
void expect_native(const Execution& execution, const Setting& setting) {
  uint64_t counts_address = 0;
  uint64_t last_value = 0;
  for (size_t i = 0; i < setting.regions.size(); ++i) {
    const std::string& name = setting.regions[i].name;
    if (name == ".bss") {
      counts_address = setting.regions[i].address;
      EXPECT_EQ(execution.memory[i], bytes_of(counts, sizeof counts));
    } else if (name == ".data") {
      EXPECT_EQ(execution.memory[i], bytes_of(&tally, sizeof tally));
    } else if (name == ".data.last") {
      std::memcpy(&last_value, execution.memory[i].data(), sizeof last_value);
    } else if (name.starts_with(".rodata")) {
      EXPECT_EQ(execution.memory[i], setting.regions[i].bytes);
    }
  }
  EXPECT_GE(counts_address, kGlobalsAddress);
  EXPECT_EQ(last_value - counts_address, static_cast<uint64_t>(last - counts) * sizeof counts[0]);
}

class Globals : public testing::TestWithParam<Machine> {};

TEST_P(Globals, ProgramsDoWhatTheSameCDoesHere) {
  const std::string text = "The quick brown fox, 1234567890 times\n\n";
  for (const char* version : {"v1", "v4"}) {
    const object::Object object = kinds_object(version);
    const object::Program& program = object.programs.at(0);
    const auto code = decode(program);
    ASSERT_TRUE(code) << code.error().to_string();
    for (const size_t length : {size_t{0}, size_t{1}, text.size()}) {
      const Fresh fresh;
      const Bytes input(text.begin(), text.begin() + static_cast<ptrdiff_t>(length));
      auto setting = make_setting(program.type, input);
      ASSERT_TRUE(setting) << setting.error().to_string();
      const auto added = add_globals(*setting, program, *code, object.maps);
      ASSERT_TRUE(added) << added.error().to_string();
      const uint64_t expected = kinds(input.data(), input.size());
      const Execution execution = run_on(GetParam(), program, *code, *setting);
      ASSERT_EQ(execution.end, Execution::End::kReturned) << execution.failure;
      EXPECT_EQ(execution.r0, expected) << version << ", " << length;
      expect_native(execution, *setting);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(On, Globals,
                         testing::Values(Machine::kInterpreter, Machine::kQemu, Machine::kRtl,
                                         Machine::kLockstep),
                         [](const auto& info) { return name_of(info.param); });

// Bytecode on maps that no compiler makes.
struct Bare {
  object::Program program;
  ebpf::Code code;
  std::vector<object::Map> maps;
};

Bare bare(const std::string& text, std::vector<object::Map> maps) {
  Bare result{.program = {}, .code = {}, .maps = std::move(maps)};
  result.program.name = "bare";
  result.program.type = object::ProgramType::kPlainMemory;
  result.program.slots = ebpf::assemble(text).value();
  result.code = decode(result.program).value();
  return result;
}

object::Map array_of(uint32_t entries, uint32_t bytes) {
  object::Map map;
  map.name = "array";
  map.type = BPF_MAP_TYPE_ARRAY;
  map.key_size = 4;
  map.value_size = bytes;
  map.max_entries = entries;
  return map;
}

std::string refusal(const Bare& bare) {
  const auto globals = place_globals(bare.program, bare.code, bare.maps);
  EXPECT_FALSE(globals.has_value());
  return globals ? "" : globals.error().to_string();
}

TEST_P(Globals, AnArrayOfOneElementIsNamedDirectly) {
  const Bare program = bare(
      "ld_pseudo r1, 2, 1, 8\nlock *(u64 *)(r1 + 0) += r1\nr0 = *(u64 *)(r1 + 0)\n"
      "r0 -= r1\nexit",
      {array_of(7, 8), array_of(1, 16)});
  Setting setting = *make_setting(program.program.type, {});
  ASSERT_TRUE(add_globals(setting, program.program, program.code, program.maps));
  ASSERT_EQ(setting.regions.size(), 2u);
  const Execution execution = run_on(GetParam(), program.program, program.code, setting);
  ASSERT_EQ(execution.end, Execution::End::kReturned) << execution.failure;
  EXPECT_EQ(execution.r0, 0u);
  Bytes expected(16);
  const uint64_t address = setting.regions[1].address + 8;
  std::memcpy(&expected[8], &address, sizeof address);
  EXPECT_EQ(execution.memory.at(1), expected);
}

TEST(Placement, ConstantsAreReadOnlyOnTheInterpreter) {
  object::Map map = array_of(1, 8);
  map.read_only = true;
  const Bare program = bare("ld_pseudo r1, 2, 0, 4\n*(u8 *)(r1 + 0) = 1\nr0 = 0\nexit", {map});
  Setting setting = *make_setting(program.program.type, {});
  ASSERT_TRUE(add_globals(setting, program.program, program.code, program.maps));
  const Execution execution = interpret(program.code, setting, {});
  EXPECT_EQ(execution.end, Execution::End::kFaulted);
  EXPECT_THAT(execution.failure, HasSubstr("no writable region"));
}

TEST(Placement, DependsOnTheObjectAlone) {
  const std::vector<object::Map> maps = {array_of(1, 5000), array_of(3, 8), array_of(1, 1)};
  const Bare first = bare("ld_pseudo r1, 2, 0, 0\nr0 = 0\nexit", maps);
  const Bare second = bare("ld_pseudo r1, 2, 2, 0\nr0 = 0\nexit", maps);
  const auto of_first = place_globals(first.program, first.code, maps);
  const auto of_second = place_globals(second.program, second.code, maps);
  ASSERT_TRUE(of_first && of_second);
  ASSERT_EQ(of_first->regions.size(), 1u);
  ASSERT_EQ(of_second->regions.size(), 1u);
  EXPECT_EQ(of_first->regions[0].bytes.size(), 5000u);
  EXPECT_GE(of_second->regions[0].address, of_first->regions[0].address + 5000 + 4096);
  EXPECT_EQ(of_first->maps.at(2).value, of_second->regions[0].address);
}

TEST(Placement, RefusesWhatNeedsAKernel) {
  object::Map hash = array_of(16, 8);
  hash.name = "flows";
  hash.type = BPF_MAP_TYPE_HASH;
  EXPECT_THAT(
      refusal(bare("ld_pseudo r1, 1, 0\ncall 1\nexit", {hash})),
      HasSubstr("calls helper 1 on map 'flows' of type 1 (enum bpf_map_type), which needs a "
                "kernel's map runtime"));
  EXPECT_THAT(refusal(bare("ld_pseudo r0, 1, 0\nexit", {hash})),
              HasSubstr("takes the address of map 'flows'"));
  EXPECT_THAT(refusal(bare("ld_pseudo r0, 2, 0, 0\nexit", {hash})), HasSubstr("no fixed address"));
  EXPECT_THAT(refusal(bare("ld_pseudo r0, 2, 0, 8\nexit", {array_of(1, 8)})),
              HasSubstr("offset 8 is outside of the 8 bytes"));
  EXPECT_THAT(refusal(bare("ld_pseudo r0, 1, 9\nexit", {})), HasSubstr("map with descriptor 9"));
  EXPECT_THAT(refusal(bare("ld_pseudo r0, 5, 0\nexit", {hash})), HasSubstr("map with index 0"));
  EXPECT_THAT(refusal(bare("ld_pseudo r0, 3, 6\nexit", {hash})), HasSubstr("BTF id 6"));
}

TEST(Placement, RefusesPointersToFunctionsAndTooMuch) {
  object::Map map = array_of(1, 16);
  map.kind = object::Map::Kind::kData;
  map.name = ".data";
  map.value.resize(16);
  map.pointers.push_back({.at = 8, .map = std::nullopt});
  EXPECT_THAT(refusal(bare("ld_pseudo r0, 2, 0, 0\nexit", {map})),
              HasSubstr("variables of .data, byte 8: holds the address of a function"));
  // Reached by a pointer only.
  object::Map first = map;
  first.pointers = {{.at = 0, .map = 1}};
  EXPECT_THAT(refusal(bare("ld_pseudo r0, 2, 0, 0\nexit", {first, map})), HasSubstr("byte 8"));
  // No program names it.
  const Bare unnamed = bare("r0 = 0\nexit", {map});
  EXPECT_TRUE(place_globals(unnamed.program, unnamed.code, unnamed.maps).has_value());
  const auto large = static_cast<uint32_t>(kGlobalsEnd - kGlobalsAddress + 1);
  EXPECT_THAT(refusal(bare("ld_pseudo r0, 2, 0, 0\nexit", {array_of(1, large)})),
              HasSubstr("there is room for"));
}

}  // namespace
}  // namespace zext::cli
