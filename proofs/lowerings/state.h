// A machine of both architectures over symbolic words: registers, and memory (memory.h).
//
//   State state(dst, src);               // eBPF's r0 to r10 as variables, in their homes
//   state.run(emitter);                  // the lowering, instruction by instruction
//   state.registers_are(expected)        // Formula: each home holds what eBPF says
//
// Variables are named by role (dst, src, and the others by rank), so that the same lowering with
// other registers gives the very same term: all 110 assignments of two registers are executed, and
// what is left to solve are the few formulas in which they differ.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "isa/ebpf/semantics.h"
#include "isa/rv64/execute.h"
#include "isa/rv64/semantics.h"
#include "jit/baseline/emitter.h"
#include "proofs/lowerings/memory.h"
#include "word/bv.h"
#include "word/paths.h"

namespace zext::proofs {

using BpfInstruction = ebpf::Instruction<Word64>;

class State {
 public:
  using Reg = rv64::Reg;

  // `dst`, `src`, `left`: the instruction's registers, which are named for their roles; left is
  // that of a move before it.
  State(ebpf::Reg dst, ebpf::Reg src, ebpf::Reg left = kNone) {
    static const Names names;
    x = names.machine;
    unsigned rank = 0;
    for (ebpf::Reg reg = 0; reg < jit::kHomeCount; ++reg) {
      if (reg == dst) {
        x[jit::home(reg)] = names.dst;
      } else if (reg == src) {
        x[jit::home(reg)] = names.src;
      } else if (reg == left) {
        x[jit::home(reg)] = names.left;
      } else {
        x[jit::home(reg)] = names.others[rank++];
      }
    }
    stack_top = names.stack_top;
    for (ebpf::Reg reg = 0; reg < jit::kHomeCount; ++reg) bpf[reg] = x[jit::home(reg)];
    bpf[ebpf::kFramePointer] = x[rv64::kSp] + stack_top;
    before_ = x;
  }
  static constexpr ebpf::Reg kNone = 0xff;

  // Lets the upper halves of registers outside `counts` be anything in eBPF's registers: the
  // machine has only their lower halves.
  void only_low_halves_but(jit::RegisterSet counts) {
    for (ebpf::Reg reg = 0; reg < jit::kHomeCount; ++reg) {
      if (counts.has(reg)) continue;
      const auto upper = Bv<32>::variable(("upper of r" + std::to_string(reg)).c_str());
      bpf[reg] = shl(zext<64>(upper), Word64::of(32)) | zext<64>(trunc<32>(bpf[reg]));
    }
  }

  // Executes a lowering from its first item, or another; returns at its end. Branches inside it
  // fork the path; a branch backward ends the execution with `repeated` set.
  template <class E>
  void run(const E& emitter, size_t from = 0) {
    const auto items = emitter.items();
    for (size_t i = from; i < items.size();) {
      const auto& item = items[i];
      if (item.insn.row().kind != rv64::Kind::kBranch) {
        step(item.insn);
        ++i;
      } else if (rv64::taken(item.insn, x[item.insn.rs1], x[item.insn.rs2])) {
        const auto to = static_cast<size_t>(item.target);
        if (to <= i) {
          repeated = to;
          return;
        }
        i = to;
      } else {
        ++i;
      }
    }
  }

  // That each home holds what `expected` says, and sp, the registers that belong to the caller and
  // the one that is kept for tail calls are as they were.
  Formula registers_are(const std::array<Word64, ebpf::kRegisterCount>& expected) const {
    Formula all = true;
    const auto require = [&](const Word64& actual, const Word64& wanted) {
      if (!z3::eq(actual.term(), wanted.term())) all = all && actual == wanted;
    };
    for (ebpf::Reg reg = 0; reg < jit::kHomeCount; ++reg) require(x[jit::home(reg)], expected[reg]);
    for (const Reg reg : kCallers) require(x[reg], before_[reg]);
    return all;
  }

