// Constants that a function keeps in registers, since its loops need them again and again.
//
//   ConstantKeeper keeper;
//   keeper.choose(program, begin, end, frame, extensions);
//   for (const auto& kept : keeper.kept()) load_immediate(emitter, kept.reg, kept.value);
//   emitter.context.kept = keeper.kept();
//
// Only which constants are worth it is decided here, by the immediates that lowerings are expected
// to put in a register; a lowering uses a kept constant where it would have loaded the same value
// (constant_register, jit/baseline/immediate.h), so that a wrong guess costs time and nothing else.
// A function that calls keeps none: the registers are the caller's to save.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "isa/ebpf/decode.h"
#include "jit/baseline/emitter.h"
#include "jit/baseline/frame.h"

namespace zext::jit {

class ConstantKeeper {
 public:
  using Kept = KeptConstant<Bits<64>>;

  // For the function of slots begin to end - 1.
  void choose(const ebpf::Code& program, uint32_t begin, uint32_t end, const Frame& frame,
              Extensions extensions);
  std::span<const Kept> kept() const { return {kept_.data(), size_}; }

  // Argument and temporary registers that no lowering touches.
  static constexpr std::array<rv64::Reg, 3> kRegisters = {rv64::kA6, rv64::kA7, rv64::kT5};

 private:
  struct Candidate {
    Bits<64> value = Bits<64>::of(0);
    uint64_t uses = 0;  // weighted by the depth of loops
  };
  // Distinct constants that are looked at; later ones are not, so that time stays linear.
  static constexpr unsigned kMaxCandidates = 32;

  void find_depths(const ebpf::Code& program, uint32_t begin, uint32_t end);
  void count(Bits<64> value, uint64_t uses);
  void count_masks(const ebpf::Row& row, uint64_t uses);
  void take_best();

  std::vector<int32_t> depth_changes_;  // by slot of the function
  std::array<Candidate, kMaxCandidates> candidates_;
  unsigned candidate_count_ = 0;
  std::array<Kept, kRegisters.size()> kept_;
  unsigned size_ = 0;
};

}  // namespace zext::jit
