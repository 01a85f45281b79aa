// Single-instruction vectors as one eBPF program, which every machine can run.
//
//   Batch batch(cases);                      // sets up, executes and records each case in turn
//   batch.check("qemu", "rv64imac");         // a test failure for each case that comes out wrong
//
// Each case has a block of memory: its registers before, the eight bytes that it works on between
// two guards, its registers after, and whether its jump was taken. The program itself moves them,
// by loads and stores of 64 bits, so nothing but eBPF is asked of the machine.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/machines.h"
#include "isa/ebpf/insn.h"
#include "isa/ebpf/vectors.h"

namespace zext::conformance {

struct Case {
  std::string name;  // for messages
  ebpf::Instruction<> insn;
  ebpf::State before;
  ebpf::State after;
};

// Address of the eight bytes of case `index`.
uint64_t memory_address(size_t index);

// Any program on `machine` ("interpreter", "qemu", ...), compiled for `march`, with helper 5 and
// kernel function 7, which return their first argument. A test failure unless it returns.
cli::Execution run_program(const std::vector<ebpf::Slot>& slots, const cli::Setting& setting,
                           const std::string& machine, const std::string& march);
std::vector<cli::Helper> helpers();
// The packet of vectors.txt.
cli::Region packet();

class Batch {
 public:
  explicit Batch(const std::vector<Case>& cases);

  // Runs the program and compares every case with its `after`.
  void check(const std::string& machine, const std::string& march) const;

 private:
  void add(const Case& c, size_t index);
  void compare(const std::vector<uint8_t>& memory, size_t index) const;

  const std::vector<Case>& cases_;
  std::vector<ebpf::Slot> slots_;
  std::vector<uint8_t> memory_;
};

}  // namespace zext::conformance
