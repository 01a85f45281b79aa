// What binutils and LLVM read in object files of zext's: no complaint, and for each instruction the
// line and the frame that the JIT says it has.

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "isa/ebpf/decode.h"
#include "isa/rv64/insn.h"
#include "jit/baseline/frame.h"
#include "jit/compile.h"
#include "jit/elf/object_file.h"
#include "object/load.h"
#include "object/program.h"

namespace zext {
namespace {

const char* const kObjects[] = {"tests/elf/programs.bpf.o", "examples/xdp_filter.bpf.o",
                                "examples/siphash.bpf.o", "examples/bounded_loop.bpf.o"};

struct Output {
  int status = -1;
  std::string text;  // of standard output and standard error
};

Output run(const std::string& command) {
  Output output;
  std::FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return output;
  char buffer[4096];
  size_t count = 0;
  while ((count = fread(buffer, 1, sizeof buffer, pipe)) > 0) output.text.append(buffer, count);
  const int status = pclose(pipe);
  output.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return output;
}

// An object's programs, compiled, and the file they are in.
struct Compiled {
  object::Object object;
  std::vector<ebpf::Code> bytecode;
  std::vector<jit::Code> code;
  std::vector<uint64_t> text;  // where each program begins in .text
  std::string file;

  // Calls visit(address in .text, program, offset in its code) at each instruction.
  template <class Visit>
  void each_instruction(Visit visit) const {
    for (size_t i = 0; i < code.size(); ++i) {
      const std::vector<uint8_t>& bytes = code[i].bytes;
      for (uint32_t at = 0; at < bytes.size();) {
        visit(text[i] + at, i, at);
        at += (bytes[at] & 3) == 3 ? 4 : 2;
      }
    }
  }
};

Compiled compiled(const std::string& name, jit::Extensions extensions = jit::kRv64gc) {
  Compiled result;
  std::ifstream in(name, std::ios::binary);
  const std::vector<uint8_t> bytes(std::istreambuf_iterator<char>(in), {});
  auto object = object::load(bytes);
  EXPECT_TRUE(object) << name;
  if (!object) return result;
  result.object = *std::move(object);
  uint64_t end = 0;
  for (const object::Program& program : result.object.programs) {
    auto code = ebpf::decode_program(program.slots);
    EXPECT_TRUE(code) << name;
    if (!code) return result;
    auto machine = jit::compile(*code, {.extensions = extensions, .relocatable = true});
    EXPECT_TRUE(machine) << name;
    if (!machine) return result;
    result.bytecode.push_back(*std::move(code));
    result.code.push_back(*std::move(machine));
    result.text.push_back((end + 3) / 4 * 4);
    end = result.text.back() + result.code.back().bytes.size();
  }
  std::vector<jit::CompiledProgram> programs;
  programs.reserve(result.code.size());
  for (size_t i = 0; i < result.code.size(); ++i) {
    programs.push_back({&result.object.programs[i], &result.bytecode[i], &result.code[i]});
  }
  const auto file = jit::object_file(programs, {.extensions = extensions});
  EXPECT_TRUE(file) << name;
  if (!file) return result;
  result.file = std::string(std::getenv("TEST_TMPDIR")) + "/tools.rv64.o";
  std::ofstream(result.file, std::ios::binary)
      .write(reinterpret_cast<const char*>(file->data()),
             static_cast<std::streamsize>(file->size()));
  return result;
}

class Tools : public testing::TestWithParam<const char*> {};

TEST_P(Tools, HaveNothingToComplainAbout) {
  const Compiled one = compiled(GetParam());
  const Output verified = run("llvm-dwarfdump-19 --verify " + one.file);
  EXPECT_EQ(verified.status, 0) << verified.text;
  EXPECT_NE(verified.text.find("No errors."), std::string::npos) << verified.text;
  EXPECT_EQ(verified.text.find("warning"), std::string::npos) << verified.text;
  for (const char* command : {"riscv64-unknown-elf-readelf -aW ", "riscv64-unknown-elf-readelf -w ",
                              "riscv64-unknown-elf-objdump -dlr ", "llvm-readelf-19 -aW ",
                              "llvm-dwarfdump-19 -a ", "riscv64-unknown-elf-ld -r -o /dev/null "}) {
    const Output output = run(command + one.file);
    EXPECT_EQ(output.status, 0) << command << output.text;
    for (const char* complaint : {"rror:", "arning:"}) {
      EXPECT_EQ(output.text.find(complaint), std::string::npos) << command << output.text;
    }
  }
}

TEST_P(Tools, FindTheLineOfEachInstruction) {
  const Compiled one = compiled(GetParam());
  std::vector<std::string> expected;
  std::string addresses;
  one.each_instruction([&](uint64_t address, size_t i, uint32_t at) {
    const jit::Code& code = one.code[i];
    // What the JIT says the instruction is for; a prologue is its function's first line's.
    auto entry = std::prev(std::ranges::upper_bound(code.lines, at, {}, &jit::LineEntry::offset));
    while (entry->pc == jit::LineEntry::kEpilogue) --entry;
    uint32_t slot = entry->pc;
    if (slot == jit::LineEntry::kPrologue) {
      slot =
          std::prev(std::ranges::upper_bound(code.functions, at, {}, &jit::FunctionEntry::offset))
              ->pc;
    }
    const object::Line* line = object::line_at(one.object.programs[i], slot);
    ASSERT_NE(line, nullptr) << GetParam() << " has a line for each instruction";
    expected.push_back(line->file.substr(line->file.rfind('/') + 1) + ":" +
                       std::to_string(line->line));
    char text[32];
    std::snprintf(text, sizeof text, "0x%llx\n", static_cast<unsigned long long>(address));
    addresses += text;
  });
  ASSERT_GT(expected.size(), 10U);
  const std::string list = one.file + ".addresses";
  std::ofstream(list) << addresses;
  for (const char* tool : {"riscv64-unknown-elf-addr2line", "llvm-addr2line-19"}) {
    const Output output = run(std::string(tool) + " -s -e " + one.file + " < " + list);
    ASSERT_EQ(output.status, 0) << output.text;
    std::istringstream lines(output.text);
    std::string found;
    size_t i = 0;
    for (; std::getline(lines, found) && i < expected.size(); ++i) {
      found = found.substr(0, found.find(" (discriminator"));
      EXPECT_EQ(found, expected[i]) << tool << " at instruction " << i;
    }
    EXPECT_EQ(i, expected.size()) << tool;
  }
}

// One line of LLVM's reading of .debug_frame: "0x10: CFA=X2+544: X1=[CFA-8], X8=[CFA-16]".
struct Row {
  uint64_t depth = 0;
  std::map<unsigned, int64_t> saved;  // register, from the caller's sp

