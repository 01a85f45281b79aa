// Random programs, compiled and run on the RV64 interpreter, against the eBPF interpreter: results,
// memory and callee-saved registers.
//
// Every instruction of the table is generated, with edge immediates and offsets, all registers,
// forward jumps over random distances, bounded loops, local calls, stack and buffer accesses. The
// seed is fixed; ZEXT_SEED and ZEXT_PROGRAMS choose others.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "isa/ebpf/decode.h"
#include "isa/ebpf/disasm.h"
#include "isa/ebpf/encode.h"
#include "isa/ebpf/interpreter.h"
#include "isa/rv64/encode.h"
#include "isa/rv64/execute.h"
#include "jit/baseline/immediate.h"
#include "jit/testing.h"

namespace zext::jit {
namespace {

using ebpf::Kind;
using ebpf::Op;
using rv64::Extension;
using Insn = ebpf::Instruction<>;

constexpr unsigned kDataBytes = 256;
// Registers with a meaning for the generator: the buffer, and the loop counter.
constexpr ebpf::Reg kBuffer = 6, kCounter = 7;

// What LD_IMM64 of maps and variables stands for: constants of every length, near the code and far.
constexpr ebpf::MapAddress kMaps[] = {
    {.number = 0, .map = kTestText + 0x1'2345},
    {.number = 1, .map = 0xffff'ffe0'1234'5678, .value = kTestText - 0x800, .value_size = 0x1000},
    {.by_index = true, .number = 0, .map = 0x8000'0000, .value = 0x7654'3218, .value_size = 24},
    {.by_index = true, .number = 1, .map = 5, .value = ~uint64_t{0} << 12, .value_size = 4096},
};
constexpr ebpf::VariableAddress kVariables[] = {
    {.btf_id = 0, .address = 0xffff'ffff'8123'4567},
    {.btf_id = 1, .module_fd = 3, .address = kTestText + 0x3000'0000},
};
constexpr ebpf::Addresses kAddresses = {.maps = kMaps, .variables = kVariables};

uint64_t environment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 0);
}

class Generator {
 public:
  explicit Generator(uint64_t seed) : random_(seed) {}

  std::vector<ebpf::Slot> program() {
    insns_.clear();
    const unsigned functions = 1 + below(3);
    std::vector<size_t> calls;
    std::vector<size_t> entries;
    for (unsigned i = 0; i < functions; ++i) {
      entries.push_back(slots());
      function(i, functions, calls);
    }
    return link(entries);
  }

 private:
  uint64_t below(uint64_t limit) { return random_() % limit; }
  template <class T, size_t N>
  T any_of(const T (&values)[N]) {
    return values[below(N)];
  }

  size_t slots() const {
    size_t count = 0;
    for (const Insn& insn : insns_) count += insn.slots();
    return count;
  }

  int64_t immediate() {
    static constexpr int64_t kEdges[] = {
        0,      1,       -1,         2,          7,          8,
        31,     32,      63,         64,         255,        2047,
        2048,   -2048,   -2049,      4094,       4095,       -4096,
        65535,  65536,   -65536,     0x7ffff000, 0x7fffffff, -0x7fffffff - 1,
        0xff00, 1 << 20, -(1 << 20), 0x12345678, -0x12345678};
    switch (below(4)) {
      case 0:
        return static_cast<int32_t>(random_());
      case 1:
        return static_cast<int32_t>(uint32_t{1} << below(32));
      default:
        return any_of(kEdges);
    }
  }

  uint64_t constant() {
    const uint64_t x = random_();
    switch (below(4)) {
      case 0:
        return x >> below(64);
      case 1:
        return x << below(64);
      case 2:
        return 0xffffffc0804df568 ^ (uint64_t{1} << below(64));
      default:
        return static_cast<uint64_t>(immediate()) << below(33);
    }
  }

  // A register to write: not the generator's own.
  ebpf::Reg destination() {
    static constexpr ebpf::Reg kFree[] = {0, 1, 2, 3, 4, 5, 8, 9};
    return any_of(kFree);
  }
  ebpf::Reg scalar() {
    static constexpr ebpf::Reg kScalars[] = {0, 1, 2, 3, 4, 5, 7, 8, 9};
    return any_of(kScalars);
  }

  void push(Insn insn) { insns_.push_back(insn); }
  void push_imm(Op op, ebpf::Reg dst, int64_t imm) {
    push({.op = op, .dst = dst, .imm = Bits<64>::of(static_cast<uint64_t>(imm))});
  }

  // Where an access of `bytes` may go: base and offset, aligned if need be.
  struct Place {
    ebpf::Reg base;
    int16_t offset;
  };
  Place place(unsigned bytes, bool aligned) {
    const bool stack = below(2) == 0;
    const unsigned size = stack ? 512 : kDataBytes;
    auto at = static_cast<int>(below(size - bytes + 1));
    if (aligned) at = at / static_cast<int>(bytes) * static_cast<int>(bytes);
    if (stack) return {ebpf::kFramePointer, static_cast<int16_t>(at - 512)};
    if (below(4) != 0) return {kBuffer, static_cast<int16_t>(at)};
    // Through a far pointer in r5.
    static constexpr int kFar[] = {2048, -2049, 4094, 4095, -4096, -4097, 32000, -32000, 30000};
    const int far = any_of(kFar);
    push({.op = Op::kMov64Reg, .dst = 5, .src = kBuffer});
    push_imm(Op::kAdd64Imm, 5, at - far);
    return {5, static_cast<int16_t>(far)};
  }

  // One instruction of a row that is straight-line code, or a few where it needs an address.
  void straight(const ebpf::Row& row) {
    Insn insn{.op = row.op, .dst = destination(), .src = scalar()};
    switch (row.kind) {
      case Kind::kAlu:
        if (row.source == ebpf::Source::kImmediate) insn.imm = word(immediate());
        if (row.source == ebpf::Source::kImmediate) insn.src = 0;
        break;
      case Kind::kNeg:
        insn.src = 0;
        break;
      case Kind::kEndian:
        insn.src = 0;
        break;
      case Kind::kMovsx:
        break;
      case Kind::kLoad:
      case Kind::kLoadSx:
      case Kind::kLoadAcquire: {
        const Place at = place(row.bytes, row.kind == Kind::kLoadAcquire);
        insn.src = at.base;
        insn.offset = at.offset;
        break;
      }
      case Kind::kStore:
      case Kind::kStoreImm:
      case Kind::kStoreRelease:
      case Kind::kAtomic: {
        const bool aligned = row.kind == Kind::kAtomic || row.kind == Kind::kStoreRelease;
        const Place at = place(row.bytes, aligned);
        insn.dst = at.base;
        insn.offset = at.offset;
        if (row.kind == Kind::kStoreImm) {
          insn.src = 0;
          insn.imm = word(immediate());
        } else if (row.kind == Kind::kAtomic) {
          do insn.src = destination();
          while (insn.src == at.base);
          if (row.atomic == ebpf::AtomicOp::kCmpxchg && below(2) == 0) {
            // Make the comparison succeed now and then.
            push({.op = row.bytes == 8 ? Op::kLoad64 : Op::kLoad32,
                  .dst = 0,
                  .src = at.base,
                  .offset = at.offset});
          }
        }
        break;
      }
      case Kind::kImm64:
        insn.src = 0;
        insn.imm = Bits<64>::of(constant());
        if (!ebpf::names_address(row.op)) break;
        do {
          insn.imm = Bits<64>::of(row.wide_immediate ? below(4096) << 32 | below(2) : below(2));
        } while (!ebpf::address_of(insn, kAddresses));
        break;
      default:
        return;
    }
    push(insn);
  }

  static Bits<64> word(int64_t value) { return Bits<64>::of(static_cast<uint64_t>(value)); }

  void any_straight() {
    for (;;) {
      const ebpf::Row& row = ebpf::kRows[below(ebpf::kRowCount)];
      if (row.op == Op::kLoadFunction) continue;
      const size_t before = insns_.size();
      straight(row);
      if (insns_.size() != before) return;
    }
  }

  // A conditional jump over what `body` generates.
  template <class Body>
  void over(Body body) {
    const size_t jump = insns_.size();
    for (;;) {
      const ebpf::Row& row = ebpf::kRows[below(ebpf::kRowCount)];
      if (row.kind != Kind::kJump) continue;
      Insn insn{.op = row.op, .dst = scalar()};
      if (row.source == ebpf::Source::kRegister) insn.src = scalar();
      if (row.source == ebpf::Source::kImmediate) insn.imm = word(immediate());
      push(insn);
      break;
    }
    const size_t begin = slots();
    body();
    insns_[jump].offset = static_cast<int16_t>(slots() - begin);
  }

  void block(unsigned depth) {
    const unsigned count = 3 + static_cast<unsigned>(below(12));
    for (unsigned i = 0; i < count; ++i) {
      if (depth < 2 && below(6) == 0) {
        over([&] { block(depth + 1); });
      } else {
        any_straight();
      }
    }
  }

  void loop() {
    push_imm(Op::kMov64Imm, kCounter, 1 + static_cast<int64_t>(below(5)));
    const size_t head = slots();
    block(1);
    push_imm(Op::kSub64Imm, kCounter, 1);
    Insn back{.op = below(2) == 0 ? Op::kJne64Imm : Op::kJne32Imm, .dst = kCounter};
    back.offset =
        static_cast<int16_t>(static_cast<int64_t>(head) - static_cast<int64_t>(slots()) - 1);
    push(back);
  }

  void function(unsigned index, unsigned functions, std::vector<size_t>& calls) {
    push_imm(Op::kMov64Imm, 0, immediate());
    push({.op = Op::kMov64Reg, .dst = kBuffer, .src = 1});
    for (const ebpf::Reg reg : {2, 3, 4, 5, 8, 9}) {
      if (index != 0 || reg >= 8) {
        push({.op = Op::kLoadImm64, .dst = reg, .imm = Bits<64>::of(constant())});
      }
    }
    push_imm(Op::kMov64Imm, kCounter, immediate());
    for (int at = -512; at < 0; at += 8) {  // what the interpreter zeroes and the machine does not
      push({.op = Op::kStoreImm64, .dst = ebpf::kFramePointer, .offset = static_cast<int16_t>(at)});
    }
    const unsigned blocks = 1 + static_cast<unsigned>(below(4));
    for (unsigned i = 0; i < blocks; ++i) {
      block(0);
      if (below(2) == 0) loop();
      if (index + 1 < functions && below(2) == 0) {
        push({.op = Op::kMov64Reg, .dst = 1, .src = kBuffer});
        calls.push_back(insns_.size());
        push({.op = Op::kCallLocal,
              .imm = word(static_cast<int64_t>(index + 1 + below(functions - index - 1)))});
        for (const ebpf::Reg reg : {1, 2, 3, 4, 5}) {  // not the program's to use after a call
          push({.op = Op::kLoadImm64,
                .dst = static_cast<ebpf::Reg>(reg),
                .imm = Bits<64>::of(constant())});
        }
      }
      if (below(3) == 0) over([&] { push({.op = Op::kExit}); });
    }
    for (const ebpf::Reg reg : {1, 2, 3, 4, 5, 7, 8, 9}) {  // all of the state counts
      push_imm(Op::kMul64Imm, 0, 31);
      push({.op = Op::kAdd64Reg, .dst = 0, .src = static_cast<ebpf::Reg>(reg)});
    }
    push({.op = Op::kExit});
  }

  // Slots, with the calls' function numbers as displacements. A function that nobody calls is
  // called at no place, and so is part of the one before it; its code is unreachable.
  std::vector<ebpf::Slot> link(const std::vector<size_t>& entries) {
    std::vector<ebpf::Slot> program;
    for (Insn insn : insns_) {
      if (insn.op == Op::kCallLocal) {
        const auto to = static_cast<int64_t>(entries[insn.imm.value()]);
        insn.imm = word(to - static_cast<int64_t>(program.size()) - 1);
      }
      ebpf::append(insn, program);
    }
    return program;
  }

  std::mt19937_64 random_;
  std::vector<Insn> insns_;
};

const Extensions kSets[] = {
    kRequired, kRv64gc, kRv64gc | Extensions{Extension::kZba},
    kRv64gc | Extensions{Extension::kZba, Extension::kZbb, Extension::kZbs},
    kRv64gc | Extensions{Extension::kZba, Extension::kZbb, Extension::kZbs, Extension::kZicond}};

std::string listing(const ebpf::Code& code) {
  std::string text;
  for (uint32_t pc = 0; pc < code.size(); pc = code.next(pc)) {
    text += std::to_string(pc) + ": " + ebpf::disassemble(code.insns[pc], pc) + "\n";
  }
  return text;
}

std::vector<uint8_t> initial_data(uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<uint8_t> data(kDataBytes);
  for (uint8_t& byte : data) byte = static_cast<uint8_t>(random());
  return data;
}

struct Totals {
  uint64_t ebpf = 0, rv64 = 0, slots = 0;
  std::vector<uint64_t> seen = std::vector<uint64_t>(ebpf::kRowCount);
};

void compare(const ebpf::Code& code, uint64_t seed, Extensions extensions, Totals& totals) {
  const std::array<uint64_t, 5> arguments = {kTestData, seed * 0x9e3779b97f4a7c15, ~seed,
                                             seed << 31, 1};
  std::vector<uint8_t> expected_data = initial_data(seed);
  std::vector<uint8_t> data = expected_data;
  ebpf::Memory memory;
  memory.add({.base = kTestData, .bytes = expected_data});
  const auto expected = ebpf::run(code, memory, arguments, {.addresses = kAddresses});
  ASSERT_TRUE(expected.has_value()) << describe(expected.error()) << "\n" << listing(code);
  std::optional<uint64_t> text;
  if (seed % 2 == 0) text = kTestText;
  const auto compiled =
      compile(code, {.extensions = extensions, .addresses = kAddresses, .text_address = text});
  ASSERT_TRUE(compiled.has_value());
  const Outcome outcome = run_compiled(*compiled, data, arguments);
  ASSERT_TRUE(outcome.returned) << outcome.text() << "\n" << listing(code);
  ASSERT_EQ(outcome.r0, expected->r0) << "seed " << seed << "\n" << listing(code);
  ASSERT_EQ(data, expected_data) << "seed " << seed << "\n" << listing(code);
  ASSERT_TRUE(outcome.kept_registers) << "seed " << seed;
  totals.ebpf += expected->instructions;
  totals.rv64 += outcome.instructions;
  totals.slots += code.size();
  for (uint32_t pc = 0; pc < code.size(); pc = code.next(pc)) {
    ++totals.seen[static_cast<size_t>(code.insns[pc].op)];
  }
}

TEST(Differential, RandomPrograms) {
  const uint64_t seed = environment("ZEXT_SEED", 1);
  const uint64_t programs = environment("ZEXT_PROGRAMS", 4000);
  Totals totals;
  for (uint64_t i = 0; i < programs && !HasFatalFailure(); ++i) {
    const auto slots = Generator(seed + i).program();
    const auto code = ebpf::decode_program(slots);
    ASSERT_TRUE(code.has_value()) << describe(code.error());
    compare(*code, seed + i, kSets[i % std::size(kSets)], totals);
  }
  for (const ebpf::Row& row : ebpf::kRows) {
    switch (row.kind) {
      case Kind::kGotol:
      case Kind::kJa:
      case Kind::kMayGoto:
      case Kind::kCallHelper:
      case Kind::kCallBtf:
      case Kind::kCallx:
      case Kind::kAddrSpaceCast:
      case Kind::kLoadAbs:
      case Kind::kLoadInd:
        break;  // compile_test.cc
      default:
        if (row.op == Op::kLoadFunction) break;
        EXPECT_GT(totals.seen[static_cast<size_t>(row.op)], programs < 1000 ? 0u : 20u) << row.name;
    }
  }
  std::printf(
      "%llu programs, %llu instructions compiled, %llu eBPF and %llu RV64 executed\n",
      static_cast<unsigned long long>(programs), static_cast<unsigned long long>(totals.slots),
      static_cast<unsigned long long>(totals.ebpf), static_cast<unsigned long long>(totals.rv64));
}

// Each constant of interest, loaded on each set of extensions.
TEST(Differential, Constants) {
  std::mt19937_64 random(7);
  for (unsigned i = 0; i < 20'000; ++i) {
    uint64_t value = random();
    value = i % 3 == 0 ? value >> (random() % 64) : i % 3 == 1 ? value << (random() % 64) : value;
    if (i % 5 == 0) value = ~value;
    if (i < 64) value = uint64_t{1} << i;
    if (i >= 64 && i < 128) value = (uint64_t{1} << (i - 64)) - 1;
    for (const Extensions extensions : {kRv64gc, kSets[3]}) {
      Emitter<Bits<64>> e({.extensions = extensions});
      load_immediate(e, rv64::kA0, Bits<64>::of(value));
      ASSERT_LE(e.size(), 8u);
      rv64::Registers<Bits<64>> x{};
      for (const auto& item : e.items()) {
        ASSERT_TRUE(rv64::encodable(item.insn));
        rv64::execute(item.insn, x, Bits<64>::of(0));
      }
      ASSERT_EQ(x[rv64::kA0].value(), value);
    }
  }
}

}  // namespace
}  // namespace zext::jit
