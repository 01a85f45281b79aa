// Arithmetic: numbers by the table's meanings, products and quotients in parts; pointers are moved.
#include "isa/ebpf/semantics.h"
#include "verifier/symbolic/executor.h"
#include "verifier/symbolic/reach.h"

namespace zext::verifier::symbolic {
namespace {

using ebpf::AluOp;
using ebpf::Kind;

// Whether addresses of the kind may be moved at all.
bool may_move(const Word& word) {
  switch (word.type) {
    case Type::kContext:
    case Type::kPacket:
    case Type::kPacketMeta:
    case Type::kStack:
    case Type::kMemory:
    case Type::kMapKey:
    case Type::kMapValue:
    case Type::kRegion:
    case Type::kStructure:
    case Type::kObject:
    case Type::kTracepointBuffer:
      return true;
    case Type::kUninitialised:
    case Type::kNumber:
    case Type::kPacketEnd:
    case Type::kMap:
    case Type::kPerCpu:
    case Type::kFunction:
      return false;
  }
  return false;
}

// An instruction whose immediate is a word as well.
Term compute(const ebpf::Instruction<>& insn, const Term& dst, const Term& src) {
  return lift(
      [&](auto a, auto b) {
        using W = decltype(a);
        ebpf::Instruction<W> lifted;
        lifted.op = insn.op;
        lifted.imm = W::of(insn.imm.value());
        return ebpf::compute(lifted, a, b);
      },
      dst, src);
}

}  // namespace

Checked Executor::alu(Machine& machine, const Insn& insn) {
  const ebpf::Row& row = insn.row();
  const bool reads_src = ebpf::fields_of(row).src;
  const bool reads_dst =
      !(row.kind == Kind::kAlu && row.alu == AluOp::kMov) && row.kind != Kind::kMovsx;
  if (reads_dst) {
    if (Checked c = initialised(machine, insn.dst); !c) return c;
  }
  if (reads_src) {
    if (Checked c = initialised(machine, insn.src); !c) return c;
  }
  Word& dst = machine.registers[insn.dst];
  const Word src = reads_src ? machine.registers[insn.src] : Word::of(Term(insn.imm));
  const bool moves = row.kind == Kind::kAlu && row.alu == AluOp::kMov;
  if (moves && row.width == 64) {
    dst = src;
    return {};
  }
  const bool on_pointers = (reads_dst && dst.pointer()) || src.pointer();
  if (on_pointers) {
    const bool adds = row.kind == Kind::kAlu && (row.alu == AluOp::kAdd || row.alu == AluOp::kSub);
    if (adds && row.width == 64) return add_to_pointer(machine, insn);
    const bool meaningless = row.kind != Kind::kAlu || moves || (adds && row.alu == AluOp::kSub);
    if (!rules_.privileged || !meaningless) {
      return violated(Reason::kPointerArithmetic, dst.pointer() ? insn.dst : insn.src);
    }
    dst = Word::of(solver_.fresh(row.width == 32 ? 32 : 64));
    return {};
  }
  const bool divides = row.kind == Kind::kAlu && !reads_src &&
                       (row.alu == AluOp::kDiv || row.alu == AluOp::kMod ||
                        row.alu == AluOp::kSdiv || row.alu == AluOp::kSmod);
  if (divides && insn.imm == Bits<64>::of(0)) return violated(Reason::kDivisionByZero, insn.dst);
  dst = Word::of(calculate(insn, reads_dst ? dst.bits : Term(), src.bits));
  return {};
}

Term Executor::calculate(const Insn& insn, const Term& dst, const Term& src) {
  const ebpf::Row& row = insn.row();
  const bool constant = dst.constant() && src.constant();
  const bool divides = row.alu == AluOp::kDiv || row.alu == AluOp::kMod;
  if (row.kind != Kind::kAlu || constant || (!divides && row.alu != AluOp::kMul)) {
    return compute(insn, dst, src);
  }
  const auto operand = [&](const Term& word) {
    if (row.width == 64 || solver_.upper(word) <= UINT32_MAX) return word;
    return lift([](auto x) { return ebpf::zero_extend(4, x); }, word);
  };
  const Term a = operand(dst);
  const Term b = operand(src);
  if (row.alu == AluOp::kMul) {
    if (a.constant() || b.constant()) return compute(insn, dst, src);
    return multiply(insn, a, b);
  }
  return b.constant() ? divide_by_constant(row.alu, a, b.value()) : divide(insn, a, b);
}

// A product of two unknown words: what is cheap to say of it, and the product itself for when that
// is not enough.
Term Executor::multiply(const Insn& insn, const Term& a, const Term& b) {
  const uint64_t most = insn.row().width == 64 ? ~uint64_t{0} : UINT32_MAX;
  const auto times = [](const Term& x, uint64_t by) {
    return lift([](auto u, auto v) { return u * v; }, x, Term::of(by));
  };
  const uint64_t most_a = solver_.upper(a);
  const uint64_t most_b = solver_.upper(b);
  const Term product = solver_.fresh(insn.row().width);
  solver_.add_later(product == compute(insn, a, b));
  if (most_a != 0 && most / most_a < most_b) return product;  // may wrap
  solver_.add(ule(product, Term::of(most_a * most_b)));
  solver_.add(ule(product, times(a, most_b)) && ule(product, times(b, most_a)));
  solver_.add(b == Term() || ule(a, product));
  solver_.add(a == Term() || ule(b, product));
  // In a common factor products are in the order of the other one.
  const auto ordered = [&](const Term& other, const Term& bigger, const Term& factor,
                           const Term& smaller, const Term& less) {
    solver_.add(!ult(other, bigger) || ule(less + factor, smaller));
  };
  for (const Product& known : products_) {
    if (!known.fits) continue;
    for (const auto& [x, f] : {std::pair{a, b}, {b, a}}) {
      for (const auto& [y, g] : {std::pair{known.a, known.b}, {known.b, known.a}}) {
        if (!same(f, g)) continue;
        ordered(x, y, f, known.product, product);
        ordered(y, x, f, product, known.product);
        solver_.add(!(x == y) || product == known.product);
      }
    }
  }
  products_.push_back({.a = a, .b = b, .product = product, .fits = true});
  return product;
}

// a / c and a % c, for the constant c, by their definition: quotient * c + remainder = a.
Term Executor::divide_by_constant(AluOp op, const Term& a, uint64_t c) {
  const bool quotient = op == AluOp::kDiv;
  if (c == 0) return quotient ? Term() : a;
  if ((c & (c - 1)) == 0) {
    return lift(
        [&](auto x) {
          using W = decltype(x);
          if (!quotient) return x & W::of(c - 1);
          return lshr(x, W::of(static_cast<uint64_t>(__builtin_ctzll(c))));
        },
        a);
  }
  const Term q = solver_.fresh_between(0, solver_.upper(a) / c);
  const Term rest = a - lift([](auto x, auto y) { return x * y; }, q, Term::of(c));
  solver_.add(ult(rest, Term::of(c)));
  return quotient ? q : rest;
}

Term Executor::divide(const Insn& insn, const Term& a, const Term& b) {
  const bool quotient = insn.row().alu == AluOp::kDiv;
  const Term result = solver_.fresh(insn.row().width);
  const Truth by_zero = b == Term();
  solver_.add_later(result == compute(insn, a, b));
  solver_.add(ule(result, a));
  solver_.add(!by_zero || result == (quotient ? Term() : a));
  solver_.add(by_zero || ule(b, a) || result == (quotient ? Term() : a));
  if (!quotient) solver_.add(by_zero || ult(result, b));
  return result;
}

// Whether two terms are the same as they stand.
bool Executor::same(const Term& a, const Term& b) {
  if (a.constant() || b.constant()) return a.constant() && b.constant() && a.value() == b.value();
  return z3::eq(a.bv().term(), b.bv().term());
}

Checked Executor::add_to_pointer(Machine& machine, const Insn& insn) {
  const bool reg = insn.row().source == ebpf::Source::kRegister;
  const bool subtracts = insn.row().alu == AluOp::kSub;
  Word& dst = machine.registers[insn.dst];
  const Word src = reg ? machine.registers[insn.src] : Word::of(Term(insn.imm));
  if (dst.pointer() && src.pointer()) {
    if (!subtracts) return violated(Reason::kPointerArithmetic, insn.dst);
    const auto both = places(machine, dst, src);
    if (!both && !rules_.privileged) return violated(Reason::kPointerArithmetic, insn.dst);
    dst = Word::of(both ? both->first - both->second : solver_.fresh());
    return {};
  }
  const ebpf::Reg at_fault = dst.pointer() ? insn.dst : insn.src;
  const Word pointer = dst.pointer() ? dst : src;
  const Term amount = dst.pointer() ? src.bits : dst.bits;
  if (pointer.nullable) return violated(Reason::kNullPointer, at_fault);
  const bool bad_sub = subtracts && (!dst.pointer() || pointer.type == Type::kStack);
  if (!may_move(pointer) || bad_sub) return violated(Reason::kPointerArithmetic, at_fault);
  if (pointer.type == Type::kStructure && !amount.constant()) {
    return violated(Reason::kPointerArithmetic, at_fault);
  }
  dst = pointer;
  dst.bits = subtracts ? pointer.bits - amount : pointer.bits + amount;
  if (Checked c = require(within_reach(amount), Reason::kPointerOffset, at_fault); !c) return c;
  return require(within_reach(dst.bits), Reason::kPointerOffset, at_fault);
}

}  // namespace zext::verifier::symbolic
