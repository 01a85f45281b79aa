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

  // `dst` and `src`: the instruction's registers, which are named for their roles.
  State(ebpf::Reg dst, ebpf::Reg src) {
    for (Reg reg = 1; reg < rv64::kRegisterCount; ++reg) {
      x[reg] = Word64::variable(("x" + std::to_string(reg)).c_str());
    }
    x[rv64::kSp] = Word64::variable("sp");
    unsigned rank = 0;
    for (ebpf::Reg reg = 0; reg < jit::kHomeCount; ++reg) {
      std::string name = "other" + std::to_string(rank);
      if (reg == dst) {
        name = "dst";
      } else if (reg == src) {
        name = "src";
      } else {
        ++rank;
      }
      x[jit::home(reg)] = Word64::variable(name.c_str());
    }
    const auto sixteenths = zext<64>(Bv<6>::variable("stack_sixteenths"));
    stack_top = shl(sixteenths, Word64::of(4));
    for (ebpf::Reg reg = 0; reg < jit::kHomeCount; ++reg) bpf[reg] = x[jit::home(reg)];
    bpf[ebpf::kFramePointer] = x[rv64::kSp] + stack_top;
    before_ = x;
  }

  // Executes a lowering from its first item; returns at its end. Branches inside it fork the path;
  // a branch backward ends the execution with `repeated` set.
  template <class E>
  void run(const E& emitter) {
    const auto items = emitter.items();
    for (size_t i = 0; i < items.size();) {
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
    for (const Reg reg : {1, 2, 3, 4, 16, 17, 20, 21, 22, 23, 24, 25, 26, 27, 31}) {
      require(x[reg], before_[reg]);
    }
    return all;
  }

  rv64::Registers<Word64> x{};
  std::array<Word64, ebpf::kRegisterCount> bpf;  // what eBPF's registers hold at the start
  Word64 stack_top;
  Memory memory;
  int repeated = -1;  // item that a branch backward went to

 private:
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

// What a lowering may know of upper halves: nothing, of dst, of src, of both.
inline constexpr unsigned kKnowledgeCount = 4;
inline jit::RegisterSet known_registers(unsigned knowledge, ebpf::Reg dst, ebpf::Reg src) {
  jit::RegisterSet set;
  if ((knowledge & 1) != 0 && dst != ebpf::kFramePointer) set.put(dst, true);
  if ((knowledge & 2) != 0 && src != ebpf::kFramePointer) set.put(src, true);
  return set;
}
// That the set is true in the state.
inline Formula holds(const jit::RegisterSet& known, const State& state) {
  Formula all = true;
  for (ebpf::Reg reg = 0; reg < jit::kHomeCount; ++reg) {
    if (known.has(reg)) all = all && extract<63, 32>(state.bpf[reg]) == Bv<32>::of(0);
  }
  return all;
}

// The immediate of an instruction: any 32 bits, sign-extended.
inline Word64 any_immediate() { return sext<64>(Bv<32>::variable("imm")); }

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
