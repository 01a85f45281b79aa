// Each kind of damage gets the error that names it.

#include <elf.h>
#include <gtest/gtest.h>
#include <linux/btf.h>

#include <cstring>
#include <string>

#include "object/load.h"
#include "object/test_files.h"

namespace zext::object {
namespace {

using File = std::vector<uint8_t>;

template <class T>
T& at(File& file, uint64_t offset) {
  return *reinterpret_cast<T*>(file.data() + offset);
}

Elf64_Ehdr& header(File& file) { return at<Elf64_Ehdr>(file, 0); }

Elf64_Shdr& section(File& file, const std::string& name) {
  const Elf64_Shdr* table = &at<Elf64_Shdr>(file, header(file).e_shoff);
  const uint64_t names = table[header(file).e_shstrndx].sh_offset;
  for (int i = 0; i < header(file).e_shnum; ++i) {
    auto& found = at<Elf64_Shdr>(file, header(file).e_shoff + i * sizeof(Elf64_Shdr));
    if (name == reinterpret_cast<const char*>(file.data() + names + found.sh_name)) return found;
  }
  throw std::runtime_error("no section " + name);
}

// The symbol with this name.
Elf64_Sym& symbol(File& file, const std::string& name) {
  const Elf64_Shdr table = section(file, ".symtab");
  const uint64_t names = section(file, ".strtab").sh_offset;
  for (uint64_t i = 0; i < table.sh_size; i += sizeof(Elf64_Sym)) {
    auto& found = at<Elf64_Sym>(file, table.sh_offset + i);
    if (name == reinterpret_cast<const char*>(file.data() + names + found.st_name)) return found;
  }
  throw std::runtime_error("no symbol " + name);
}

std::string text_of(const Error& error) {
  EXPECT_FALSE(error.hint.empty());
  return error.where + ": " + error.what;
}

// "where: what" of the error, or of the first program that is broken.
std::string error_of(const File& file) {
  const auto object = load(file);
  if (!object) return text_of(object.error());
  for (const Program& program : object->programs) {
    if (program.broken) return text_of(*program.broken);
  }
  return "loaded";
}

class Damage : public testing::Test {
 protected:
  File calls = test_file("calls_v4");
  File variables = test_file("variables_v4");
  File maps = test_file("maps_v4");
  File legacy = test_file("legacy_v4");
};

TEST_F(Damage, NoneLoads) {
  EXPECT_EQ(error_of(calls), "loaded");
  EXPECT_EQ(error_of(variables), "loaded");
  EXPECT_EQ(error_of(maps), "loaded");
  EXPECT_EQ(error_of(legacy), "loaded");
}

TEST_F(Damage, NotElf) {
  EXPECT_EQ(error_of({}), "file: not an ELF file");
  EXPECT_EQ(error_of({'h', 'e', 'l', 'l', 'o'}), "file: not an ELF file");
}

TEST_F(Damage, NotForBpf) {
  header(calls).e_machine = EM_X86_64;
  EXPECT_EQ(error_of(calls), "ELF header: for machine 62, not for BPF");
  header(variables).e_ident[EI_DATA] = ELFDATA2MSB;
  EXPECT_EQ(error_of(variables), "ELF header: not 64-bit little-endian");
  header(maps).e_type = ET_EXEC;
  EXPECT_EQ(error_of(maps), "ELF header: not a relocatable file");
}

TEST_F(Damage, EveryTruncation) {
  for (size_t size = 0; size < calls.size(); ++size) {
    const auto object = load(std::span(calls).first(size));
    ASSERT_FALSE(object) << size;
    if (size >= sizeof(Elf64_Ehdr)) {
      EXPECT_EQ(object.error().where, "ELF header") << object.error().to_string();
    }
  }
}

TEST_F(Damage, SectionsOutsideOfTheFile) {
  section(calls, "xdp").sh_size = uint64_t{1} << 60;
  EXPECT_EQ(error_of(calls), "section 3: goes beyond the end of the file");
  section(variables, ".strtab").sh_offset = UINT64_MAX;
  EXPECT_EQ(error_of(variables), "section 1: goes beyond the end of the file");
}

TEST_F(Damage, SectionsThatOverlap) {
  section(calls, "xdp").sh_offset = 0;
  section(calls, "xdp").sh_size = calls.size();
  EXPECT_EQ(error_of(calls), "ELF header: its sections overlap");
}

TEST_F(Damage, CompressedSections) {
  section(calls, ".strtab").sh_flags |= SHF_COMPRESSED;
  EXPECT_EQ(error_of(calls), "section 1: is compressed");
}

TEST_F(Damage, HugeVariables) {
  section(variables, ".bss").sh_size = uint64_t{1} << 40;
  EXPECT_EQ(error_of(variables), "'.bss': more than 64 MiB of variables");
}

TEST_F(Damage, Symbols) {
  symbol(calls, "leaf").st_size = 1 << 20;
  EXPECT_NE(error_of(calls).find("'leaf': lies outside of its section"), std::string::npos);
  symbol(variables, "use").st_shndx = 4000;
  EXPECT_NE(error_of(variables).find("'use': its section does not exist"), std::string::npos);
}

TEST_F(Damage, Functions) {
  File uneven = calls;
  symbol(uneven, "leaf").st_value += 4;
  EXPECT_EQ(error_of(uneven), "function 'leaf': does not begin and end at an instruction");
  File overlap = calls;
  symbol(overlap, "middle").st_size += 8;
  EXPECT_EQ(error_of(overlap), "function 'middle': overlaps the next function");
  File moved = calls;
  symbol(moved, "leaf").st_value += 8;
  symbol(moved, "leaf").st_size -= 8;
  EXPECT_EQ(error_of(moved),
            "function 'middle', instruction 0: refers to slot 3 of section '.text', where no "
            "function begins");
}

TEST_F(Damage, ConstantCutInHalf) {
  symbol(calls, "fourth").st_size = 6 * 8;
  EXPECT_EQ(error_of(calls),
            "function 'fourth', instruction 5: a 64-bit constant is cut in half by the function's "
            "end");
}

TEST_F(Damage, Relocations) {
  const auto first = [](File& file, const std::string& name) -> Elf64_Rel& {
    return at<Elf64_Rel>(file, section(file, name).sh_offset);
  };
  File missing = calls;
  first(missing, ".relxdp").r_info = ELF64_R_INFO(uint64_t{100000}, 10);
  EXPECT_EQ(error_of(missing), "'.relxdp' entry 0: its symbol does not exist");
  File outside = calls;
  first(outside, ".relxdp").r_offset = 1 << 20;
  EXPECT_EQ(error_of(outside), "'.relxdp' entry 0: lies outside of the section it relocates");
  File unsuited = calls;
  first(unsuited, ".relxdp").r_offset = 0;
  EXPECT_EQ(error_of(unsuited),
            "function 'first', instruction 0: a relocation of kind 10, which this instruction does "
            "not take");
  File inside = calls;
  first(inside, ".relxdp").r_offset = 4;
  EXPECT_EQ(error_of(inside),
            "function 'first', instruction 0: a second relocation, or one in the middle of the "
            "instruction");
}

TEST_F(Damage, OfOneFunctionLeavesOtherProgramsWhole) {
  symbol(calls, "fourth").st_size = 6 * 8;
  const auto object = load(calls);
  ASSERT_TRUE(object);
  ASSERT_EQ(object->programs.size(), 5u);
  for (const Program& program : object->programs) {
    EXPECT_EQ(program.broken.has_value(), program.name == "fourth") << program.name;
    EXPECT_EQ(program.slots.empty(), program.name == "fourth") << program.name;
    EXPECT_EQ(program.functions.empty(), program.name == "fourth") << program.name;
  }
}

TEST_F(Damage, BtfHeader) {
  const uint64_t offset = section(calls, ".BTF").sh_offset;
  File magic = calls;
  at<btf_header>(magic, offset).magic = 0x9feb;
  EXPECT_EQ(error_of(magic), ".BTF header: magic, version or flags are not BTF's");
  File length = calls;
  at<btf_header>(length, offset).hdr_len = UINT32_MAX;
  EXPECT_EQ(error_of(length), ".BTF header: its length is 4294967295 instead of 24");
  File types = calls;
  at<btf_header>(types, offset).type_len = UINT32_MAX;
  EXPECT_EQ(error_of(types), ".BTF header: the types go beyond the section");
  File strings = calls;
  at<btf_header>(strings, offset).str_off = UINT32_MAX;
  EXPECT_EQ(error_of(strings), ".BTF header: the strings go beyond the section");
}

TEST_F(Damage, BtfTypes) {
  const uint64_t types = section(calls, ".BTF").sh_offset + sizeof(btf_header);
  File kind = calls;
  at<btf_type>(kind, types).info = 31u << 24;
  EXPECT_EQ(error_of(kind), ".BTF type 1: is of an unknown kind or goes beyond the section");
  // The first map's first field declares a pointer.
  File reference = maps;
  const uint64_t pointer = section(maps, ".BTF").sh_offset + sizeof(btf_header);
  ASSERT_EQ(BTF_INFO_KIND(at<btf_type>(reference, pointer).info), uint32_t{BTF_KIND_PTR});
  at<btf_type>(reference, pointer).type = 1 << 20;
  EXPECT_EQ(error_of(reference), ".BTF type 1: refers to a type that does not exist");
  File name = calls;
  at<btf_type>(name, types).name_off = UINT32_MAX;
  EXPECT_EQ(error_of(name), ".BTF type 1: has no readable name");
}

TEST_F(Damage, BtfExt) {
  const uint64_t offset = section(calls, ".BTF.ext").sh_offset;
  const uint64_t lines =
      offset + at<uint32_t>(calls, offset + 4) + at<uint32_t>(calls, offset + 16);
  File size = calls;
  at<uint32_t>(size, lines) = 0;
  EXPECT_EQ(error_of(size), ".BTF.ext, line information: records of a size that is not possible");
  File count = calls;
  at<uint32_t>(count, lines + 8) = UINT32_MAX;
  EXPECT_EQ(error_of(count), ".BTF.ext, line information: its records go beyond the section");
  File place = calls;
  at<uint32_t>(place, lines + 12) = 3;
  EXPECT_EQ(error_of(place), ".BTF.ext, line information: names a place inside an instruction");
  File part = calls;
  at<uint32_t>(part, offset + 20) = UINT32_MAX;
  EXPECT_EQ(error_of(part), ".BTF.ext, line information: goes beyond the section");
}

TEST_F(Damage, MapsWithoutBtf) {
  // Of both sections, so that the one does not miss the other.
  section(maps, ".BTF").sh_name = section(maps, ".BTF.ext").sh_name = section(maps, "xdp").sh_name;
  EXPECT_EQ(error_of(maps),
            ".maps: maps are defined here, but the object has no BTF to describe them");
}

TEST_F(Damage, LegacyMapCutShort) {
  symbol(legacy, "hosts").st_size = 16;
  EXPECT_EQ(error_of(legacy), "maps, 'hosts': is shorter than a struct bpf_map_def (20 bytes)");
}

TEST_F(Damage, MapWithoutItsSymbol) {
  symbol(maps, "flows").st_info = ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE);
  EXPECT_EQ(error_of(maps), ".maps, 'flows': is in BTF, but not in the symbol table");
}

}  // namespace
}  // namespace zext::object
