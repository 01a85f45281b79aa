#include "isa/ebpf/disasm.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "isa/ebpf/decode.h"
#include "isa/ebpf/testing.h"

namespace zext::ebpf {
namespace {

std::string run_tool(const std::string& command) {
  std::string output;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return "cannot run " + command;
  char buffer[4096];
  while (const size_t count = fread(buffer, 1, sizeof buffer, pipe)) output.append(buffer, count);
  const int status = pclose(pipe);
  EXPECT_EQ(status, 0) << command << "\n" << output.substr(0, 2000);
  return output;
}

// An object file whose .text is `program`.
std::string object_file(const std::vector<Slot>& program, const std::string& name) {
  const std::string base = ::testing::TempDir() + "/" + name;
  std::ofstream source(base + ".s");
  source << ".text\n";
  for (const uint8_t byte : bytes_from_slots(program)) source << ".byte " << unsigned{byte} << "\n";
  source.close();
  run_tool("llvm-mc-19 -triple bpfel -filetype=obj -o " + base + ".o " + base + ".s");
  return base + ".o";
}

// llvm-objdump's text for each slot that begins an instruction; lines look like
// "       3:\tif r1 == 0x5 goto +0x3 <.text+0x30>".
std::map<uint32_t, std::string> llvm_text(const std::string& file, const std::string& options) {
  std::map<uint32_t, std::string> lines;
  std::istringstream output(
      run_tool("llvm-objdump-19 -d --no-show-raw-insn " + options + " " + file));
  for (std::string line; std::getline(output, line);) {
    const size_t tab = line.find(":\t");
    if (tab == std::string::npos || line[0] != ' ') continue;
    std::string text = line.substr(tab + 2);
    if (text.ends_with('>')) text.resize(text.rfind(" <"));  // the target's symbol
    lines[static_cast<uint32_t>(std::stoul(line))] = text;
  }
  return lines;
}

// Options that make llvm-objdump-19 know the row's instructions; nullptr where nothing does.
const char* llvm_options(const Row& row) {
  if (row.kind == Kind::kLoadAcquire || row.kind == Kind::kStoreRelease) return nullptr;
  if (row.kind == Kind::kAtomic && row.width == 32) return "--mcpu=v4";
  return "";
}

struct Batch {
  std::vector<Slot> slots;
  std::vector<std::pair<uint32_t, Instruction<>>> insns;
};

TEST(Disassemble, EqualsLlvmObjdumpForEveryRowAndEdgeOperand) {
  std::map<std::string, Batch> batches;
  std::set<std::string> skipped;
  for (const Row& row : kRows) {
    const char* options = llvm_options(row);
    if (options == nullptr) {
      skipped.insert(row.name);
      continue;
    }
    Batch& batch = batches[options];
    for (const Instruction<>& insn : testing::edge_instructions(row)) {
      batch.insns.emplace_back(batch.slots.size(), insn);
      append(insn, batch.slots);
    }
  }
  for (const std::string& name : skipped) {
    std::printf("skipped: %s (LLVM 19 does not know it; its text is compared below)\n",
                name.c_str());
  }
  EXPECT_EQ(skipped.size(), 8u);
  size_t compared = 0;
  for (const auto& [options, batch] : batches) {
    const auto expected = llvm_text(object_file(batch.slots, "batch" + options), options);
    for (const auto& [pc, insn] : batch.insns) {
      const auto line = expected.find(pc);
      ASSERT_NE(line, expected.end())
          << "llvm-objdump gives no instruction at slot " << pc << ": " << disassemble(insn, pc);
      ASSERT_EQ(disassemble(insn, pc), line->second) << "slot " << pc;
      ++compared;
    }
  }
  std::printf("compared: %zu instructions\n", compared);
  EXPECT_GT(compared, 5000u);
}

// The texts of LLVM 20, which first has these instructions.
TEST(Disassemble, OrderedAccesses) {
  const auto text = [](Op op) {
    return disassemble({.op = op, .dst = 1, .src = 2, .offset = -4}, 0);
  };
  EXPECT_EQ(text(Op::kLoadAcquire8), "w1 = load_acquire((u8 *)(r2 - 0x4))");
  EXPECT_EQ(text(Op::kLoadAcquire16), "w1 = load_acquire((u16 *)(r2 - 0x4))");
  EXPECT_EQ(text(Op::kLoadAcquire32), "w1 = load_acquire((u32 *)(r2 - 0x4))");
  EXPECT_EQ(text(Op::kLoadAcquire64), "r1 = load_acquire((u64 *)(r2 - 0x4))");
  EXPECT_EQ(text(Op::kStoreRelease8), "store_release((u8 *)(r1 - 0x4), w2)");
  EXPECT_EQ(text(Op::kStoreRelease16), "store_release((u16 *)(r1 - 0x4), w2)");
  EXPECT_EQ(text(Op::kStoreRelease32), "store_release((u32 *)(r1 - 0x4), w2)");
  EXPECT_EQ(text(Op::kStoreRelease64), "store_release((u64 *)(r1 - 0x4), r2)");
}

// Where the exact style says more than LLVM's.
TEST(Disassemble, ExactStyle) {
  const auto text = [](const Instruction<>& insn) { return disassemble(insn, 10, Style::kExact); };
  EXPECT_EQ(text({.op = Op::kCallLocal, .imm = Bits<64>::of(5)}), "call local +0x5 ; to slot 16");
  EXPECT_EQ(text({.op = Op::kCallBtf, .offset = 1, .imm = Bits<64>::of(7)}), "call btf 0x7, 0x1");
  EXPECT_EQ(text({.op = Op::kCallHelper, .imm = Bits<64>::of(7)}), "call 0x7");
  EXPECT_EQ(text({.op = Op::kJa, .offset = -3}), "goto -0x3 ; to slot 8");
  EXPECT_EQ(text({.op = Op::kLoadInd8, .src = 3, .imm = Bits<64>::of(14)}),
            "r0 = *(u8 *)skb[r3 + 0xe]");
  EXPECT_EQ(text({.op = Op::kLoadMapValueFd, .dst = 1, .imm = Bits<64>::of(0x8'0000'0003)}),
            "ld_pseudo\tr1, 0x2, 0x3, 0x8");
}

}  // namespace
}  // namespace zext::ebpf
