// One program on one setting, on any of the machines: interpreter, QEMU, the core, or the core and
// QEMU in lockstep. All start from the same memory and leave theirs to be compared.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "cli/profile.h"
#include "cli/setting.h"
#include "isa/ebpf/decode.h"
#include "jit/compile.h"
#include "object/error.h"

namespace zext::cli {

enum class Machine : uint8_t { kInterpreter, kQemu, kRtl, kLockstep };

// "interpreter", "qemu", "rtl", "lockstep"; and back (nullopt for any other name).
const char* name_of(Machine machine);
std::optional<Machine> parse_machine(const std::string& name);

// A bit flipped on purpose in the core's ALU, to see that lockstep notices.
struct SeededFault {
  uint64_t order = 0;
  uint64_t mask = 1;
};

struct RunLimits {
  uint64_t max_instructions = 100'000'000;
  std::optional<SeededFault> fault;
};

struct Execution {
  enum class End : uint8_t {
    kReturned,  // r0 and memory are the program's result
    kFaulted,   // it did what no accepted program may: `failure` says what and where
    kDiverged,  // lockstep: the machines disagreed; `failure` shows both
    kLimit,     // max_instructions were not enough
  };

  Machine machine = Machine::kInterpreter;
  End end = End::kReturned;
  uint64_t r0 = 0;
  std::vector<std::vector<uint8_t>> memory;  // of each region of the setting, afterwards
  std::string failure;                       // unless kReturned: text for people
  uint64_t instructions = 0;                 // eBPF ones of the interpreter, else RV64 ones
  uint64_t cycles = 0;                       // of the core
  double seconds = 0;
  std::optional<Profile> profile;  // of the core
};

// On the interpreter.
Execution interpret(const ebpf::Code& code, const Setting& setting, const RunLimits& limits);

// `text` on a machine that runs RV64 (not kInterpreter); `slots` are the program's.
// Errors: a machine that cannot be had (QEMU missing or of another version).
std::expected<Execution, object::Error> execute(Machine machine, const jit::Code& text,
                                                uint32_t slots, const Setting& setting,
                                                const RunLimits& limits);

}  // namespace zext::cli