  // What proofs of lowerings are about: each home holds what eBPF's register does, in full where
  // its upper half counts and otherwise in its lower half; what is said to be known of upper halves
  // is true; sp and the registers that belong to the caller are as they were.
  Formula represents(const std::array<Word64, ebpf::kRegisterCount>& expected,
                     jit::RegisterSet counts, jit::Uppers known) const {
    Formula all = true;
    const auto require = [&](const Word64& actual, const Word64& wanted, bool whole) {
      if (z3::eq(actual.term(), wanted.term())) return;
      all = all && (whole ? actual == wanted : trunc<32>(actual) == trunc<32>(wanted));
    };
    for (ebpf::Reg reg = 0; reg < jit::kHomeCount; ++reg) {
      require(x[jit::home(reg)], expected[reg], counts.has(reg));
    }
    for (const Reg reg : kCallers) require(x[reg], before_[reg], true);
    return all && holds(known);
  }

  // That what is said to be known of upper halves is true of the machine's registers.
  Formula holds(jit::Uppers known) const {
    Formula all = true;
    for (ebpf::Reg reg = 0; reg < jit::kHomeCount; ++reg) {
      const Word64& value = x[jit::home(reg)];
      if (known.of(reg).zero) all = all && extract<63, 32>(value) == Bv<32>::of(0);
      if (known.of(reg).sign) all = all && value == sext<64>(trunc<32>(value));
    }
    return all;
  }

  rv64::Registers<Word64> x{};
  std::array<Word64, ebpf::kRegisterCount> bpf;  // what eBPF's registers hold at the start
  Word64 stack_top;
  Memory memory;
  int repeated = -1;  // item that a branch backward went to

 private:
  // ra, sp, gp, tp, s4 to s11; a6, a7 and t5, which keep constants; t6, the count of tail calls: no
  // lowering's to change.
  static constexpr Reg kCallers[] = {1, 2, 3, 4, 16, 17, 20, 21, 22, 23, 24, 25, 26, 27, 30, 31};

  // Variables, made once.
  struct Names {
    rv64::Registers<Word64> machine;
    Word64 dst = Word64::variable("dst");
    Word64 src = Word64::variable("src");
    Word64 left = Word64::variable("left");
    std::vector<Word64> others;
    Word64 stack_top = shl(zext<64>(Bv<6>::variable("stack_sixteenths")), Word64::of(4));

    Names() {
      for (Reg reg = 1; reg < rv64::kRegisterCount; ++reg) {
        machine[reg] = Word64::variable(("x" + std::to_string(reg)).c_str());
      }
      machine[rv64::kSp] = Word64::variable("sp");
      for (unsigned rank = 0; rank < jit::kHomeCount; ++rank) {
        others.push_back(Word64::variable(("other" + std::to_string(rank)).c_str()));
      }
    }
  };

  void set(Reg reg, const Word64& value) {
    if (reg != rv64::kZero) x[reg] = value;
  }

  void step(const rv64::Instruction<Word64>& insn) {
    const Word64 address = rv64::effective_address(insn, x[insn.rs1]);
    const unsigned bytes = insn.row().bytes;
    switch (insn.row().kind) {
      case rv64::Kind::kValue:
        rv64::execute(insn, x, Word64::variable("pc"));
        return;
      case rv64::Kind::kLoad:
        set(insn.rd, rv64::loaded(insn, memory.read(address, bytes)));
        return;
      case rv64::Kind::kLoadReserved: {
        const Word64 value = memory.reserve(address, bytes);
        memory.order(insn.aq, insn.rl);
        set(insn.rd, rv64::loaded(insn, value));
        return;
      }
      case rv64::Kind::kStore:
        memory.write(address, bytes, x[insn.rs2]);
        return;
      case rv64::Kind::kAmo: {
        const Word64 old = memory.load(address, bytes);
        memory.update(address, bytes, old, rv64::amo(insn, old, x[insn.rs2]));
        memory.order(insn.aq, insn.rl);
        set(insn.rd, rv64::loaded(insn, old));
        return;
      }
      case rv64::Kind::kStoreConditional: {
        const Formula fails = Formula::variable("reservation_lost");
        if (fails) {
          set(insn.rd, Word64::of(1));
        } else {
          memory.conditional(address, bytes, x[insn.rs2]);
          memory.order(insn.aq, insn.rl);
          set(insn.rd, Word64::of(0));
        }
        return;
      }
      case rv64::Kind::kFence:
        memory.fence(insn.imm);
        return;
      case rv64::Kind::kJump:
      case rv64::Kind::kBranch:
      case rv64::Kind::kCsr:
      case rv64::Kind::kEnvironment:
      case rv64::Kind::kPrivileged:
        Paths::assume(false);  // no lowering has one: nothing would be left to show
    }
  }

