#include "object/load.h"

#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <algorithm>
#include <set>
#include <string>

#include "isa/ebpf/decode.h"
#include "object/test_files.h"

namespace zext::object {
namespace {

using ebpf::Op;
using ebpf::row_of;

Object loaded(const std::string& name) {
  auto object = load(test_file(name));
  EXPECT_TRUE(object) << name << ": " << (object ? "" : object.error().to_string());
  return object ? *std::move(object) : Object();
}

template <class T>
const T& named(const std::vector<T>& list, const std::string& name) {
  const auto found = std::ranges::find(list, name, &T::name);
  if (found == list.end()) throw std::runtime_error("there is no " + name);
  return *found;
}

std::vector<std::string> names(const std::vector<Function>& functions) {
  std::vector<std::string> list;
  list.reserve(functions.size());
  for (const Function& function : functions) list.push_back(function.name);
  return list;
}

using Names = std::vector<std::string>;

class EachVersion : public testing::TestWithParam<const char*> {
 protected:
  Object version_of(const std::string& source) { return loaded(source + "_" + GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(Mcpu, EachVersion, testing::Values("v1", "v2", "v3", "v4"),
                         [](const auto& test) { return std::string(test.param); });

TEST_P(EachVersion, EveryProgramDecodesWithItsFunctions) {
  for (const char* source :
       {"calls", "variables", "maps", "legacy", "text_only", "core", "pointers"}) {
    const Object object = version_of(source);
    ASSERT_FALSE(object.programs.empty()) << source;
    for (const Program& program : object.programs) {
      const auto code = ebpf::decode_program(program.slots);
      ASSERT_TRUE(code) << source << " " << program.name << ": " << describe(code.error());
      std::set<uint32_t> starts;
      for (const Function& function : program.functions) starts.insert(function.first_slot);
      for (const uint32_t entry : code->functions) EXPECT_TRUE(starts.contains(entry)) << entry;
      uint32_t end = 0;
      for (const Function& function : program.functions) {
        EXPECT_EQ(function.first_slot, end);
        end += function.slots;
      }
      EXPECT_EQ(end, program.slots.size());
    }
  }
}

TEST_P(EachVersion, ProgramsAreTheGlobalFunctionsOutsideOfText) {
  const Object object = version_of("calls");
  ASSERT_EQ(object.programs.size(), 5u);
  EXPECT_EQ(named(object.programs, "first").section, "xdp");
  EXPECT_EQ(named(object.programs, "first").type, ProgramType::kXdp);
  EXPECT_EQ(named(object.programs, "second").type, ProgramType::kXdp);
  EXPECT_EQ(named(object.programs, "third").type, ProgramType::kSocketFilter);
  EXPECT_EQ(named(object.programs, "fourth").type, ProgramType::kSchedCls);
  EXPECT_EQ(named(object.programs, "fifth").type, ProgramType::kSocketFilter);
  EXPECT_EQ(object.license, "Apache-2.0");
}

TEST_P(EachVersion, CalledFunctionsAreLinkedOnceAndOthersNot) {
  const Object object = version_of("calls");
  EXPECT_EQ(names(named(object.programs, "first").functions),
            (Names{"first", "middle", "beside", "leaf"}));
  EXPECT_EQ(names(named(object.programs, "second").functions), (Names{"second", "preferred"}));
  EXPECT_EQ(names(named(object.programs, "third").functions), (Names{"third", "leaf", "middle"}));
  EXPECT_EQ(names(named(object.programs, "fourth").functions), (Names{"fourth", "visit"}));
  EXPECT_EQ(names(named(object.programs, "fifth").functions), (Names{"fifth", "down"}));
}

TEST_P(EachVersion, CallsLandOnTheirFunctions) {
  const Object object = version_of("calls");
  for (const Program& program : object.programs) {
    size_t calls = 0;
    for (const Relocation& relocation : program.relocations) {
      if (relocation.kind == Relocation::Kind::kMap) continue;
      const ebpf::Slot& slot = program.slots[relocation.slot];
      const bool call = relocation.kind == Relocation::Kind::kCall;
      const Op op = call ? Op::kCallLocal : Op::kLoadFunction;
      EXPECT_EQ(slot.opcode, row_of(op).opcode);
      EXPECT_EQ(slot.src(), row_of(op).src_field);
      EXPECT_EQ(relocation.slot + 1 + slot.imm, program.functions.at(relocation.index).first_slot);
      ++calls;
    }
    EXPECT_GE(calls, 1u) << program.name;
  }
}

TEST_P(EachVersion, GlobalAndStaticFunctionsDiffer) {
  const Program third = named(version_of("calls").programs, "third");
  EXPECT_TRUE(third.functions[0].global);
  EXPECT_FALSE(named(third.functions, "leaf").global);
  EXPECT_TRUE(named(third.functions, "middle").global);
  for (const Function& function : third.functions) EXPECT_NE(function.btf_id, 0u);
}

TEST_P(EachVersion, LinesFollowTheirFunctionWhenLinked) {
  const Program third = named(version_of("calls").programs, "third");
  const Function& leaf = named(third.functions, "leaf");
  const Line* line = line_at(third, leaf.first_slot + leaf.slots - 1);
  ASSERT_NE(line, nullptr);
  EXPECT_EQ(line->file, "object/testdata/calls.c");
  EXPECT_EQ(line->text, "  return value * 3;");
  EXPECT_EQ(line->line, 11u);
  EXPECT_EQ(line->column, 3u);
  EXPECT_NE(line_at(third, 0)->text.find("third"), std::string::npos);
  EXPECT_TRUE(std::ranges::is_sorted(third.lines, std::ranges::less_equal(), &Line::slot));
}

TEST_P(EachVersion, VariablesAreMapsOfOneValue) {
  const Object object = version_of("variables");
  EXPECT_EQ(object.license, "Dual MIT/GPL");
  const Map& read_only = named(object.maps, ".rodata");
  EXPECT_EQ(read_only.kind, Map::Kind::kData);
  EXPECT_TRUE(read_only.read_only);
  EXPECT_EQ(read_only.value, (std::vector<uint8_t>{11, 0, 0, 0, 22, 0, 0, 0, 33, 0, 0, 0}));
  const Map& data = named(object.maps, ".data");
  EXPECT_FALSE(data.read_only);
  EXPECT_EQ(data.value, (std::vector<uint8_t>{0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11}));
  EXPECT_EQ(data.value_size, 8u);
  const Map& bss = named(object.maps, ".bss");
  EXPECT_EQ(bss.value_size, 24u);
  EXPECT_TRUE(bss.value.empty());
  EXPECT_TRUE(named(object.maps, ".rodata.keys").read_only);
  EXPECT_EQ(named(object.maps, ".data.config").value, (std::vector<uint8_t>{77, 0, 0, 0}));
  const Map& literals = named(object.maps, ".rodata.str1.1");
  EXPECT_TRUE(literals.read_only);
  EXPECT_EQ(std::string(literals.value.begin(), literals.value.end()), std::string("length\0", 7));
}

TEST_P(EachVersion, AddressesOfVariablesNameMapAndOffset) {
  const Object object = version_of("variables");
  const Program& use = object.programs.at(0);
  std::set<std::pair<std::string, uint32_t>> places;
  for (const Relocation& relocation : use.relocations) {
    EXPECT_EQ(relocation.kind, Relocation::Kind::kMapValue);
    const ebpf::Slot& slot = use.slots[relocation.slot];
    EXPECT_EQ(slot.src(), row_of(Op::kLoadMapValueFd).src_field);
    EXPECT_EQ(static_cast<uint32_t>(slot.imm), relocation.index);
    EXPECT_EQ(static_cast<uint32_t>(use.slots[relocation.slot + 1].imm), relocation.offset);
    places.emplace(object.maps.at(relocation.index).name, relocation.offset);
  }
  EXPECT_TRUE(places.contains({".data", 0}));
  EXPECT_TRUE(places.contains({".rodata.str1.1", 0}));
  EXPECT_TRUE(places.contains({".rodata.keys", 0}));
  // Clang takes the address of the array or of its element.
  EXPECT_TRUE(places.contains({".rodata", 0}) || places.contains({".rodata", 8}));
}

TEST_P(EachVersion, PointersInVariablesNameWhereTheyGo) {
  const Object object = version_of("pointers");
  const auto goes_to = [&](const Pointer& pointer) {
    return std::pair(pointer.map ? object.maps.at(*pointer.map).name : "", pointer.offset);
  };
  using Place = std::pair<std::string, uint64_t>;
  const Map& places = named(object.maps, ".data");
  ASSERT_EQ(places.pointers.size(), 3u);
  EXPECT_EQ(places.pointers[0].at, 16u);  // behind the numbers
  EXPECT_EQ(goes_to(places.pointers[0]), Place(".data", 8));
  EXPECT_EQ(goes_to(places.pointers[1]), Place(".data", 0));
  EXPECT_EQ(goes_to(places.pointers[2]), Place(".data", 16));
  const Map& table = named(object.maps, ".rodata");
  ASSERT_EQ(table.pointers.size(), 2u);
  EXPECT_EQ(goes_to(table.pointers[0]), Place(".rodata.str1.1", 0));
  EXPECT_EQ(goes_to(table.pointers[1]), Place(".rodata.str1.1", 4));
  EXPECT_EQ(table.pointers[1].at, 16u);
  const Map& functions = named(object.maps, ".data.functions");
  ASSERT_EQ(functions.pointers.size(), 1u);
  EXPECT_FALSE(functions.pointers[0].map.has_value());
  EXPECT_EQ(object.notes.size(), 3u);
}

TEST_P(EachVersion, BtfMaps) {
  const Object object = version_of("maps");
  const Map& flows = named(object.maps, "flows");
  EXPECT_EQ(flows.kind, Map::Kind::kBtf);
  EXPECT_EQ(flows.type, uint32_t{BPF_MAP_TYPE_HASH});
  EXPECT_EQ(flows.key_size, 12u);
  EXPECT_EQ(flows.value_size, 8u);
  EXPECT_EQ(flows.max_entries, 1024u);
  EXPECT_EQ(flows.flags, uint32_t{BPF_F_NO_PREALLOC});
  EXPECT_EQ(flows.pinning, 1u);
  EXPECT_NE(flows.key_btf_id, 0u);
  const Map& sized = named(object.maps, "sized");
  EXPECT_EQ(sized.key_size, 4u);
  EXPECT_EQ(sized.value_size, 24u);
  EXPECT_EQ(sized.value_btf_id, 0u);
}

TEST_P(EachVersion, MapsOfMapsAndTheirInitialValues) {
  const Object object = version_of("maps");
  const Map& outer = named(object.maps, "outer");
  EXPECT_EQ(outer.type, uint32_t{BPF_MAP_TYPE_ARRAY_OF_MAPS});
  ASSERT_TRUE(outer.inner);
  EXPECT_EQ(object.maps.at(*outer.inner).value_size, 2u);
  EXPECT_EQ(object.maps.at(*outer.inner).max_entries, 7u);
  ASSERT_EQ(outer.initial.size(), 1u);
  EXPECT_EQ(outer.initial[0].key, 2u);
  EXPECT_EQ(outer.initial[0].symbol, "inner_one");
  const Map& table = named(object.maps, "table");
  EXPECT_EQ(table.value_size, 4u);
  ASSERT_EQ(table.initial.size(), 1u);
  EXPECT_EQ(table.initial[0].key, 1u);
  EXPECT_EQ(table.initial[0].symbol, "target");
}

TEST_P(EachVersion, InstructionsNameMapsByIndex) {
  const Object object = version_of("maps");
  const Program& lookup = named(object.programs, "lookup");
  std::vector<std::string> used;
  for (const Relocation& relocation : lookup.relocations) {
    EXPECT_EQ(relocation.kind, Relocation::Kind::kMap);
    EXPECT_EQ(lookup.slots[relocation.slot].src(), row_of(Op::kLoadMapFd).src_field);
    EXPECT_EQ(static_cast<uint32_t>(lookup.slots[relocation.slot].imm), relocation.index);
    used.push_back(object.maps.at(relocation.index).name);
  }
  EXPECT_EQ(used, (Names{"flows", "sized", "table", "outer"}));
}

TEST_P(EachVersion, LegacyMaps) {
  const Object object = version_of("legacy");
  const Map& hosts = named(object.maps, "hosts");
  EXPECT_EQ(hosts.kind, Map::Kind::kLegacy);
  EXPECT_EQ(hosts.value_size, 16u);
  EXPECT_EQ(hosts.max_entries, 100u);
  EXPECT_EQ(named(object.maps, "totals").flags, 4u);
  EXPECT_EQ(object.programs.at(0).relocations.size(), 2u);
}

TEST_P(EachVersion, TextOnlyIsPlainMemory) {
  const Object object = version_of("text_only");
  ASSERT_EQ(object.programs.size(), 2u);
  for (const Program& program : object.programs) {
    EXPECT_EQ(program.type, ProgramType::kPlainMemory);
  }
  EXPECT_EQ(names(named(object.programs, "length").functions), (Names{"length", "twice"}));
  EXPECT_EQ(named(object.programs, "first_byte").functions.size(), 1u);
}

TEST_P(EachVersion, CoreRelocationsAreReported) {
  const Object object = version_of("core");
  ASSERT_EQ(object.programs.at(0).core.size(), 1u);
  EXPECT_EQ(object.programs[0].core[0].type, "task");
  EXPECT_EQ(object.programs[0].core[0].access, "0:1");
  ASSERT_EQ(object.notes.size(), 1u);
  EXPECT_NE(object.notes[0].find("'task'"), std::string::npos);
}

TEST_P(EachVersion, KernelFunctionsAreCalledByTheirDeclaration) {
  const Object object = version_of("kfunc");
  const Program& ask = named(object.programs, "ask");
  ASSERT_FALSE(ask.broken) << ask.broken->to_string();
  ASSERT_EQ(ask.externs.size(), 1u);
  const Extern& use = ask.externs[0];
  EXPECT_EQ(use.name, "bpf_kernel_says");
  EXPECT_EQ(use.kind, Extern::Kind::kFunction);
  EXPECT_FALSE(use.weak);
  const auto code = ebpf::decode_program(ask.slots);
  ASSERT_TRUE(code);
  EXPECT_EQ(code->insns[use.slot].op, Op::kCallBtf);
  EXPECT_EQ(ask.slots[use.slot].imm, static_cast<int32_t>(use.btf_id));
  EXPECT_NE(use.btf_id, 0u);
}

TEST_P(EachVersion, OneUndefinedNameBreaksOneProgram) {
  const Object object = version_of("kfunc");
  const Program& bad = named(object.programs, "ask_nobody");
  ASSERT_TRUE(bad.broken);
  EXPECT_EQ(bad.broken->where, "function 'asks_nobody', instruction 0");
  EXPECT_NE(bad.broken->what.find("'nobody_defines_it'"), std::string::npos);
  EXPECT_TRUE(bad.slots.empty());
  EXPECT_EQ(bad.type, ProgramType::kSchedCls);
  EXPECT_FALSE(named(object.programs, "configured").broken);
}

TEST_P(EachVersion, KernelVariablesAndConfiguration) {
  const Object object = version_of("kfunc");
  const Program& program = named(object.programs, "configured");
  std::vector<std::pair<std::string, Extern::Kind>> uses;
  for (const Extern& use : program.externs) {
    uses.emplace_back(use.name, use.kind);
    const bool variable = use.kind == Extern::Kind::kVariable;
    const Op op = variable ? Op::kLoadVariable : Op::kLoadMapValueFd;
    EXPECT_EQ(program.slots[use.slot].src(), row_of(op).src_field);
    EXPECT_EQ(use.weak, use.name == "CONFIG_HZ");
    if (variable) {
      EXPECT_EQ(program.slots[use.slot].imm, static_cast<int32_t>(use.btf_id));
    }
  }
  std::ranges::sort(uses);
  EXPECT_EQ(uses, (std::vector<std::pair<std::string, Extern::Kind>>{
                      {"CONFIG_BPF", Extern::Kind::kConfig},
                      {"CONFIG_HZ", Extern::Kind::kConfig},
                      {"LINUX_KERNEL_VERSION", Extern::Kind::kConfig},
                      {"jiffies", Extern::Kind::kVariable}}));
  const Map& config = named(object.maps, ".kconfig");
  EXPECT_TRUE(config.read_only);
  EXPECT_TRUE(config.host_value);
  EXPECT_EQ(config.flags, uint32_t{BPF_F_RDONLY_PROG});
  // The most aligned first.
  ASSERT_EQ(config.variables.size(), 3u);
  EXPECT_EQ(config.variables[0].name, "CONFIG_HZ");
  EXPECT_EQ(config.variables[1].name, "LINUX_KERNEL_VERSION");
  EXPECT_EQ(config.variables[1].offset, 8u);
  EXPECT_EQ(config.variables[2].name, "CONFIG_BPF");
  EXPECT_EQ(config.variables[2].offset, 12u);
  EXPECT_EQ(config.value_size, 13u);
}

TEST_P(EachVersion, VariablesOfASectionAreListed) {
  const Object object = version_of("variables");
  const Map& bss = named(object.maps, ".bss");
  ASSERT_EQ(bss.variables.size(), 2u);
  std::set<std::pair<std::string, uint32_t>> sizes;
  for (const Variable& variable : bss.variables) {
    sizes.emplace(variable.name, variable.bytes);
    EXPECT_NE(variable.btf_id, 0u);
  }
  EXPECT_EQ(sizes, (std::set<std::pair<std::string, uint32_t>>{{"counter", 4}, {"zeros", 20}}));
}

TEST_P(EachVersion, SectionsSayHowProgramsAreAttached) {
  const Program program = loaded(std::string("core_") + GetParam()).programs.at(0);
  EXPECT_EQ(program.type, ProgramType::kTracing);
  EXPECT_EQ(program.attach_type, 23);
  EXPECT_EQ(program.attach_target, "sched_switch");
  EXPECT_FALSE(program.sleepable);
}

}  // namespace
}  // namespace zext::object
