#include "jit/fuzz/program.h"

#include <algorithm>
#include <array>
#include <optional>

#include "isa/ebpf/fields.h"
#include "jit/fuzz/random.h"

namespace zext::jit::fuzz {
namespace {

using ebpf::Kind;
using ebpf::Op;
using ebpf::Reg;
using Insn = ebpf::Instruction<>;

constexpr unsigned kMaxLoops = 2;  // inside each other
constexpr Reg kNoRegister = 0xff;

class Generator : Random {
 public:
  explicit Generator(uint64_t seed) : Random(seed) {}

  Program program() {
    const size_t functions = 1 + below(3);
    for (size_t i = 0; i < functions; ++i) {
      entries_.push_back(here());
      function(i, functions);
    }
    for (Item& item : items_) {
      const bool names = item.insn.op == Op::kCallLocal || item.insn.op == Op::kLoadFunction;
      if (names) item.target = entries_[static_cast<size_t>(item.target)];
    }
    return std::move(items_);
  }

 private:
  // --- Items ---

  int32_t here() const { return static_cast<int32_t>(items_.size()); }
  size_t push(const Insn& insn, bool keep = false) {
    items_.push_back({.insn = insn, .target = Item::kNone, .keep = keep});
    return items_.size() - 1;
  }
  size_t push_reg(Op op, Reg dst, Reg src, bool keep = false) {
    return push({.op = op, .dst = dst, .src = src}, keep);
  }
  size_t push_imm(Op op, Reg dst, int64_t imm, bool keep = false) {
    return push({.op = op, .dst = dst, .imm = word(imm)}, keep);
  }
  size_t push_load(Op op, Reg dst, Reg base, int offset, bool keep = false) {
    return push({.op = op, .dst = dst, .src = base, .offset = static_cast<int16_t>(offset)}, keep);
  }
  size_t push_store(Op op, Reg base, int offset, Reg src, bool keep = false) {
    return push({.op = op, .dst = base, .src = src, .offset = static_cast<int16_t>(offset)}, keep);
  }
  void land(size_t jump) { items_[jump].target = here(); }
  static Bits<64> word(int64_t value) { return Bits<64>::of(static_cast<uint64_t>(value)); }

  // --- Registers ---

  bool reserved(Reg reg) const {
    return reg == base_ || std::ranges::find(counting_, reg) != counting_.end();
  }
  // One to write; mostly of the few that the function uses again and again.
  Reg destination() {
    for (;;) {
      const Reg reg = one_in(4) ? static_cast<Reg>(below(10)) : any_of(hot_);
      if (!reserved(reg)) return reg;
    }
  }
  Reg source() { return one_in(4) ? static_cast<Reg>(below(10)) : any_of(hot_); }

  // Mostly: the same register twice makes zeros.
  Reg other_than(Reg reg) {
    const Reg other = source();
    return other == reg ? source() : other;
  }

  // Writes a register that may not be read before, in one of many ways.
  void initialize(Reg reg) {
    const int offset = static_cast<int>(8 * below(kWorkBytes / 8));
    switch (below(8)) {
      case 0:
        push_imm(one_in(2) ? Op::kMov64Imm : Op::kMov32Imm, reg, immediate(), true);
        return;
      case 1:
      case 2:
        push({.op = Op::kLoadImm64, .dst = reg, .imm = Bits<64>::of(constant())}, true);
        return;
      case 3:
        push_load(any_of({Op::kLoad32, Op::kLoadSx32, Op::kLoadSx8, Op::kLoad16}), reg, base_,
                  offset, true);
        return;
      case 4:
        push_load(one_in(2) ? Op::kLoad32 : Op::kLoadSx32, reg, base_, offset, true);
        return;
      case 5:
        push_reg(one_in(2) ? Op::kMov64Reg : Op::kMov32Reg, reg, base_, true);
        return;
      default:
        push_load(Op::kLoad64, reg, base_, offset, true);
    }
  }

  // --- Straight-line code ---

