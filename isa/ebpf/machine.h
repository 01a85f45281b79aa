// Machine: what each instruction does to registers, for those who run programs on memory of theirs.
//
//   class Bounded : public Machine<Bounded, Code> { ... };      // interpreter.cc
//
// The loop and the meanings are here, once; whoever derives from it says what addresses are, what
// calls do and when the run ends, by these members (a step returns the next slot, or kStopped, or
// kOtherCode):
//
//   static constexpr bool kShared;    // others may access the same memory: atomics are atomic
//   const uint8_t* find_readable(insn, address, bytes);  // null: stray_load() says what then
//   uint8_t* find_writable(address, bytes);              // null: a stray store
//   uint32_t stray_load(insn, pc, address);
//   uint32_t load_address(insn, pc);                     // LD_IMM64 of maps and variables
//   bool find_packet(index, bytes, &data);     // LD_ABS: data is null outside;
//                                                        // false: there is no packet
//   uint64_t& may_goto_left();
//   uint32_t call_helper(id, btf, pc), enter(entry, return_pc, call_pc), callx(insn, pc), leave();
//   uint32_t stop(pc, kind, address = 0, bytes = 0);     // gives kStopped
//   uint64_t max_instructions() const;
//   void trace(pc);                                      // before each step of loop<true>
//
// Program has `insns` and `functions` as Code has.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "isa/ebpf/decode.h"
#include "isa/ebpf/dispatch.h"
#include "isa/ebpf/interpreter.h"
#include "isa/ebpf/semantics.h"

namespace zext::ebpf {

// What a step returns instead of the next slot when the run ends, and when it goes on in another
// program.
inline constexpr uint32_t kStopped = ~uint32_t{0};
inline constexpr uint32_t kOtherCode = kStopped - 1;
static_assert(kOtherCode > kMaxSlots);

// A step takes the slot of its instruction and returns the next one's, so that the loop keeps it in
// a register; after kOtherCode, `code_` and `next_pc_` say where it goes on.
template <class Derived, class Program>
class Machine {
 protected:
  using Word64 = Bits<64>;
  using FaultKind = Fault::Kind;

  explicit Machine(const Program& code) : code_(&code) {}

  // Flattened: left to itself, GCC calls compute() and jumps(), which then dispatch once more.
  template <bool kTraced>
  [[gnu::flatten]] void loop(uint32_t pc) {
    const Instruction<>* insns = code_->insns.data();
    const uint64_t limit = self().max_instructions();
    uint64_t left = limit;
    do {
      if (left == 0) {
        self().stop(pc, FaultKind::kInstructionLimit);
        break;
      }
      --left;
      if constexpr (kTraced) self().trace(pc);
      const Instruction<>& insn = insns[pc];
      pc = dispatch(insn.op,
                    [&]<Op kOp>() __attribute__((always_inline)) { return step<kOp>(insn, pc); });
      if (pc == kOtherCode) [[unlikely]] {
        pc = next_pc_;
        insns = code_->insns.data();
      }
    } while (pc != kStopped);
    executed_ += limit - left;
  }

  template <Op kOp>
  [[gnu::always_inline]] uint32_t step(const Instruction<>& insn, uint32_t pc) {
    constexpr const Row& kRow = row_of(kOp);
    switch (kRow.kind) {
      case Kind::kAlu:
      case Kind::kNeg:
      case Kind::kMovsx:
      case Kind::kEndian:
        regs_[insn.dst] = compute(known<kOp>(insn), reg(insn.dst), reg(insn.src)).value();
        break;
      case Kind::kLoad:
      case Kind::kLoadSx:
      case Kind::kLoadAcquire:
        return load<kOp>(insn, pc);
      case Kind::kStore:
      case Kind::kStoreImm:
      case Kind::kStoreRelease:
        return store<kOp>(insn, pc);
      case Kind::kAtomic:
        return atomic_update<kOp>(insn, pc);
      case Kind::kImm64:
        return load_imm64<kOp>(insn, pc);
      case Kind::kLoadAbs:
      case Kind::kLoadInd:
        return load_packet<kOp>(insn, pc);
      case Kind::kJump:
        if (jumps(known<kOp>(insn), reg(insn.dst), reg(insn.src)))
          pc += static_cast<uint32_t>(insn.offset);
        break;
      case Kind::kJa:
        pc += static_cast<uint32_t>(insn.offset);
        break;
      case Kind::kGotol:
        pc += static_cast<uint32_t>(insn.imm.value());
        break;
      case Kind::kMayGoto:
        return may_goto(insn, pc);
      case Kind::kCallHelper:
      case Kind::kCallBtf:
        return self().call_helper(insn.imm.value(), kRow.kind == Kind::kCallBtf, pc);
      case Kind::kCallLocal:
        return self().enter(pc + 1 + static_cast<uint32_t>(insn.imm.value()), pc + 1, pc);
      case Kind::kCallx:
        return self().callx(insn, pc);
      case Kind::kExit:
        return self().leave();
      case Kind::kAddrSpaceCast:
        return self().stop(pc, FaultKind::kNoArena);
    }
    return pc + 1;
  }

