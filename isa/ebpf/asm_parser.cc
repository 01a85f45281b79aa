#include "isa/ebpf/asm_parser.h"

#include <algorithm>
#include <string>

#include "isa/ebpf/asm_lexer.h"
#include "isa/ebpf/asm_operands.h"
#include "isa/ebpf/fields.h"

namespace zext::ebpf::internal {
namespace {

template <class Predicate>
const Row* find_row(Predicate predicate) {
  const auto row = std::find_if(std::begin(kRows), std::end(kRows), predicate);
  return row == std::end(kRows) ? nullptr : row;
}

// Recursive descent: one function a form of instruction.
class Parser : private Operands {
 public:
  Parser(std::vector<Token> tokens, uint32_t line) : Operands(std::move(tokens), line) {}

  std::expected<Statement, AsmError> run() {
    while (peek().kind == Token::Kind::kName && tokens_[at_ + 1].text == ":") {
      statement_.labels.push_back({peek().text, line_, peek().column, 0});
      at_ += 2;
    }
    statement_.column = peek().column;
    if (peek().kind != Token::Kind::kEnd) {
      instruction();
      if (peek().kind != Token::Kind::kEnd) {
        fail("unexpected " + quoted(peek()) + " after the instruction",
             "write one instruction a line");
      }
      statement_.insn = insn_;
    }
    if (error_) return std::unexpected(*error_);
    return statement_;
  }

 private:
  // --- Statements ---

  void instruction() {
    const Token first = peek();
    if (accept("exit")) return use(Op::kExit);
    if (accept("goto")) return branch(Op::kJa);
    if (accept("gotol")) return branch(Op::kGotol);
    if (accept("may_goto")) return branch(Op::kMayGoto);
    if (accept("if")) return conditional();
    if (accept("call")) return call();
    if (accept("callx")) return callx();
    if (accept("ld_pseudo")) return pseudo_load();
    if (accept("lock")) return locked();
    if (accept("store_release")) return store_release();
    if (accept("*")) return store();
    if (const auto dst = register_named(first.text)) {
      ++at_;
      return assignment(*dst);
    }
    fail(quoted(first) + " begins no instruction",
         "write a register, `*(u32 *)(...)`, if, goto, call or exit");
  }

  void conditional() {
    const Register dst = reg();
    const Token symbol = next();
    const auto [source, src] = operand_kind();
    const Row* row = find_row([&](const Row& r) {
      return r.kind == Kind::kJump && r.symbol == symbol.text && r.width == dst.width &&
             r.source == source;
    });
    if (row == nullptr) {
      return fail_at(symbol, quoted(symbol) + " is no comparison",
                     "use == != > >= < <= s> s>= s< s<= or &");
    }
    use(row->op);
    insn_.dst = dst.number;
    operand(source, src, dst, dst.width);
    expect("goto");
    target(false);
  }

  void branch(Op op) {
    use(op);
    target(op == Op::kGotol);
  }

  void call() {
    use(Op::kCallHelper);
    if (accept("btf")) {
      use(Op::kCallBtf);
      insn_.imm = immediate(32);
      if (accept(",")) insn_.offset = static_cast<int16_t>(in_range(integer(), -0x8000, 0x7fff));
    } else if (peek().text == "local" && tokens_[at_ + 1].kind != Token::Kind::kEnd) {
      ++at_;
      use(Op::kCallLocal);
      target(true);
    } else if (peek().kind == Token::Kind::kName) {
      use(Op::kCallLocal);
      target(true);
    } else {
      insn_.imm = immediate(32);
    }
  }

  void callx() {
    use(Op::kCallx);
    insn_.dst = reg(64).number;
  }