  void arithmetic() {
    const ebpf::Row& row =
        one_in(6) ? any_row({Kind::kNeg, Kind::kMovsx, Kind::kEndian}) : any_alu();
    const Reg dst = destination();
    arithmetic(row, dst, other_than(dst));
    if (one_in(3)) observe(dst);
  }
  // So that a register holds what only an extension makes right.
  void fill_upper_half(Reg reg) {
    switch (below(5)) {
      case 0:
        push({.op = Op::kLoadImm64, .dst = reg, .imm = Bits<64>::of(constant())});
        return;
      case 1:
        push_imm(Op::kXor64Imm, reg, -1);
        return;
      case 2:
        push({.op = Op::kBswap64, .dst = reg});
        return;
      case 3:
        push_imm(Op::kMul64Imm, reg, -0x61c88647);
        return;
      default:
        push_load(Op::kLoad64, reg, base_, static_cast<int>(8 * below(kWorkBytes / 8)));
    }
  }
  // Somebody reads all of the register, or a part.
  void observe(Reg reg) {
    switch (below(4)) {
      case 0:
        push_reg(Op::kAdd64Reg, destination(), reg);
        return;
      case 1:
        push_reg(any_of({Op::kXor64Reg, Op::kAdd32Reg, Op::kXor32Reg, Op::kSub64Reg}),
                 destination(), reg);
        return;
      case 2:
        push_store(any_of({Op::kStore64, Op::kStore64, Op::kStore32}), ebpf::kFramePointer,
                   any_of(slots_), reg);
        return;
      default:
        push_store(Op::kStore64, base_, static_cast<int>(8 * below(kWorkBytes / 8)), reg);
    }
  }
  size_t arithmetic(const ebpf::Row& row, Reg dst, Reg src) {
    const ebpf::Fields fields = ebpf::fields_of(row);
    return push({.op = row.op,
                 .dst = dst,
                 .src = fields.src ? src : Reg{0},
                 .imm = fields.imm ? word(immediate()) : word(0)});
  }

  // d = a; d op= b, which an instruction with three operands may be: of one width or of two, with
  // aliases, and sometimes with a jump to the second one.
  void pair() {
    const Reg d = destination();
    std::optional<size_t> into;
    if (one_in(3)) into = condition();
    switch (below(5)) {
      case 0:
        push_imm(one_in(2) ? Op::kMov64Imm : Op::kMov32Imm, d, immediate());
        break;
      case 1:
        push_reg(any_row({Kind::kMovsx}).op, d, source());
        break;
      default:
        push_reg(one_in(2) ? Op::kMov64Reg : Op::kMov32Reg, d, source());
    }
    if (into) land(*into);
    arithmetic(any_alu(), d, one_in(6) ? d : other_than(d));
    if (one_in(4)) arithmetic(any_alu(), d, other_than(d));
    if (one_in(3)) observe(d);
  }

  // The extensions that compilers write as shifts.
  void shifts() {
    const Reg d = destination();
    const int64_t amount = one_in(4) ? static_cast<int64_t>(below(64)) : 32;
    push_imm(Op::kLsh64Imm, d, amount);
    std::optional<size_t> into;
    if (one_in(5)) {
      into = condition();
      push_reg(Op::kMov64Reg, d, source());
      land(*into);
    }
    push_imm(one_in(2) ? Op::kRsh64Imm : Op::kArsh64Imm, d,
             one_in(4) ? static_cast<int64_t>(below(64)) : amount);
  }

  // The frame's bytes that the function uses: eight slots of eight.
  int slot_of(unsigned bytes) {
    return any_of(slots_) + static_cast<int>(below(8 / bytes) * bytes);
  }
  struct Place {
    Reg base;
    int offset;
  };
  Place place(unsigned bytes) {
    if (one_in(2)) return {ebpf::kFramePointer, slot_of(bytes)};
    return {base_, static_cast<int>(below(kWorkBytes / bytes) * bytes)};
  }

  void access() {
    const ebpf::Row& row = any_row({Kind::kLoad, Kind::kLoadSx, Kind::kStore, Kind::kStoreImm,
                                    Kind::kAtomic, Kind::kLoadAcquire, Kind::kStoreRelease});
    access(row, place(row.bytes));
  }
  void access(const ebpf::Row& row, Place at) {
    Insn insn{.op = row.op, .offset = static_cast<int16_t>(at.offset)};
    const bool load =
        row.kind == Kind::kLoad || row.kind == Kind::kLoadSx || row.kind == Kind::kLoadAcquire;
    insn.dst = load ? destination() : at.base;
    insn.src = load ? at.base : source();
    if (row.kind == Kind::kStoreImm) {
      insn.src = 0;
      insn.imm = word(immediate());
    }
    if (row.kind == Kind::kAtomic) {
      do insn.src = destination();
      while (insn.src == at.base);
      const bool exchange = row.atomic == ebpf::AtomicOp::kCmpxchg && at.base != 0;
      if (exchange && one_in(2)) {  // so that it succeeds
        push_load(row.bytes == 8 ? Op::kLoad64 : any_of({Op::kLoad32, Op::kLoadSx32}), 0, at.base,
                  at.offset);
      }
    }
    push(insn);
  }