  friend bool operator==(const Row&, const Row&) = default;
};

std::map<uint64_t, Row> frame_rows(const std::string& text) {
  std::map<uint64_t, Row> rows;
  std::istringstream lines(text);
  std::string line;
  bool function = false;
  while (std::getline(lines, line)) {
    if (line.find("FDE cie=") != std::string::npos) function = true;
    uint64_t address = 0, depth = 0;
    const size_t cfa = line.find(": CFA=X2");
    if (!function || cfa == std::string::npos) continue;
    Row row;
    address = std::strtoull(line.c_str(), nullptr, 16);
    if (line[cfa + 8] == '+') depth = std::strtoull(line.c_str() + cfa + 9, nullptr, 10);
    row.depth = depth;
    for (size_t at = line.find("=[CFA"); at != std::string::npos; at = line.find("=[CFA", at + 1)) {
      const size_t reg = line.rfind('X', at);
      row.saved[static_cast<unsigned>(std::atoi(line.c_str() + reg + 1))] =
          std::atoll(line.c_str() + at + 5);
    }
    rows[address] = row;
  }
  return rows;
}

// jit/unwind_test runs code and sees that the JIT's frames are so; that they arrive is seen here.
TEST_P(Tools, FindTheFrameOfEachInstruction) {
  const Compiled one = compiled(GetParam());
  const Output output = run("llvm-dwarfdump-19 --debug-frame " + one.file);
  ASSERT_EQ(output.status, 0) << output.text;
  const auto rows = frame_rows(output.text);
  ASSERT_FALSE(rows.empty()) << output.text;
  one.each_instruction([&](uint64_t address, size_t i, uint32_t at) {
    const jit::Code& code = one.code[i];
    const auto& frame =
        *std::prev(std::ranges::upper_bound(code.frames, at, {}, &jit::FrameEntry::offset));
    const auto& function =
        *std::prev(std::ranges::upper_bound(code.functions, at, {}, &jit::FunctionEntry::offset));
    Row expected{.depth = frame.depth, .saved = {}};
    jit::each_saved(function.frame, [&](rv64::Reg reg, unsigned place) {
      if ((frame.saved >> reg & 1) == 0) return;
      expected.saved[reg] = int64_t{place} - function.frame.size();
    });
    const auto found = std::prev(rows.upper_bound(address));
    EXPECT_EQ(found->second.depth, expected.depth) << "at " << address;
    EXPECT_EQ(found->second.saved, expected.saved) << "at " << address;
  });
}

INSTANTIATE_TEST_SUITE_P(Objects, Tools, testing::ValuesIn(kObjects), [](const auto& info) {
  std::string name = info.param;
  name = name.substr(name.rfind('/') + 1);
  return name.substr(0, name.find('.'));
});

}  // namespace
}  // namespace zext