  void pseudo_load() {
    const Reg dst = reg(64).number;
    expect(",");
    const Token at = peek();
    const int64_t source = in_range(integer(), 0, 15);
    const Row* row =
        find_row([&](const Row& r) { return r.kind == Kind::kImm64 && r.src_field == source; });
    if (row == nullptr) {
      return fail_at(at, "no pseudo load is numbered " + std::to_string(source), "use 0 to 6");
    }
    use(row->op);
    insn_.dst = dst;
    expect(",");
    if (row->op == Op::kLoadFunction && peek().kind == Token::Kind::kName) return target(true);
    const auto low = static_cast<uint64_t>(in_range(integer(), -0x8000'0000LL, 0xffff'ffffLL));
    uint64_t high = 0;
    if (accept(",")) {
      high = static_cast<uint64_t>(in_range(integer(), -0x8000'0000LL, 0xffff'ffffLL));
    }
    insn_.imm = Bits<64>::of(high << 32 | (low & 0xffff'ffff));
  }

  void locked() {
    expect("*");
    const Place place = typed_place();
    const Token symbol = next();
    const Register src = reg();
    atomic(symbol, place, src);
  }

  void store_release() {
    expect("(");
    const Place place = typed_place();
    expect(",");
    const Register src = narrow_reg(place.bytes);
    expect(")");
    access(Kind::kStoreRelease, place);
    insn_.src = src.number;
    to_destination();
  }

  void store() {
    const Place place = typed_place();
    expect("=");
    const auto [source, src] = operand_kind();
    access(source == Source::kRegister ? Kind::kStore : Kind::kStoreImm, place);
    to_destination();
    if (source == Source::kRegister) {
      insn_.src = narrow_reg(place.bytes).number;
    } else {
      insn_.imm = immediate(place.bytes == 8 ? 64 : 32);
    }
  }

  // --- What follows a destination register ---

  void assignment(const Register& dst) {
    const Token symbol = next();
    if (symbol.text != "=") return arithmetic(dst, symbol);
    const Token first = peek();
    const Token second = first.kind == Token::Kind::kEnd ? first : tokens_[at_ + 1];
    if (accept("*")) return load(dst);
    if (accept("(")) return sign_extending_move(dst);
    if (accept("load_acquire")) return load_acquire(dst);
    if (accept("addr_space_cast")) return addr_space_cast(dst);
    if (first.text == "-" && second.kind == Token::Kind::kName) return negate(dst);
    if (first.kind == Token::Kind::kName && !register_named(first.text)) return named(dst);
    if (first.kind != Token::Kind::kName && wide_follows()) return wide(dst);
    arithmetic(dst, symbol);
  }

  void arithmetic(const Register& dst, const Token& symbol) {
    const auto [source, src] = operand_kind();
    const Row* row = find_row([&](const Row& r) {
      return r.kind == Kind::kAlu && r.symbol == symbol.text && r.width == dst.width &&
             r.source == source;
    });
    if (row == nullptr) {
      return fail_at(symbol, quoted(symbol) + " is no assignment",
                     "use = or += -= *= /= s/= %= s%= |= &= ^= <<= >>= s>>=");
    }
    use(row->op);
    insn_.dst = dst.number;
    operand(source, src, dst, dst.width);
  }

  void load(const Register& dst) {
    expect("(");
    const Place type = data_type();
    if (accept("skb")) return packet_load(dst, type);
    const Place place = based_at(type);
    access(place.is_signed ? Kind::kLoadSx : Kind::kLoad, place);
    insn_.dst = dst.number;
    insn_.src = place.base;
    check_narrow(dst, place.is_signed ? 8 : place.bytes);
  }

  void packet_load(const Register& dst, const Place& type) {
    if (dst.number != 0) fail("a packet load's destination is r0", "write `r0 = *(u8 *)skb[...]`");
    expect("[");
    const auto [source, src] = operand_kind();
    access(source == Source::kRegister ? Kind::kLoadInd : Kind::kLoadAbs, type);
    if (source == Source::kRegister) {
      insn_.src = reg(64).number;
      if (peek().text == "+" || peek().text == "-") insn_.imm = immediate(64);
    } else {
      insn_.imm = immediate(64);
    }
    expect("]");
  }

  void load_acquire(const Register& dst) {
    expect("(");
    const Place place = typed_place();
    expect(")");
    access(Kind::kLoadAcquire, place);
    insn_.dst = dst.number;
    insn_.src = place.base;
    check_narrow(dst, place.bytes);
  }

  void sign_extending_move(const Register& dst) {
    const Token type = next();
    expect(")");
    const Row* row = find_row([&](const Row& r) {
      return r.kind == Kind::kMovsx && r.width == dst.width &&
             type.text == "s" + std::to_string(8 * r.bytes);
    });
    if (row == nullptr) {
      return fail_at(type, "no sign-extending move from " + quoted(type),
                     "use s8 or s16, or s32 to an r register");
    }
    use(row->op);
    insn_.dst = dst.number;
    insn_.src = reg(dst.width).number;
  }

  void addr_space_cast(const Register& dst) {
    use(Op::kAddrSpaceCast);
    insn_.dst = dst.number;
    expect("(");
    insn_.src = reg(64).number;
    expect(",");
    const auto to = static_cast<uint64_t>(in_range(integer(), 0, 0xffff));
    expect(",");
    const auto from = static_cast<uint64_t>(in_range(integer(), 0, 0xffff));
    expect(")");
    insn_.imm = sext<64>(Bits<32>::of(to << 16 | from));
    check_narrow(dst, 8);
  }

  void negate(const Register& dst) {
    expect("-");
    const Row* row =
        find_row([&](const Row& r) { return r.kind == Kind::kNeg && r.width == dst.width; });
    use(row->op);
    insn_.dst = dst.number;
    same_register(dst);
  }

  void wide(const Register& dst) {
    use(Op::kLoadImm64);
    insn_.dst = dst.number;
    insn_.imm = immediate(128);
    expect("ll");
    check_narrow(dst, 8);
  }

  // `le16 r1`, `atomic_fetch_add((u64 *)(r1 + 0), r2)`, `xchg_64(r1 + 0, r2)`, ...
  void named(const Register& dst) {
    const Token name = next();
    if (const Row* row = endian_row(name.text)) {
      use(row->op);
      insn_.dst = dst.number;
      check_narrow(dst, 8);
      return same_register(dst);
    }
    const Row* row = find_row([&](const Row& r) {
      return r.kind == Kind::kAtomic && r.fetch && r.width == dst.width &&
             name.text == fetch_name(r);
    });
    if (row == nullptr) {
      return fail_at(name,
                     quoted(name) + " names nothing to assign to " +
                         (dst.width == 64 ? "an r register" : "a w register"),
                     "use a register, a number or a function such as atomic_fetch_add");
    }
    expect("(");
    Place place{.bytes = row->bytes};
    if (exchanges(*row)) {
      address(place);
    } else {
      place = typed_place();
    }
    expect(",");
    const bool compare = row->atomic == AtomicOp::kCmpxchg;
    if (compare) {
      if (dst.number != 0) fail("cmpxchg gives its result in register 0", "write `r0 = ...`");
      same_register(dst);
      expect(",");
    }
    const Register src = compare ? reg(dst.width) : dst;
    if (!compare) same_register(dst);
    expect(")");
    if (place.bytes != row->bytes)
      fail("type and register differ in width", "use u64 with r, u32 with w");
    use(row->op);
    insn_.dst = place.base;
    insn_.offset = place.offset;
    insn_.src = src.number;
  }

  static bool exchanges(const Row& row) {
    return row.atomic == AtomicOp::kXchg || row.atomic == AtomicOp::kCmpxchg;
  }

  static std::string fetch_name(const Row& row) {
    const char* suffix = !exchanges(row) ? "" : row.width == 64 ? "_64" : "32_32";
    return std::string(row.symbol) + suffix;
  }

  static const Row* endian_row(std::string_view name) {
    return find_row([&](const Row& r) {
      if (r.kind != Kind::kEndian) return false;
      const char* prefix = r.endian == EndianOp::kLe   ? "le"
                           : r.endian == EndianOp::kBe ? "be"
                                                       : "bswap";
      return name == prefix + std::to_string(8 * r.bytes);
    });
  }

  void atomic(const Token& symbol, const Place& place, const Register& src) {
    const Row* row = find_row([&](const Row& r) {
      return r.kind == Kind::kAtomic && !r.fetch && r.bytes == place.bytes &&
             r.symbol == symbol.text;
    });
    if (row == nullptr) {
      return fail_at(
          symbol,
          "no atomic operation " + quoted(symbol) + " of " + std::to_string(place.bytes) + " bytes",
          "use += |= &= ^= on u32 or u64");
    }
    use(row->op);
    insn_.dst = place.base;
    insn_.offset = place.offset;
    insn_.src = src.number;
    check_narrow(src, place.bytes);
  }

  // --- Operands ---

  void operand(Source source, const Register& src, const Register& dst, unsigned width) {
    if (source == Source::kImmediate) {
      insn_.imm = immediate(width);
      return;
    }
    if (src.width != dst.width) fail("registers differ in width", "use r with r and w with w");
    insn_.src = src.number;
    ++at_;
  }

  // The row of this kind and size of access; `place` becomes dst or src of the caller's choice.
  void access(Kind kind, const Place& place) {
    const Row* row =
        find_row([&](const Row& r) { return r.kind == kind && r.bytes == place.bytes; });
    if (row == nullptr || (place.is_signed && kind != Kind::kLoadSx)) {
      return fail("no such access has this type", "signed types are for loads of 1, 2, 4 bytes");
    }
    use(row->op);
    base_ = place.base;
    insn_.offset = place.offset;
  }

  void to_destination() { insn_.dst = base_; }

  // A label or a displacement.
  void target(bool in_immediate) {
    if (peek().kind == Token::Kind::kName) {
      statement_.reference = Reference{peek().text, line_, peek().column, 0, in_immediate};
      ++at_;
      return;
    }
    if (in_immediate) {
      insn_.imm = immediate(64);
    } else {
      insn_.offset = static_cast<int16_t>(in_range(integer(), -0x8000, 0x7fff));
    }
    // llvm-objdump's " <name+0x8>".
    if (accept("<")) at_ = tokens_.size() - 1;
  }

  void use(Op op) { insn_ = {.op = op}; }

  Statement statement_;
  Instruction<> insn_;
  Reg base_ = 0;
};

}  // namespace

std::expected<Statement, AsmError> parse(std::string_view line, uint32_t line_number) {
  auto tokens = lex(line, line_number);
  if (!tokens) return std::unexpected(tokens.error());
  return Parser(std::move(*tokens), line_number).run();
}

}  // namespace zext::ebpf::internal
