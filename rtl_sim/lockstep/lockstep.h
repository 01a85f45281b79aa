// The same image on the verilated core and on QEMU, compared at each retired instruction.
//
//   auto report = lockstep::run(*load_elf(bytes), {});
//   if (report->divergence) std::fputs(text(*report->divergence).c_str(), stderr);
//   else std::printf("CPI %.2f\n", report->cpi());
//
// The first difference ends the run. At the end all of memory is compared as well, so that a store
// which neither side showed is noticed too.
//
// The core goes first and QEMU follows: interrupts, time, counters and devices are the core's, and
// QEMU is told of them at the instruction where the core met them (qemu::Stream::lead).
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "rtl_sim/image/error.h"
#include "rtl_sim/image/image.h"
#include "rtl_sim/model/model.h"
#include "rtl_sim/model/presets.h"
#include "rtl_sim/qemu/qemu.h"

namespace zext::rtl_sim::lockstep {

// A bit error to be seeded into the core, for showing that lockstep notices.
struct Fault {
  uint64_t order = 0;  // the instruction whose ALU result changes, counted from 0
  uint64_t mask = 1;   // bits that flip
};

struct Options {
  uint64_t max_instructions = UINT64_MAX;
  uint64_t max_cycles_per_instruction = 10'000;  // the core not retiring for so long hangs
  std::optional<Fault> fault = {};
  unsigned history = 16;               // retirements of each side to keep for a divergence
  MemoryRange memory = {};             // of both sides
  Preset preset = Preset::kDefault;    // of the core
  std::vector<MemoryRange> dump = {};  // memory to hand out when the run has ended
  std::chrono::milliseconds stall_limit{10'000};  // QEMU not retiring for so long hangs
  std::string qemu = "qemu-system-riscv64";
};

// What differed. In the order in which an instruction is compared.
enum class Field {
  kPc,
  kMode,  // the privilege mode it ran in
  kInsn,
  kTrap,        // one side trapped, or an interrupt was taken on one side
  kCause,       // mcause or scause of the trap
  kTval,        // mtval or stval of the trap
  kRd,          // which register was written
  kRdValue,     // what was written to it
  kMemoryKind,  // read, written, both or neither
  kMemoryAddr,
  kMemoryPaddr,  // the address after translation
  kMemorySize,
  kMemoryRead,   // the value loaded
  kMemoryWrite,  // the value stored
  kCsrWrite,     // whether a CSR was written
  kCsrValue,     // what it holds then
  kNextPc,       // where it went from here
  kUnknownInsn,  // QEMU ran an instruction that the table does not have
  kCoreStuck,    // the core retired nothing for max_cycles_per_instruction
  kQemuStuck,    // QEMU retired nothing for stall_limit
  kFinalMemory,  // memory differs after the end: `address` says where first
};

// The field's name in JSON: "pc", "rd_value", ...
const char* name(Field field);

struct Divergence {
  uint64_t index = 0;  // of the instruction, counted from 0
  Field field = Field::kPc;
  Retirement core, qemu;    // at `index`; all zero for a side that is stuck
  uint64_t core_value = 0;  // what the field held
  uint64_t qemu_value = 0;
  uint64_t address = 0;  // for kFinalMemory
  std::string hint;      // a likely cause, where one is known; else empty
  std::vector<Retirement> core_history, qemu_history;  // the last ones, this one included
};

struct Report {
  enum class Stop { kExited, kHtifRequest, kInstructionLimit, kDiverged };
  Stop stop = Stop::kInstructionLimit;
  uint64_t exit_code = 0;           // for kExited
  uint64_t tohost = 0;              // the value stored, for kExited and kHtifRequest
  uint64_t instructions = 0;        // compared and found equal
  uint64_t cycles = 0;              // of the core
  double seconds = 0;               // wall time of the comparison, QEMU's start left out
  uint64_t supplied_csr_reads = 0;  // counters, devices and the like: QEMU got the core's value
  uint64_t interrupts = 0;          // taken
  uint64_t corrected_results = 0;   // which QEMU 7.2 is known to compute wrongly
  std::optional<Divergence> divergence;
  std::vector<std::vector<uint8_t>> memory = {};  // one for each of Options::dump: the core's

  bool passed() const { return stop == Stop::kExited && exit_code == 0; }
  double cpi() const { return instructions == 0 ? 0 : double(cycles) / double(instructions); }
  double instructions_per_second() const {
    return seconds > 0 ? double(instructions) / seconds : 0;
  }
};

// Called for each of the core's retirements once it was found equal.
using OnRetire = std::function<void(const Retirement&)>;

// Runs until `tohost` gets a non-zero value, the limit is reached or the sides differ.
// A divergence is a result. Errors: what qemu::Stream::open and Model::create refuse, QEMU dying,
// an image without `tohost` when there is no instruction limit either.
std::expected<Report, Error> run(const Image& image, const Options& options,
                                 const OnRetire& on_retire = nullptr);

// For people: what differed, and the last instructions of both sides, disassembled.
std::string text(const Divergence& divergence);

// For programs: one JSON object.
std::string json(const Report& report);

}  // namespace zext::rtl_sim::lockstep