  Word64 reg(Reg number) const { return Word64::of(regs_[number]); }

  // The instruction with its operation known to the compiler.
  template <Op kOp>
  static Instruction<> known(const Instruction<>& insn) {
    return {.op = kOp, .dst = insn.dst, .src = insn.src, .offset = insn.offset, .imm = insn.imm};
  }

  static uint64_t effective_address(uint64_t base, const Instruction<>& insn) {
    return base + static_cast<uint64_t>(int64_t{insn.offset});
  }

  static constexpr bool needs_alignment(Kind kind) {
    return kind == Kind::kAtomic || kind == Kind::kLoadAcquire || kind == Kind::kStoreRelease;
  }

  template <Op kOp>
  [[gnu::always_inline]] uint32_t load(const Instruction<>& insn, uint32_t pc) {
    constexpr const Row& kRow = row_of(kOp);
    const uint64_t address = effective_address(regs_[insn.src], insn);
    if (needs_alignment(kRow.kind) && address % kRow.bytes != 0) {
      return self().stop(pc, FaultKind::kMisalignedAtomic, address, kRow.bytes);
    }
    const uint8_t* data = self().find_readable(insn, address, kRow.bytes);
    if (data == nullptr) return self().stray_load(insn, pc, address);
    Word64 value = Word64::of(load_from<kRow.bytes>(data));
    if constexpr (kRow.kind == Kind::kLoadSx) value = sign_extend(kRow.bytes, value);
    if constexpr (Derived::kShared && kRow.kind == Kind::kLoadAcquire) {
      std::atomic_thread_fence(std::memory_order_acquire);
    }
    regs_[insn.dst] = value.value();
    return pc + 1;
  }

  template <Op kOp>
  [[gnu::always_inline]] uint32_t store(const Instruction<>& insn, uint32_t pc) {
    constexpr const Row& kRow = row_of(kOp);
    const uint64_t address = effective_address(regs_[insn.dst], insn);
    if (needs_alignment(kRow.kind) && address % kRow.bytes != 0) {
      return self().stop(pc, FaultKind::kMisalignedAtomic, address, kRow.bytes);
    }
    uint8_t* data = self().find_writable(address, kRow.bytes);
    if (data == nullptr) return self().stop(pc, FaultKind::kStrayStore, address, kRow.bytes);
    const uint64_t value = kRow.kind == Kind::kStoreImm ? insn.imm.value() : regs_[insn.src];
    if constexpr (Derived::kShared && kRow.kind == Kind::kStoreRelease) {
      std::atomic_thread_fence(std::memory_order_release);
    }
    store_to<kRow.bytes>(data, value);
    return pc + 1;
  }

  template <Op kOp>
  [[gnu::always_inline]] uint32_t atomic_update(const Instruction<>& insn, uint32_t pc) {
    constexpr const Row& kRow = row_of(kOp);
    using W = Bits<kRow.width>;
    const uint64_t address = effective_address(regs_[insn.dst], insn);
    if (address % kRow.bytes != 0) {
      return self().stop(pc, FaultKind::kMisalignedAtomic, address, kRow.bytes);
    }
    uint8_t* data = self().find_writable(address, kRow.bytes);
    if (data == nullptr) return self().stop(pc, FaultKind::kStrayStore, address, kRow.bytes);
    const auto renewed = [&](W old) {
      return atomic(kRow.atomic, old, W::of(regs_[insn.src]), W::of(regs_[0]));
    };
    const W old = exchange<W>(data, renewed);
    if constexpr (kRow.fetch) {
      regs_[kRow.atomic == AtomicOp::kCmpxchg ? Reg{0} : insn.src] = old.value();
    }
    return pc + 1;
  }

