// For tests: runs compiled code on the RV64 interpreter, and the same program on eBPF's.
//
//   Outcome outcome = run_compiled(code, setting);
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "isa/ebpf/memory.h"
#include "isa/rv64/machine.h"
#include "jit/compile.h"

namespace zext::jit {

inline constexpr uint64_t kTestText = 0x9'4000'0000;
inline constexpr uint64_t kTestData = 0x1000'0000;
inline constexpr uint64_t kTestStackTop = 0x2000'4000;
inline constexpr uint64_t kTestStackSize = 0x4000;
inline constexpr uint64_t kTestReturn = 0x3000'0000;

// A host's function at `address`: a0 to a4 in, a0 out.
struct HostFunction {
  uint64_t address = 0;
  std::function<uint64_t(const std::array<uint64_t, 5>&)> call;
};

struct Outcome {
  bool returned = false;
  uint64_t r0 = 0;
  uint64_t instructions = 0;
  bool kept_registers = false;  // callee-saved registers and sp are as before
  rv64::Stop stop;
  uint64_t text_address = kTestText;

  std::string text() const {
    return returned ? "returned"
                    : "stopped: kind " + std::to_string(static_cast<int>(stop.kind)) + " at pc " +
                          std::to_string(stop.pc - text_address) + ", address " +
                          std::to_string(stop.address);
  }
};

// What a kernel's trap handler does after a load fault; false if the table does not know the load.
template <class Machine>
bool handle_fault(const Code& code, Machine& machine, uint64_t text) {
  std::array<uint64_t, rv64::kRegisterCount> x;
  for (rv64::Reg reg = 0; reg < x.size(); ++reg) x[reg] = machine.get(reg);
  uint64_t pc = machine.pc();
  if (!resume_after_fault(code.exceptions, text, pc, x)) return false;
  for (rv64::Reg reg = 0; reg < x.size(); ++reg) machine.set(reg, x[reg]);
  machine.set_pc(pc);
  return true;
}

// Several programs as one piece of code, entered by the first, and where tail calls enter each.
struct Joined {
  Code code;
  std::vector<uint64_t> tail_entries;
};
inline Joined join(const std::vector<Code>& programs, uint64_t text) {
  Joined joined{.code = programs.front(), .tail_entries = {}};
  std::vector<uint8_t>& bytes = joined.code.bytes;
  bytes.clear();
  for (const Code& program : programs) {
    joined.tail_entries.push_back(text + bytes.size() + program.tail_entry);
    bytes.insert(bytes.end(), program.bytes.begin(), program.bytes.end());
    bytes.resize((bytes.size() + 3) / 4 * 4);
  }
  return joined;
}

// Runs the code at `text` on `data` at kTestData, with r1 to r5 as given.
inline Outcome run_compiled(const Code& code, std::vector<uint8_t>& data,
                            const std::array<uint64_t, 5>& arguments,
                            const std::vector<HostFunction>& functions = {},
                            uint64_t max_instructions = 100'000'000, uint64_t text = kTestText) {
  ebpf::Memory memory;
  std::vector<uint8_t> stack(kTestStackSize);
  memory.add({.base = kTestStackTop - kTestStackSize, .bytes = stack});
  if (!data.empty()) memory.add({.base = kTestData, .bytes = data});
  rv64::Machine machine(code.bytes, text, memory);
  for (rv64::Reg reg = 1; reg < rv64::kRegisterCount; ++reg) {
    machine.set(reg, 0xfeed'0000'dead'0000 + reg);
  }
  for (unsigned i = 0; i < arguments.size(); ++i) {
    machine.set(static_cast<rv64::Reg>(rv64::kA0 + i), arguments[i]);
  }
  machine.set(rv64::kRa, kTestReturn);
  machine.set(rv64::kSp, kTestStackTop);
  machine.set_pc(text + code.entry);
  Outcome outcome;
  outcome.text_address = text;
  for (;;) {
    outcome.stop = machine.run(max_instructions - machine.instructions());
    if (outcome.stop.kind == rv64::Stop::Kind::kStrayLoad && handle_fault(code, machine, text))
      continue;
    if (outcome.stop.kind != rv64::Stop::Kind::kLeftCode) break;
    if (outcome.stop.pc == kTestReturn) {
      outcome.returned = true;
      break;
    }
    const HostFunction* called = nullptr;
    for (const HostFunction& function : functions) {
      if (function.address == outcome.stop.pc) called = &function;
    }
    if (called == nullptr) break;
    std::array<uint64_t, 5> given;
    for (unsigned i = 0; i < 5; ++i) given[i] = machine.get(static_cast<rv64::Reg>(rv64::kA0 + i));
    const uint64_t result = called->call(given);
    // All that a C function may change.
    for (const rv64::Reg reg : {5, 6, 7, 10, 11, 12, 13, 14, 15, 16, 17, 28, 29, 30, 31}) {
      machine.set(reg, 0xbad0'bad0'bad0'bad0 + reg);
    }
    machine.set(rv64::kA0, result);
    machine.set_pc(machine.get(rv64::kRa));
  }
  outcome.r0 = machine.get(rv64::kA0);
  outcome.instructions = machine.instructions();
  outcome.kept_registers = machine.get(rv64::kSp) == kTestStackTop;
  for (const rv64::Reg reg : {3, 4, 8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27}) {
    outcome.kept_registers &= machine.get(reg) == 0xfeed'0000'dead'0000 + reg;
  }
  return outcome;
}

}  // namespace zext::jit
