#include "object/core_relocation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>

#include "object/load.h"
#include "object/test_files.h"

namespace zext::object {
namespace {

class Core : public testing::Test {
 protected:
  Core() : before_(*load(test_file("relocated_v4"))), after_(before_) {
    const auto applied = apply_core(after_, kernel_);
    if (!applied) throw std::runtime_error(applied.error().to_string());
  }

  static const Program& named(const Object& object, const std::string& name) {
    const auto found = std::ranges::find(object.programs, name, &Program::name);
    if (found == object.programs.end()) throw std::runtime_error("no program " + name);
    return *found;
  }

  const Program& program(const std::string& name) const { return named(after_, name); }

  // The instruction that a program's relocation is at, before and after.
  const ebpf::Slot& old_slot(const std::string& name) const {
    const Program& old = named(before_, name);
    return old.slots.at(old.core.at(0).slot);
  }
  const ebpf::Slot& slot(const std::string& name) const {
    if (program(name).broken) throw std::runtime_error(program(name).broken->to_string());
    return program(name).slots.at(named(before_, name).core.at(0).slot);
  }

  // What a program was given as the answer; none where it is not to be asked.
  std::optional<int32_t> answer(const std::string& name) const {
    const ebpf::Slot& found = slot(name);
    if (found.opcode == 0x85 && found.imm == kPoison) return std::nullopt;
    EXPECT_EQ(found.opcode, old_slot(name).opcode) << name;
    return found.imm;
  }