  // Out and in again, at two widths.
  void spill() {
    const Reg reg = source();
    const int slot = any_of(slots_);
    push_store(any_of({Op::kStore64, Op::kStore32}), ebpf::kFramePointer, slot, reg);
    if (one_in(2)) arithmetic();
    push_load(any_of({Op::kLoad64, Op::kLoad32, Op::kLoadSx32, Op::kLoad16}), destination(),
              ebpf::kFramePointer, slot);
  }

  // An element of the buffer or the frame whose index is computed.
  void indexed() {
    Reg index = destination();
    Reg pointer = destination();
    if (index == pointer) return;
    switch (below(4)) {
      case 0:
        push_imm(one_in(2) ? Op::kAnd32Imm : Op::kAnd64Imm, index, kWorkBytes - 8, true);
        break;
      case 1:
        push_imm(Op::kMod32Imm, index, kWorkBytes / 8, true);
        push_imm(one_in(2) ? Op::kLsh64Imm : Op::kLsh32Imm, index, 3, true);
        break;
      case 2:
        push_imm(Op::kRsh32Imm, index, 29, true);
        push_imm(Op::kMul64Imm, index, 8, true);
        break;
      default:
        push_imm(Op::kRsh64Imm, index, 61, true);
        push_imm(Op::kLsh32Imm, index, 3, true);
    }
    const bool stack = one_in(3);
    push_reg(Op::kMov64Reg, pointer, stack ? ebpf::kFramePointer : base_, true);
    push_reg(Op::kAdd64Reg, pointer, index, true);
    const ebpf::Row& row = any_row({Kind::kLoad, Kind::kLoadSx, Kind::kStoreImm, Kind::kAtomic});
    const int offset = stack ? slots_.front() : 0;
    const size_t before = items_.size();
    access(row, {pointer, offset});
    for (size_t i = before; i < items_.size(); ++i) items_[i].keep |= stack;
    if (stack) initialize(pointer);
  }

  // --- Control ---

  // A conditional jump, to be landed.
  size_t condition() {
    const ebpf::Row& row = any_row({Kind::kJump});
    const bool bit = row.jump == ebpf::JumpOp::kJset || one_in(2);  // so that both ways are taken
    if (bit) {
      return push({.op = row.width == 64 ? Op::kJset64Imm : Op::kJset32Imm,
                   .dst = source(),
                   .imm = word(static_cast<int32_t>(uint32_t{1} << below(32)))});
    }
    const bool register_form = row.source == ebpf::Source::kRegister;
    return push({.op = row.op,
                 .dst = source(),
                 .src = register_form ? source() : Reg{0},
                 .imm = register_form ? word(0) : word(immediate())});
  }
  // One that is mostly not taken.
  size_t rare_condition() {
    return push(
        {.op = any_of({Op::kJeq64Imm, Op::kJeq32Imm}), .dst = source(), .imm = word(immediate())});
  }

  void branch(unsigned depth) {
    const size_t otherwise = condition();
    block(depth + 1);
    if (one_in(2)) {
      land(otherwise);
      return;
    }
    const size_t end = push({.op = one_in(4) ? Op::kGotol : Op::kJa});
    land(otherwise);
    block(depth + 1);
    land(end);
  }

  // Jumps forward across each other: no nesting.
  void crossing(unsigned depth) {
    const size_t first = condition();
    short_block(depth);
    const size_t second = condition();
    short_block(depth);
    land(first);
    short_block(depth);
    land(second);
  }

  Reg counter() {
    for (;;) {
      // Calls change r0 to r5; the innermost loop has none.
      const Reg reg =
          counting_.empty() ? static_cast<Reg>(6 + below(4)) : static_cast<Reg>(1 + below(9));
      if (!reserved(reg)) return reg;
    }
  }

