#include "tests/conformance/harness.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <iterator>
#include <utility>

#include "cli/packet.h"
#include "isa/ebpf/decode.h"
#include "isa/ebpf/encode.h"
#include "jit/compile.h"
#include "jit/march.h"

namespace zext::conformance {
namespace {

using ebpf::append;
using ebpf::Op;
using ebpf::Reg;

// The parts of a case's block.
constexpr uint64_t kBefore = 0;
constexpr uint64_t kMemory = 88;  // a guard before it, one behind it
constexpr uint64_t kAfter = 112;
constexpr uint64_t kTaken = kAfter + 80;
constexpr uint64_t kBlock = kTaken + 8;

constexpr uint64_t kGuard = 0xa5a5'a5a5'a5a5'a5a5;
constexpr unsigned kRegisters = 10;

uint64_t block_address(size_t index) { return cli::kMemoryAddress + index * kBlock; }

void put(std::vector<uint8_t>& bytes, uint64_t at, uint64_t value) {
  for (unsigned i = 0; i < 8; ++i) bytes[at + i] = static_cast<uint8_t>(value >> 8 * i);
}

uint64_t get(const std::vector<uint8_t>& bytes, uint64_t at) {
  uint64_t value = 0;
  for (unsigned i = 8; i-- > 0;) value = value << 8 | bytes[at + i];
  return value;
}

std::string printed(uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "%#llx", static_cast<unsigned long long>(value));
  return text;
}

}  // namespace

uint64_t memory_address(size_t index) { return block_address(index) + kMemory; }

std::vector<cli::Helper> helpers() {
  std::vector<cli::Helper> all = cli::conformance_helpers();
  cli::Helper function = all.front();
  function.btf = true;
  function.id = 7;
  all.push_back(function);
  all.back().address += 64;
  return all;
}

cli::Region packet() {
  return {.name = "packet",
          .address = cli::kPacketAddress,
          .bytes = {ebpf::kPacket.begin(), ebpf::kPacket.end()}};
}

cli::Execution run_program(const std::vector<ebpf::Slot>& slots, const cli::Setting& setting,
                           const std::string& machine, const std::string& march) {
  const auto code = ebpf::decode_program(slots);
  if (!code) {
    ADD_FAILURE() << describe(code.error());
    return {};
  }
  if (machine == "interpreter") {
    auto execution = cli::interpret(*code, setting, {});
    EXPECT_EQ(execution.end, cli::Execution::End::kReturned) << execution.failure;
    return execution;
  }
  const auto by_number = cli::addresses_of(setting.helpers, false);
  const auto by_btf_id = cli::addresses_of(setting.helpers, true);
  jit::Options options;
  options.extensions = *jit::parse_march(march);
  options.helpers = by_number;
  options.kernel_functions = by_btf_id;
  options.addresses = setting.addresses();
  options.text_address = cli::kTextAddress;
  if (setting.packet) options.packet_loads = cli::packet_loads();
  const auto text = jit::compile(*code, options);
  if (!text) {
    ADD_FAILURE() << jit::describe(text.error());
    return {};
  }
  auto execution =
      cli::execute(*cli::parse_machine(machine), *text, code->size(), setting, cli::RunLimits{});
  if (!execution) {
    ADD_FAILURE() << execution.error().to_string();
    return {};
  }
  EXPECT_EQ(execution->end, cli::Execution::End::kReturned) << execution->failure;
  return std::move(*execution);
}

Batch::Batch(const std::vector<Case>& cases) : cases_(cases), memory_(cases.size() * kBlock) {
  for (size_t i = 0; i < cases.size(); ++i) add(cases[i], i);
  append({.op = Op::kMov64Imm, .dst = 0}, slots_);
  append({.op = Op::kExit}, slots_);
}