  Object kernel_object_ = *load(test_file("kernel_types_v4"));
  Btf kernel_ = *Btf::parse(kernel_object_.btf);
  Object before_;
  Object after_;
};

TEST_F(Core, OffsetsOfMembersByName) {
  EXPECT_EQ(answer("offset_of_pid"), 28);  // in an anonymous union's anonymous struct
  EXPECT_EQ(old_slot("offset_of_pid").imm, 0);
  EXPECT_EQ(answer("offset_in_anonymous"), 56);
  EXPECT_EQ(answer("offset_of_element"), 64 + 12);
  EXPECT_EQ(answer("offset_of_flavour"), 28);
}

TEST_F(Core, SizesAndSigns) {
  EXPECT_EQ(answer("size_of_name"), 24);
  EXPECT_EQ(answer("size_of_level"), 1);
  EXPECT_EQ(answer("sign_of_level"), 0);
  EXPECT_EQ(old_slot("sign_of_level").imm, 1);
  EXPECT_EQ(answer("sign_of_flags"), 0);
}

TEST_F(Core, BitFields) {
  // Bits 11 to 15 of a unit of two bytes.
  EXPECT_EQ(answer("left_of_flags"), 64 - 16);
  EXPECT_EQ(answer("right_of_flags"), 64 - 5);
}

TEST_F(Core, Existence) {
  EXPECT_EQ(answer("exists_pid"), 1);
  EXPECT_EQ(answer("exists_missing"), 0);
  EXPECT_EQ(answer("exists_in_absent"), 0);
  EXPECT_EQ(answer("type_exists"), 1);
  EXPECT_EQ(answer("type_absent"), 0);
  EXPECT_EQ(answer("enumerator_exists"), 1);
  EXPECT_EQ(answer("enumerator_gone"), 0);
}

TEST_F(Core, TypesAndTheirIds) {
  EXPECT_EQ(answer("type_size"), 12);
  EXPECT_EQ(answer("type_matches"), 1);
  EXPECT_EQ(answer("type_matches_not"), 0);
  EXPECT_EQ(answer("id_there"), static_cast<int32_t>(kernel_.find("inner", BTF_KIND_STRUCT)));
  const Btf local = *Btf::parse(before_.btf);
  EXPECT_EQ(answer("id_here"), static_cast<int32_t>(local.find("inner", BTF_KIND_STRUCT)));
}

TEST_F(Core, Enumerators) {
  EXPECT_EQ(answer("enumerator_value"), 2);
  EXPECT_EQ(answer("enumerator_negative"), -5);
}

TEST_F(Core, WhatIsMissingMustNotBeReached) {
  EXPECT_EQ(answer("offset_of_missing"), std::nullopt);
  EXPECT_EQ(answer("offset_of_incompatible"), std::nullopt);
  EXPECT_EQ(answer("enumerator_missing"), std::nullopt);
  EXPECT_EQ(answer("load_missing"), std::nullopt);
  EXPECT_FALSE(program("load_missing").broken);
}

TEST_F(Core, BothHalvesOfALoadAreTakenAway) {
  const Program& missing = program("enumerator_missing");
  const uint32_t at = named(before_, "enumerator_missing").core.at(0).slot;
  EXPECT_EQ(missing.slots.at(at + 1), missing.slots.at(at));
}

TEST_F(Core, Loads) {
  EXPECT_EQ(slot("load_pid").offset, 28);
  EXPECT_EQ(slot("load_pid").opcode, old_slot("load_pid").opcode);
  // A number without a sign is loaded with the kernel's size.
  EXPECT_EQ(slot("load_narrow").offset, 32);
  EXPECT_EQ(old_slot("load_narrow").opcode, 0x61);
  EXPECT_EQ(slot("load_narrow").opcode, 0x71);
  // One with a sign would be another.
  EXPECT_EQ(answer("load_grown"), std::nullopt);
}

TEST_F(Core, AmbiguityBreaksOneProgram) {
  const Program& ambiguous = program("offset_of_ambiguous");
  ASSERT_TRUE(ambiguous.broken);
  EXPECT_NE(ambiguous.broken->what.find("several types"), std::string::npos);
  EXPECT_TRUE(ambiguous.slots.empty());
  EXPECT_EQ(std::ranges::count_if(after_.programs, [](const Program& p) { return !!p.broken; }), 1);
}

TEST_F(Core, WeakNamesThatTheKernelDoesNotHave) {
  const Program& old = named(before_, "weak");
  const Program& weak = program("weak");
  ASSERT_EQ(weak.externs.size(), 1u);
  EXPECT_EQ(weak.externs[0].name, "entry");
  unsigned missing = 0;
  for (const Extern& use : old.externs) {
    const ebpf::Slot& slot = weak.slots.at(use.slot);
    if (use.name == "entry") {
      EXPECT_EQ(slot, old.slots.at(use.slot));
      continue;
    }
    ++missing;
    if (slot.opcode == 0x18) {
      EXPECT_EQ(slot.src(), 0);
      EXPECT_EQ(slot.imm, 0);
      EXPECT_EQ(weak.slots.at(use.slot + 1).imm, 0);
    } else {
      EXPECT_EQ(slot.imm, kPoison);
      EXPECT_EQ(slot.src(), 0);
    }
  }
  EXPECT_GE(missing, 3u);
}

TEST_F(Core, NothingIsLeftToApply) {
  EXPECT_FALSE(before_.notes.empty());
  EXPECT_TRUE(after_.notes.empty()) << after_.notes[0];
  for (const Program& program : after_.programs) EXPECT_TRUE(program.core.empty());
}

// The instruction must hold what the object's own types say.
TEST_F(Core, InstructionsThatDisagreeWithTheirType) {
  Object object = before_;
  for (Program& program : object.programs) {
    for (const CoreRelocation& core : program.core) program.slots.at(core.slot).imm ^= 0x1000;
  }
  ASSERT_TRUE(apply_core(object, kernel_));
  EXPECT_NE(named(object, "offset_of_pid").broken->what.find("holds another value"),
            std::string::npos);
  for (Program& program : object.programs) {
    for (const CoreRelocation& core : program.core) FAIL() << program.name << core.slot;
  }
}

TEST_F(Core, RelocationsThatFitNoType) {
  Object object = before_;
  const auto change = [&](const char* name, auto edit) {
    const auto at = std::ranges::find(object.programs, std::string(name), &Program::name);
    edit(at->core.at(0));
  };
  change("offset_of_pid", [](CoreRelocation& core) { core.access = "0:100"; });
  change("exists_pid", [](CoreRelocation& core) { core.access = "0:x"; });
  change("type_size", [](CoreRelocation& core) { core.kind = 77; });
  change("enumerator_value", [](CoreRelocation& core) { core.access = "9"; });
  ASSERT_TRUE(apply_core(object, kernel_));
  for (const char* name : {"offset_of_pid", "exists_pid", "type_size", "enumerator_value"}) {
    EXPECT_TRUE(named(object, name).broken) << name;
  }
  EXPECT_FALSE(named(object, "type_exists").broken);
}

}  // namespace
}  // namespace zext::object