  // Counts down or up by 32 or 64 bits; the upper half may be whatever it was where only the lower
  // one counts.
  void loop(unsigned depth) {
    const Reg count = counter();
    const bool wide = one_in(2);
    const bool dirty = !wide && one_in(2);
    const int64_t turns = 1 + static_cast<int64_t>(below(5));
    const bool down = one_in(2);
    start(count, dirty, down ? turns : 0);
    counting_.push_back(count);
    const std::array<Reg, 3> handed = {destination(), destination(), destination()};
    for (const Reg reg : handed) push_reg(Op::kMov32Reg, reg, source());
    std::optional<size_t> into;
    if (one_in(4)) into = condition();
    const int32_t head = here();
    breaks_.emplace_back();
    const bool passes = one_in(2);
    if (passes) read_low_half(handed.front());
    block(depth + 1);
    if (into) land(*into);
    if (one_in(3)) pair();
    if (passes) hand_on(handed);
    const bool step32 = !wide && !dirty && one_in(2);
    push_imm(step32 ? Op::kAdd32Imm : Op::kAdd64Imm, count, down ? -1 : 1, true);
    Insn back{.op = wide ? Op::kJne64Imm : Op::kJne32Imm, .dst = count};
    if (!down) back.imm = word(turns);
    if (!down && one_in(2)) back.op = wide ? Op::kJslt64Imm : Op::kJlt32Imm;
    if (down && one_in(2)) back.op = wide ? Op::kJsgt64Imm : Op::kJsgt32Imm;
    items_[push(back, true)].target = head;
    for (const size_t jump : breaks_.back()) land(jump);
    breaks_.pop_back();
    counting_.pop_back();
  }
  // From register to register, one each turn: what is known of the first changes after turns only.
  void hand_on(const std::array<Reg, 3>& handed) {
    push_reg(Op::kMov64Reg, handed[0], handed[1]);
    push_reg(Op::kMov64Reg, handed[1], handed[2]);
    fill_upper_half(handed[2]);
  }
  void read_low_half(Reg reg) {
    const Reg low = destination();
    push_reg(Op::kMov32Reg, low, reg);
    observe(low);
  }

  // The counter at first: in all of the register, or under an upper half that stays as it is.
  void start(Reg count, bool dirty, int64_t value) {
    if (dirty) {
      push_imm(Op::kRsh64Imm, count, 40, true);
      push_imm(Op::kLsh64Imm, count, 40, true);
      push_imm(Op::kAdd64Imm, count, value, true);
    } else {
      push_imm(one_in(2) ? Op::kMov64Imm : Op::kMov32Imm, count, value, true);
    }
  }

  void leave_loop() {
    if (breaks_.empty()) return;
    // The budget of may_goto is larger than any of these loops, but who compiles it cannot know.
    breaks_.back().push_back(one_in(4) ? push({.op = Op::kMayGoto}) : rare_condition());
  }

  void early_exit() {
    const size_t exit = rare_condition();
    const size_t on = push({.op = Op::kJa});
    land(exit);
    if (one_in(2)) arithmetic();
    push({.op = Op::kExit});
    land(on);
  }

  // What a call leaves undefined is written again.
  void call(size_t callee) {
    if (counting_.size() > 1) return;  // the inner counter may be in r1 to r5
    for (Reg reg = 2; reg <= 5; ++reg) {
      if (one_in(2)) arithmetic(any_alu(32), reg, source());
    }
    push_reg(Op::kMov64Reg, 1, base_, true);
    const bool indirect = one_in(4);  // through r0, which the callee does not read
    const size_t name = push({.op = indirect ? Op::kLoadFunction : Op::kCallLocal}, true);
    items_[name].target = static_cast<int32_t>(callee);
    if (indirect) push({.op = Op::kCallx}, true);
    for (Reg reg = 1; reg <= 5; ++reg) initialize(reg);
  }
  void call_helper() {
    if (counting_.size() > 1) return;
    push_imm(Op::kCallHelper, 0, kHelper, true);
    for (Reg reg = 1; reg <= 5; ++reg) initialize(reg);
  }

  // --- Blocks ---