  // What was there, for which renewed() of it is there now.
  template <class W, class Renewed>
  static W exchange(uint8_t* data, const Renewed& renewed) {
    if constexpr (Derived::kShared) {
      using Integer = decltype(W::of(0).value());
      std::atomic_ref<Integer> word(*reinterpret_cast<Integer*>(data));
      Integer old = word.load(std::memory_order_relaxed);
      while (!word.compare_exchange_weak(old, renewed(W::of(old)).value())) {
      }
      return W::of(old);
    } else {
      const W old = W::of(copy_in<W::kWidth / 8>(data));
      const uint64_t value = renewed(old).value();
      __builtin_memcpy(data, &value, W::kWidth / 8);
      return old;
    }
  }

  // An unsigned integer of so many bytes; any for kinds of instructions that have none.
  template <unsigned kBytes>
  using WordOf = typename Bits<kBytes == 0 ? 8 : 8 * kBytes>::Value;

  // Of shared memory aligned words are never seen in part.
  template <unsigned kBytes>
  static uint64_t load_from(const uint8_t* data) {
    using Whole [[gnu::may_alias]] = WordOf<kBytes>;
    if (Derived::kShared && reinterpret_cast<uintptr_t>(data) % sizeof(Whole) == 0) [[likely]] {
      return __atomic_load_n(reinterpret_cast<const Whole*>(data), __ATOMIC_RELAXED);
    }
    return copy_in<kBytes>(data);
  }
  template <unsigned kBytes>
  static void store_to(uint8_t* data, uint64_t value) {
    using Whole [[gnu::may_alias]] = WordOf<kBytes>;
    if (Derived::kShared && reinterpret_cast<uintptr_t>(data) % sizeof(Whole) == 0) [[likely]] {
      const auto whole = static_cast<Whole>(value);
      __atomic_store_n(reinterpret_cast<Whole*>(data), whole, __ATOMIC_RELAXED);
      return;
    }
    __builtin_memcpy(data, &value, kBytes);
  }

  template <unsigned kBytes>
  static uint64_t copy_in(const uint8_t* data) {
    uint64_t value = 0;
    __builtin_memcpy(&value, data, kBytes);
    return value;
  }

  template <Op kOp>
  uint32_t load_imm64(const Instruction<>& insn, uint32_t pc) {
    if constexpr (kOp == Op::kLoadImm64) {
      regs_[insn.dst] = insn.imm.value();
    } else if constexpr (kOp == Op::kLoadFunction) {
      regs_[insn.dst] = function_address(pc + 1 + static_cast<uint32_t>(insn.imm.value()));
    } else {
      return self().load_address(insn, pc);
    }
    return pc + 2;
  }

  // r0 = the big-endian number in the packet; outside of it, return 0 (RFC 9669, section 5.5).
  template <Op kOp>
  uint32_t load_packet(const Instruction<>& insn, uint32_t pc) {
    constexpr const Row& kRow = row_of(kOp);
    uint32_t index = static_cast<uint32_t>(insn.imm.value());
    if constexpr (kRow.kind == Kind::kLoadInd) index += static_cast<uint32_t>(regs_[insn.src]);
    const uint8_t* data = nullptr;
    if (!self().find_packet(index, kRow.bytes, &data)) return self().stop(pc, FaultKind::kNoPacket);
    if (data == nullptr) {
      regs_[0] = 0;
      return self().leave();
    }
    uint64_t value = 0;
    for (unsigned i = 0; i < kRow.bytes; ++i) value = value << 8 | data[i];
    regs_[0] = value;
    return pc + 1;
  }

  uint32_t may_goto(const Instruction<>& insn, uint32_t pc) {
    uint64_t& left = self().may_goto_left();
    if (left == 0) return pc + 1 + static_cast<uint32_t>(insn.offset);
    --left;
    return pc + 1;
  }

  uint32_t go_on(const Program& code, uint32_t pc) {
    code_ = &code;
    next_pc_ = pc;
    return kOtherCode;
  }

  Derived& self() { return static_cast<Derived&>(*this); }
  const Derived& self() const { return static_cast<const Derived&>(*this); }

  const Program* code_;
  Registers regs_{};
  uint32_t next_pc_ = 0;
  uint64_t executed_ = 0;
};

}  // namespace zext::ebpf
