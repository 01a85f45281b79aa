// Our decoder and disassembler against LLVM's, which share no line with the tables: every row with
// random operands, every halfword, every opcode and function, and words
// one bit away from an instruction. The few encodings that the two see differently are named below,
// each with its reason.
#include "isa/rv64/disasm.h"

#include <gtest/gtest.h>

#include <random>
#include <string_view>

#include "isa/rv64/encode.h"
#include "isa/rv64/llvm.h"

namespace zext::rv64 {
namespace {

using namespace std::literals;

constexpr const char* kError = "<error>";

std::string ours(const Encoding& e, uint64_t pc) {
  const auto decoded = decode(e.bits);
  if (!decoded) return kError;
  if (decoded->bytes != e.bytes) return "<length>";
  return disassemble(*decoded, pc);
}

// A class of encodings that LLVM and this decoder treat differently on purpose.
struct Difference {
  std::string_view reason;
  std::string_view ours;  // our text: kError, or the start of what we print
  std::string_view llvm;  // the start of LLVM's text
};

constexpr Difference kDifferences[] = {
    {"sixteen zeros are illegal by definition, LLVM gives them a name", kError, "c.unimp"},
    {"LLVM names one write to a read-only CSR", "csrrw zero, cycle, zero", "unimp"},
    {"c.lui with a zero immediate is reserved (manual, section 26.5)", kError, "c.lui "},
    {"supervisor, hypervisor and debug mode are not in the table", kError, "sret"},
    {"likewise", kError, "dret"},
    {"likewise", kError, "sfence.vma "},
};

// Which of kDifferences the texts are; none if they should have been equal.
const Difference* difference(const std::string& our, const std::string& llvm) {
  for (const Difference& d : kDifferences) {
    if (our.starts_with(d.ours) && llvm.starts_with(d.llvm)) return &d;
  }
  return nullptr;
}

// Compares the whole batch; gives how often each of kDifferences was met.
std::vector<size_t> compare(const std::vector<Encoding>& batch) {
  std::vector<size_t> met(std::size(kDifferences));
  const auto texts = disassemble_with_llvm(batch);
  EXPECT_TRUE(texts.has_value()) << "llvm-mc-19 or llvm-objdump-19 failed";
  if (!texts) return met;
  uint64_t pc = 0;
  unsigned failures = 0;
  for (size_t i = 0; i < batch.size() && failures < 20; ++i) {
    const std::string& llvm = (*texts)[i];
    const std::string our = ours(batch[i], pc);
    pc += batch[i].bytes;
    if (our == llvm || (our == kError && llvm == kLlvmUnknown)) continue;
    if (const Difference* d = difference(our, llvm)) {
      ++met[static_cast<size_t>(d - kDifferences)];
      continue;
    }
    ADD_FAILURE() << std::hex << batch[i].bits << ": '" << our << "', LLVM '" << llvm << "'";
    ++failures;
  }
  return met;
}

size_t index_of(std::string_view llvm) {
  for (size_t i = 0; i < std::size(kDifferences); ++i) {
    if (kDifferences[i].llvm == llvm) return i;
  }
  return std::size(kDifferences);
}

TEST(Disasm, EveryRowWithRandomOperandsIsLlvms) {
  std::mt19937 random(1);
  std::vector<Encoding> batch;
  for (const Row& row : kRows) {
    for (int i = 0; i < 500; ++i) {
      batch.push_back({row.match | (static_cast<uint32_t>(random()) & ~row.mask), 4});
    }
  }
  EXPECT_EQ(batch.size(), kRowCount * 500);
  compare(batch);
}

TEST(Disasm, EveryCsrIsLlvms) {
  std::vector<Encoding> batch;
  batch.reserve(4096);
  for (uint32_t number = 0; number < 4096; ++number) {
    batch.push_back({row_of(Op::kCsrrs).match | number << 20 | 5u << 7, 4});
  }
  compare(batch);
}

TEST(Disasm, EveryHalfwordIsLlvms) {
  std::vector<Encoding> batch;
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    if (length_of(static_cast<uint16_t>(bits)) == 2) batch.push_back({bits, 2});
  }
  EXPECT_EQ(batch.size(), 3u << 14);
  const std::vector<size_t> met = compare(batch);
  EXPECT_EQ(met[index_of("c.unimp")], 1u);
  EXPECT_EQ(met[index_of("c.lui ")], 31u);  // one for each rd but sp
}

TEST(Disasm, NeighboursOfInstructionsAreLlvms) {
  std::mt19937 random(2);
  std::vector<Encoding> batch;
  for (const Row& row : kRows) {
    for (int i = 0; i < 16; ++i) {
      const uint32_t word = row.match | (static_cast<uint32_t>(random()) & ~row.mask);
      for (unsigned bit = 2; bit < 32; ++bit) {
        const uint32_t neighbour = word ^ uint32_t { 1 } << bit;
        if (length_of(static_cast<uint16_t>(neighbour)) == 4) batch.push_back({neighbour, 4});
      }
    }
  }
  compare(batch);
}

// Opcode, funct3 and the twelve high bits exhaustively, which is all that names instructions but
// for rd and rs1: these are zero, or random.
TEST(Disasm, EveryOpcodeAndFunctionIsLlvms) {
  std::mt19937 random(3);
  std::vector<size_t> met(std::size(kDifferences));
  for (uint32_t opcode = 0x03; opcode < 0x80; opcode += 4) {
    if (length_of(static_cast<uint16_t>(opcode)) != 4) continue;
    std::vector<Encoding> batch;
    for (uint32_t function = 0; function < uint32_t{1} << 15; ++function) {
      const uint32_t word = opcode | (function & 7) << 12 | function >> 3 << 20;
      batch.push_back({word, 4});
      batch.push_back({word | (static_cast<uint32_t>(random()) & 0x000f8f80), 4});
    }
    const std::vector<size_t> more = compare(batch);
    for (size_t i = 0; i < met.size(); ++i) met[i] += more[i];
  }
  for (size_t i = 0; i < met.size(); ++i) {
    const bool compressed = kDifferences[i].llvm.starts_with("c.");
    EXPECT_EQ(met[i] == 0, compressed) << kDifferences[i].llvm << ": a stale difference?";
  }
}

TEST(Disasm, LongEncodingsAreErrors) {
  const auto decoded = decode(0x0000001f);
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().kind, DecodeError::Kind::kTooLong);
  EXPECT_EQ(describe(decoded.error()), "0x0000001f starts an instruction longer than 32 bits");
}

TEST(Disasm, RegistersOutOfRangeArePrintedAsNumbers) {
  EXPECT_EQ(disassemble({.op = Op::kAdd, .rd = 200, .rs1 = 1, .rs2 = 2}, 0), "add x200, ra, sp");
}

}  // namespace
}  // namespace zext::rv64