  void statement(unsigned depth) {
    const bool deep = depth >= 3;
    switch (below(30)) {
      case 0:
      case 1:
        return deep ? arithmetic() : branch(depth);
      case 2:
        return counting_.size() < kMaxLoops && !deep ? loop(depth) : arithmetic();
      case 3:
        return deep ? pair() : crossing(depth);
      case 4:
      case 5:
      case 6:
      case 7:
        return pair();
      case 8:
        return shifts();
      case 9:
      case 10:
      case 11:
        return access();
      case 12:
        return spill();
      case 13:
        return indexed();
      case 14:
        return one_in(2) ? leave_loop() : early_exit();
      case 15:
        return initialize_any();
      case 16:
        if (callee_ != 0 && one_in(2)) return call(callee_);
        return one_in(3) ? call_helper() : arithmetic();
      case 19:
      case 20:
      case 21:
      case 22:
        return fill_upper_half(destination());
      case 17:
        return observe(source());
      case 18:
        return counting_.empty() && !deep ? loop(depth) : access();
      default:
        return arithmetic();
    }
  }
  void initialize_any() { initialize(destination()); }

  void block(unsigned depth) {
    const uint64_t count = 2 + below(depth == 0 ? 24 : 7);
    for (uint64_t i = 0; i < count; ++i) statement(depth);
  }
  void short_block(unsigned depth) {
    for (uint64_t i = below(4); i > 0; --i) statement(depth + 1);
  }

  // --- Functions ---

  void function(size_t index, size_t functions) {
    callee_ = index + 1 < functions ? index + 1 + below(functions - index - 1) : 0;
    base_ = kNoRegister;
    const Reg base = static_cast<Reg>(6 + below(4));
    for (Reg& reg : hot_) reg = static_cast<Reg>(below(10));
    hot_.front() = 0;  // never reserved, so that there always is one to write
    for (size_t i = 0; i < slots_.size(); ++i) {
      slots_[i] = first_slot_ + static_cast<int>(8 * i);
    }
    push_reg(Op::kMov64Reg, base, 1, true);
    base_ = base;
    for (Reg reg = 0; reg < ebpf::kFramePointer; ++reg) {
      const bool argument = 1 <= reg && reg <= 5;
      if (reg != base && !(argument && one_in(2))) initialize(reg);
    }
    // The interpreter's frames are zero at first; machines' need not be.
    for (const int slot : slots_) {
      push_store(Op::kStore64, ebpf::kFramePointer, slot, source(), true);
    }
    for (Reg reg = 2; reg <= 5; ++reg) {
      if (index != 0 && one_in(2)) observe(reg);
    }
    block(0);
    if (callee_ != 0) call(callee_);
    if (one_in(2)) block(1);
    if (index == 0) leave_registers();
    result();
    push({.op = Op::kExit}, true);
    first_slot_ = any_of({-64, -64, -72, -512, -256});
  }

  // Some of the registers, all of them or a part, into memory.
  void leave_registers() {
    for (Reg reg = 0; reg < ebpf::kFramePointer; ++reg) {
      const int offset = static_cast<int>(kWorkBytes) + 8 * reg;
      switch (below(5)) {
        case 0:
        case 1:
          push_store(Op::kStore64, base_, offset, reg);
          break;
        case 2:
          push_store(Op::kStore32, base_, offset, reg);
          break;
        case 3:
          push_store(any_of({Op::kStore16, Op::kStore8}), base_, offset, reg);
          break;
        default:
          break;  // nobody reads it
      }
    }
  }
  void result() {
    for (uint64_t i = below(4); i > 0; --i) {
      push_imm(one_in(2) ? Op::kMul64Imm : Op::kMul32Imm, 0, 31);
      push_reg(one_in(2) ? Op::kAdd64Reg : Op::kXor32Reg, 0, source());
    }
  }

  Program items_;
  std::vector<int32_t> entries_;
  // The function at hand.
  size_t callee_ = 0;  // whom it may call; 0: nobody
  Reg base_ = kNoRegister;
  std::array<Reg, 5> hot_{};
  std::array<int, 8> slots_{};
  int first_slot_ = -64;
  std::vector<Reg> counting_;  // counters of the loops around
  std::vector<std::vector<size_t>> breaks_;
};

}  // namespace

Program random_program(uint64_t seed) { return Generator(seed).program(); }

}  // namespace zext::jit::fuzz