  rv64::Registers<Word64> before_{};
};

// The formulas of many cases, each once, as one query.
class Goals {
 public:
  void add(const Formula& formula) {
    for (const Formula& known : formulas_) {
      if (z3::eq(known.term(), formula.term())) return;
    }
    formulas_.push_back(formula);
    all_ = all_ && formula;
  }
  std::vector<Formula> formulas() const { return {all_}; }

 private:
  std::vector<Formula> formulas_;
  Formula all_ = true;
};

// The sets of extensions that each theorem is about.
struct NamedExtensions {
  const char* name;
  jit::Extensions extensions;
};
inline constexpr NamedExtensions kExtensionSets[] = {
    {"gc", jit::kRv64gc},
    {"gc_zb*", jit::kRv64gc | jit::Extensions{rv64::Extension::kZba, rv64::Extension::kZbb,
                                              rv64::Extension::kZbs}},
    {"gc_zb*_zicond",
     jit::kRv64gc | jit::Extensions{rv64::Extension::kZba, rv64::Extension::kZbb,
                                    rv64::Extension::kZbs, rv64::Extension::kZicond}},
};

// What may be known of one register's upper half.
inline constexpr jit::Upper kKnowledge[] = {
    {}, {.zero = true}, {.sign = true}, {.zero = true, .sign = true}};

// What is known of dst's and of src's upper half; of r10's, nothing.
inline jit::Uppers known_of(ebpf::Reg dst, jit::Upper of_dst, ebpf::Reg src, jit::Upper of_src) {
  jit::Uppers known;
  if (src != ebpf::kFramePointer) known.set(src, of_src);
  if (dst != ebpf::kFramePointer) known.set(dst, of_dst);
  return known;
}

// All registers but these.
inline jit::RegisterSet all_but(std::initializer_list<ebpf::Reg> without) {
  jit::RegisterSet set = jit::kAllRegisters;
  for (const ebpf::Reg reg : without) set.put(reg, false);
  return set;
}

// The immediate of an instruction: any 32 bits, sign-extended.
inline Word64 any_immediate() { return sext<64>(Bv<32>::variable("imm")); }

// The immediates that products and quotients have special lowerings for: 0, and 2^0 to 2^31 unless
// the operation is a signed division.
inline std::vector<Word64> special_divisors(const ebpf::Row& row) {
  std::vector<Word64> divisors = {Word64::of(0)};
  if (row.alu == ebpf::AluOp::kSdiv || row.alu == ebpf::AluOp::kSmod) return divisors;
  for (unsigned bit = 0; bit < 32; ++bit) {
    divisors.push_back(sext<64>(Bv<32>::of(uint64_t{1} << bit)));
  }
  return divisors;
}
// That an immediate is none of them.
inline void assume_general_divisor(const Word64& imm) {
  const Word64 low = zext<64>(trunc<32>(imm));
  Paths::assume(low != Word64::of(0) && !jit::is_power_of_two(low));
}

inline std::string row_name(const ebpf::Row& row) {
  std::string name = row.name;
  if (row.kind == ebpf::Kind::kMovsx) {
    return name + std::to_string(row.width) + " from " + std::to_string(8 * row.bytes);
  }
  if (row.kind == ebpf::Kind::kEndian) return name + std::to_string(8 * row.bytes);
  if (row.kind == ebpf::Kind::kAtomic || row.kind == ebpf::Kind::kNeg) {
    return name + std::to_string(row.width);
  }
  if (row.kind == ebpf::Kind::kAlu || row.kind == ebpf::Kind::kJump) {
    name += std::to_string(row.width);
    name += row.source == ebpf::Source::kImmediate ? " imm" : " reg";
  }
  return name;
}

}  // namespace zext::proofs
