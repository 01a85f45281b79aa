// run: one concrete run of a program by the interpreter, on an Input, with the maps and helpers
// that the program names.
//
//   const Replay replay = run(subject, input, {.max_instructions = 1 << 20});
//   replay.fault ? ebpf::describe(*replay.fault) : std::to_string(replay.r0)
//
// Each region of memory lies by itself (place.h), so that what strays faults. Maps behave as
// Linux's: bpf_map_lookup_elem, update, delete, push, pop, peek, lookup_percpu,
// bpf_for_each_map_elem and bpf_loop, which call the program back, and bpf_iter_num_* are computed,
// on one CPU. All other helpers and kernel functions answer what the input says, in the order of
// calls; where it has no more answers, what ReplayOptions::answer says; else 0 or what is next to
// it in the row's range, no object where there may be none, and zeros in the memory that they fill.
// What is released is gone. Timers never run out; tail calls are never taken; helpers that may
// change the packet move it.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "isa/ebpf/interpreter.h"
#include "verifier/replay/input.h"
#include "verifier/replay/place.h"
#include "verifier/subject.h"

namespace zext::verifier {

// A run that stands before an instruction.
struct Moment {
  uint32_t pc = 0;
  const ebpf::Registers& registers;
  const ebpf::Memory& memory;
  uint64_t data = 0;       // where the packet begins now
  uint64_t data_meta = 0;  // and its metadata

  // Live frames; r10 of each is frame_address(0) and so on.
  uint32_t frames() const;
  // The bytes below its r10.
  std::span<const uint8_t> stack(uint32_t frame) const;
};

struct ReplayOptions {
  uint64_t max_instructions = uint64_t{1} << 22;
  // The function to run, by its first slot; if not 0, one of Subject::functions. Input::arguments
  // and Input::objects are its arguments.
  uint32_t start = 0;
  // Called before each instruction. A call that calls back is one before each of its rounds.
  std::function<void(const Moment& moment)> step = {};
  // What a call answers for which the input has no answer, by its row and r1 to r5; nothing: the
  // default.
  std::function<std::optional<Input::Call>(uint32_t pc, const Helper& row,
                                           const ebpf::Arguments& arguments)>
      answer = {};
  // Slots of loads, ascending, that give 0 where they would be stray: those of kernel objects.
  // Loads at addresses that a replay gives to objects are among them by themselves.
  std::span<const uint32_t> probes = {};
};

struct Replay {
  uint64_t r0 = 0;
  std::optional<ebpf::Fault> fault = {};  // why it ended, if not by its exit
  // With Fault::Kind::kHelperFailed: the argument, 1 to 5, that the helper could not use; 0 if the
  // fault is not that.
  uint8_t argument = 0;
  // The input does not say what happens, or the replay cannot: why. There is no fault then.
  std::string incomplete = {};
  uint64_t instructions = 0;
  // The last instructions executed, with the registers before them; at most 64, the oldest first.
  struct Step {
    uint32_t pc = 0;
    ebpf::Registers registers = {};
  };
  std::vector<Step> last = {};
};

Replay run(const Subject& subject, const Input& input, const ReplayOptions& options = {});

}  // namespace zext::verifier
