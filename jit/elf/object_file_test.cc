// Object files of strange programs: no lines, names of any bytes, thousands of functions, a million
// instructions.
#include "jit/elf/object_file.h"

#include <elf.h>
#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "isa/ebpf/asm.h"

namespace zext::jit {
namespace {

struct Built {
  std::vector<object::Program> programs;
  std::vector<ebpf::Code> bytecode;
  std::vector<Code> code;

  void add(std::string name, std::string_view text) {
    const auto slots = ebpf::assemble(text);
    ASSERT_TRUE(slots) << text;
    add(std::move(name), *slots);
  }
  void add(std::string name, const std::vector<ebpf::Slot>& slots) {
    auto decoded = ebpf::decode_program(slots);
    ASSERT_TRUE(decoded);
    auto compiled = compile(*decoded, {.relocatable = true});
    ASSERT_TRUE(compiled);
    object::Program program;
    program.name = std::move(name);
    program.slots = slots;
    programs.push_back(std::move(program));
    bytecode.push_back(*std::move(decoded));
    code.push_back(*std::move(compiled));
  }

  std::expected<std::vector<uint8_t>, object::Error> file() const {
    std::vector<CompiledProgram> all;
    all.reserve(code.size());
    for (size_t i = 0; i < code.size(); ++i) all.push_back({&programs[i], &bytecode[i], &code[i]});
    return object_file(all, {});
  }
};

struct Found {
  std::string name;
  Elf64_Sym symbol;
};

// The symbols of a file, read by hand.
std::vector<Found> symbols_of(const std::vector<uint8_t>& file) {
  Elf64_Ehdr header;
  std::memcpy(&header, file.data(), sizeof header);
  std::vector<Elf64_Shdr> sections(header.e_shnum);
  std::memcpy(sections.data(), file.data() + header.e_shoff, header.e_shnum * sizeof(Elf64_Shdr));
  std::vector<Found> found;
  for (const Elf64_Shdr& section : sections) {
    if (section.sh_type != SHT_SYMTAB) continue;
    const uint8_t* names = file.data() + sections[section.sh_link].sh_offset;
    for (uint64_t at = 0; at < section.sh_size; at += sizeof(Elf64_Sym)) {
      Elf64_Sym symbol;
      std::memcpy(&symbol, file.data() + section.sh_offset + at, sizeof symbol);
      found.push_back({reinterpret_cast<const char*>(names + symbol.st_name), symbol});
    }
  }
  return found;
}

TEST(ObjectFile, SymbolsOfABareProgram) {
  Built built;
  built.add("main", "call 1\ncall f\ncall 99999\nexit\nf:\nr0 = 1\nexit");
  const auto file = built.file();
  ASSERT_TRUE(file) << file.error().what;
  std::set<std::string> undefined, functions;
  for (const auto& [name, symbol] : symbols_of(*file)) {
    if (ELF64_ST_TYPE(symbol.st_info) == STT_FUNC) functions.insert(name);
    if (symbol.st_shndx == SHN_UNDEF && !name.empty()) undefined.insert(name);
    if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC) continue;
    if (name == "main") {
      EXPECT_EQ(ELF64_ST_BIND(symbol.st_info), STB_GLOBAL);
      EXPECT_EQ(symbol.st_size, built.code[0].functions[1].offset);
    }
    if (name == "main.4") {
      EXPECT_EQ(ELF64_ST_BIND(symbol.st_info), STB_LOCAL);
      EXPECT_EQ(symbol.st_value, built.code[0].functions[1].offset);
    }
  }
  EXPECT_EQ(functions, (std::set<std::string>{"main", "main.4"}));
  EXPECT_EQ(undefined, (std::set<std::string>{"bpf_map_lookup_elem", "bpf_helper_99999"}));
}

TEST(ObjectFile, NamesMayBeAnyBytes) {
  Built built;
  const std::string strange[] = {"",   "a b\n\"'$(x)", "\xff\xfe\x01", std::string(100'000, 'n'),
                                 "$x", ".text"};
  for (const std::string& name : strange) built.add(name, "r0 = 1\nexit");
  const auto file = built.file();
  ASSERT_TRUE(file) << file.error().what;
  std::multiset<std::string> functions;
  for (const auto& [name, symbol] : symbols_of(*file)) {
    if (ELF64_ST_TYPE(symbol.st_info) == STT_FUNC) functions.insert(name);
  }
  EXPECT_EQ(functions, std::multiset<std::string>(std::begin(strange), std::end(strange)));
}

TEST(ObjectFile, ASymbolCanBeOnlyOneThing) {
  Built twice;
  twice.add("same", "r0 = 1\nexit");
  twice.add("same", "r0 = 2\nexit");
  const auto doubled = twice.file();
  ASSERT_FALSE(doubled);
  EXPECT_NE(doubled.error().what.find("second program of this name"), std::string::npos);
  Built helper;
  helper.add("bpf_ktime_get_ns", "call 5\nexit");
  const auto recursive = helper.file();
  ASSERT_FALSE(recursive);
  EXPECT_NE(recursive.error().where.find("bpf_ktime_get_ns"), std::string::npos);
}

TEST(ObjectFile, OfNothing) {
  const auto file = Built().file();
  ASSERT_TRUE(file) << file.error().what;
  EXPECT_EQ(std::memcmp(file->data(), ELFMAG, SELFMAG), 0);
}

// Bytes of the file with `count` functions, and with as many instructions in one.
size_t size_with_functions(size_t count) {
  std::string text = "r6 = r1\n";
  for (size_t i = 0; i < count; ++i) text += "call f" + std::to_string(i) + "\n";
  text += "exit\n";
  for (size_t i = 0; i < count; ++i) {
    text += "f" + std::to_string(i) + ":\nr7 = 1\ncall 5\nr0 += r7\nexit\n";
  }
  Built built;
  built.add("many", text);
  const auto file = built.file();
  EXPECT_TRUE(file);
  return file ? file->size() : 0;
}

size_t size_with_instructions(size_t count) {
  std::vector<ebpf::Slot> slots = *ebpf::assemble("r0 = 0x12345\nr0 *= 3\nexit");
  slots.reserve(count + 2);
  slots.insert(slots.begin(), count, slots[1]);
  Built built;
  built.add("long", slots);
  for (uint32_t i = 0; i < slots.size(); ++i) {
    built.programs[0].lines.push_back(
        {.slot = i, .file = "long.c", .line = i % 1000 * 7 + 1, .column = i % 80, .text = ""});
  }
  const auto file = built.file();
  EXPECT_TRUE(file);
  return file ? file->size() : 0;
}

TEST(ObjectFile, SizeIsLinear) {
  const size_t functions = size_with_functions(1000);
  EXPECT_LT(size_with_functions(8000), 9 * functions);
  const size_t instructions = size_with_instructions(100'000);
  const size_t million = size_with_instructions(1'000'000);
  EXPECT_LT(million, 11 * instructions);
  // Code, and less than eight bytes of lines for each instruction.
  EXPECT_LT(million, 20'000'000U);
}

}  // namespace
}  // namespace zext::jit
