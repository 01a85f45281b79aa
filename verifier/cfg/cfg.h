// Cfg: a program's basic blocks, in each function a weak topological order, and live registers.
//
//   const Cfg cfg = Cfg::of(code);
//   const Block& block = cfg.blocks[cfg.block_at(pc)];
//   if (block.head) ...                       // every cycle passes through a head
//   cfg.inside(block, cfg.blocks[other]);     // whether `other` is in the loop of that head
//
// The order is that of Bourdoncle, "Efficient chaotic iteration strategies with widenings" (FMPA
// 1993): a nested sequence of components, each of which starts with its head. Only blocks that an
// entry of a function reaches are there; a local call counts as an instruction like any other.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "isa/ebpf/decode.h"
#include "verifier/platform/platform.h"

namespace zext::verifier {

struct Block {
  uint32_t first = 0;  // pc of its first and its last instruction
  uint32_t last = 0;
  std::array<uint32_t, 2> next = {};  // blocks: the jump's target first
  uint8_t next_count = 0;
  bool join = false;        // more than one way in
  bool head = false;        // of a component, or a call of a helper that calls back
  bool calls_back = false;  // its only instruction is such a call
  uint32_t position = 0;    // in the weak topological order
  uint32_t end = 0;         // head: the position after its component
  uint16_t live = 0x7ff;    // registers that may be read before they are written, bit by number

  std::span<const uint32_t> successors() const { return {next.data(), next_count}; }
};

struct Cfg {
  static constexpr uint32_t kNoBlock = ~uint32_t{0};

  std::vector<Block> blocks;     // ascending by `first`
  std::vector<uint32_t> starts;  // by slot: the block that starts there, or kNoBlock
  std::vector<uint32_t> owners;  // by slot: the block that it is in, or kNoBlock
  // An instruction that no way leads to, or the program's size.
  uint32_t unreachable = 0;
  // Whether the order was found within the work allowed, which only programs with thousands of
  // loops inside each other exceed.
  bool complete = true;

  // `platform` says which helpers call back, and what they read; null: none does, and all.
  static Cfg of(const ebpf::Code& code, const Platform* platform = nullptr);

  // The block that starts at pc, or kNoBlock.
  uint32_t block_at(uint32_t pc) const { return starts[pc]; }
  // Whether `block` is in the component of `head`.
  static bool inside(const Block& head, const Block& block) {
    return head.position <= block.position && block.position < head.end;
  }
};

// Registers an instruction reads and those it writes, bit by number; for liveness. Anything that
// the verifier does not support counts as reading all.
uint16_t registers_read(const ebpf::Instruction<>& insn, const Platform* platform = nullptr);
uint16_t registers_written(const ebpf::Instruction<>& insn);

}  // namespace zext::verifier