void Batch::add(const Case& c, size_t index) {
  const uint64_t at = index * kBlock;
  for (unsigned i = 0; i < kRegisters; ++i)
    put(memory_, at + kBefore + 8 * i, c.before.registers[i]);
  put(memory_, at + kMemory - 8, kGuard);
  put(memory_, at + kMemory, c.before.memory);
  put(memory_, at + kMemory + 8, kGuard);
  const auto block = Bits<64>::of(block_address(index));
  // r0 to r8 by r9, which then loads itself; on the stack: 16 bytes below r10 what was taken, 8
  // below it r1.
  append({.op = Op::kStoreImm64, .dst = ebpf::kFramePointer, .offset = -16}, slots_);
  append({.op = Op::kLoadImm64, .dst = 9, .imm = block}, slots_);
  for (unsigned i = 0; i < kRegisters; ++i) {
    append({.op = Op::kLoad64,
            .dst = static_cast<Reg>(i),
            .src = 9,
            .offset = static_cast<int16_t>(kBefore + 8 * i)},
           slots_);
  }
  append(c.insn, slots_);
  append({.op = Op::kJa, .offset = 1}, slots_);
  append({.op = Op::kStoreImm64, .dst = ebpf::kFramePointer, .offset = -16, .imm = Bits<64>::of(1)},
         slots_);
  append({.op = Op::kStore64, .dst = ebpf::kFramePointer, .src = 1, .offset = -8}, slots_);
  append({.op = Op::kLoadImm64, .dst = 1, .imm = block}, slots_);
  const auto save = [&](Reg reg, uint64_t to) {
    append({.op = Op::kStore64, .dst = 1, .src = reg, .offset = static_cast<int16_t>(to)}, slots_);
  };
  for (Reg reg = 0; reg < kRegisters; ++reg) {
    if (reg != 1) save(reg, kAfter + 8 * reg);
  }
  append({.op = Op::kLoad64, .dst = 2, .src = ebpf::kFramePointer, .offset = -8}, slots_);
  save(2, kAfter + 8);
  append({.op = Op::kLoad64, .dst = 2, .src = ebpf::kFramePointer, .offset = -16}, slots_);
  save(2, kTaken);
}

void Batch::check(const std::string& machine, const std::string& march) const {
  SCOPED_TRACE(machine + ", " + march);
  const cli::Setting setting = {
      .regions = {{.name = "memory", .address = cli::kMemoryAddress, .bytes = memory_}, packet()},
      .helpers = helpers(),
      .packet = 1,
      .maps = {std::begin(ebpf::kVectorMaps), std::end(ebpf::kVectorMaps)},
      .variables = {std::begin(ebpf::kVectorVariables), std::end(ebpf::kVectorVariables)}};
  const cli::Execution execution = run_program(slots_, setting, machine, march);
  if (::testing::Test::HasFailure()) return;
  for (size_t i = 0; i < cases_.size(); ++i) compare(execution.memory.at(0), i);
}

void Batch::compare(const std::vector<uint8_t>& memory, size_t index) const {
  const Case& c = cases_[index];
  const uint64_t at = index * kBlock;
  std::string wrong;
  const auto expect = [&](const std::string& what, uint64_t expected, uint64_t found) {
    if (found != expected) {
      wrong += "  " + what + " is " + printed(found) + ", should be " + printed(expected) + "\n";
    }
  };
  const ebpf::Kind kind = c.insn.row().kind;
  const bool call = kind == ebpf::Kind::kLoadAbs || kind == ebpf::Kind::kLoadInd;
  for (unsigned i = 0; i < kRegisters; ++i) {
    if (call && i >= 1 && i <= 5) continue;
    expect("r" + std::to_string(i), c.after.registers[i], get(memory, at + kAfter + 8 * i));
  }
  expect("m", c.after.memory, get(memory, at + kMemory));
  expect("the guard before m", kGuard, get(memory, at + kMemory - 8));
  expect("the guard behind m", kGuard, get(memory, at + kMemory + 8));
  expect("taken", c.after.taken.value_or(false) ? 1 : 0, get(memory, at + kTaken));
  EXPECT_TRUE(wrong.empty()) << c.name << "\n" << wrong;
}

}  // namespace zext::conformance
