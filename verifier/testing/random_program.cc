#include "verifier/testing/random_program.h"

#include <algorithm>
#include <array>

#include "isa/ebpf/encode.h"

namespace zext::verifier {
namespace {

using ebpf::Instruction;
using ebpf::Kind;
using ebpf::Op;
using ebpf::Reg;
using ebpf::Row;

// Register roles: r6 = context or buffer, r7 = data, r8 = data_end or length; r0 to r5 and r9 hold
// numbers that gadgets play with, of which r5 is scratch for addresses.
constexpr Reg kBase = 6;
constexpr Reg kData = 7;
constexpr Reg kLimit = 8;
constexpr Reg kAddress = 5;
constexpr std::array<Reg, 6> kNumbers = {0, 1, 2, 3, 4, 9};

// Helpers, by number: see testing/world.h.
constexpr int32_t kLookup = 1;
constexpr int32_t kUpdate = 2;
constexpr int32_t kRandom = 7;
constexpr int32_t kLoadBytes = 26;
constexpr int32_t kChecksum = 28;

class Generator {
 public:
  Generator(const Platform& platform, Random& rng) : platform_(platform), rng_(rng) {}

  std::vector<ebpf::Slot> run() {
    prologue();
    const int gadgets = 2 + below(10);
    for (int i = 0; i < gadgets; ++i) gadget(0);
    patch(exits_);
    if (chance(2)) emit({.op = Op::kMov64Reg, .dst = 0, .src = number()});
    emit({.op = Op::kExit});
    for (const size_t call : calls_) {
      slots_[call].imm = static_cast<int32_t>(slots_.size() - call - 1);
    }
    if (!calls_.empty()) callee();
    return slots_;
  }

 private:
  int below(int n) { return static_cast<int>(rng_() % static_cast<unsigned>(n)); }
  bool chance(int n) { return below(n) == 0; }
  Reg number() { return kNumbers[static_cast<size_t>(below(kNumbers.size()))]; }
  static Bits<64> imm(int64_t value) { return Bits<64>::of(static_cast<uint64_t>(value)); }

  void emit(const Instruction<>& insn) { ebpf::append(insn, slots_); }

  // A jump whose offset is filled in later.
  size_t emit_jump(Instruction<> insn) {
    insn.offset = 0;
    emit(insn);
    return slots_.size() - 1;
  }
  void patch(const std::vector<size_t>& jumps) {
    for (const size_t jump : jumps) {
      slots_[jump].offset = static_cast<int16_t>(slots_.size() - jump - 1);
    }
  }

  int64_t constant() {
    static constexpr int64_t kEdges[] = {0,    1,      -1,    2,          7,           8,
                                         15,   16,     31,    32,         63,          64,
                                         0xff, 0xffff, -0x80, 0x7fffffff, -0x80000000, 255};
    if (chance(2)) return kEdges[static_cast<size_t>(below(std::size(kEdges)))];
    return chance(3) ? static_cast<int32_t>(rng_()) : below(80) - 8;
  }

  Op random_op(Kind kind) {
    for (;;) {
      const Row& row = ebpf::kRows[static_cast<size_t>(below(ebpf::kRowCount))];
      if (row.kind == kind) return row.op;
    }
  }

  void prologue() {
    if (platform_.entry == Entry::kMemory) {
      emit({.op = Op::kMov64Reg, .dst = kBase, .src = 1});
      emit({.op = Op::kMov64Reg, .dst = kLimit, .src = 2});
      emit({.op = Op::kMov64Reg, .dst = kData, .src = 1});
    } else {
      emit({.op = Op::kMov64Reg, .dst = kBase, .src = 1});
      if (platform_.packet_max > 0) {
        emit({.op = Op::kLoad32, .dst = kData, .src = 1, .offset = 0});
        emit({.op = Op::kLoad32, .dst = kLimit, .src = 1, .offset = 4});
      }
    }
    for (const Reg reg : kNumbers) {
      if (chance(3)) {
        emit({.op = Op::kLoadImm64, .dst = reg, .imm = Bits<64>::of(rng_())});
      } else {
        emit({.op = Op::kMov64Imm, .dst = reg, .imm = imm(constant())});
      }
    }
    if (platform_.packet_max == 0 && platform_.entry == Entry::kContext) {
      for (const Reg reg : {Reg{2}, Reg{9}}) {
        emit({.op = Op::kLoad32,
              .dst = reg,
              .src = kBase,
              .offset = static_cast<int16_t>(4 * below(4))});
      }
    } else {
      check_start(1 + below(24));
      for (const Reg reg : {Reg{2}, Reg{3}}) read_data(reg, below(8));
    }
  }

  bool has_data() const { return platform_.entry == Entry::kMemory || platform_.packet_max > 0; }

  // Leaves unless `bytes` are there from the start of the data.
  void check_start(int bytes) {
    checked_ = bytes;
    if (platform_.entry == Entry::kMemory) {
      exits_.push_back(emit_jump({.op = Op::kJlt64Imm, .dst = kLimit, .imm = imm(bytes)}));
      return;
    }
    emit({.op = Op::kMov64Reg, .dst = kAddress, .src = kData});
    emit({.op = Op::kAdd64Imm, .dst = kAddress, .imm = imm(bytes)});
    const Op op = chance(8) ? Op::kJge64Reg : Op::kJgt64Reg;
    exits_.push_back(emit_jump({.op = op, .dst = kAddress, .src = kLimit}));
  }

  void read_data(Reg reg, int offset) {
    const Op op = chance(3) ? random_op(Kind::kLoadSx) : random_op(Kind::kLoad);
    const int room = checked_ - ebpf::row_of(op).bytes;
    int16_t at = static_cast<int16_t>(room < 0 ? 0 : std::min(offset, room));
    if (room < 0 && !chance(12)) return;
    if (chance(40)) at = static_cast<int16_t>(at + below(5) - 2);
    emit({.op = op, .dst = reg, .src = kData, .offset = at});
  }

  void gadget(int depth) {
    if (platform_.allows(kLookup) && chance(4)) return chance(3) ? buffer() : map_access(depth);
    switch (below(depth < 2 ? 13 : 8)) {
      case 0:
      case 1:
      case 2:
        return arithmetic();
      case 3:
        return bound_number();
      case 4:
        return stack_access();
      case 5:
        return has_data() ? data_access() : arithmetic();
      case 6:
        return stack_at_number();
      case 7:
        return has_data() ? read_data(number(), below(24)) : stack_access();
      case 8:
      case 9:
        return branch(depth);
      case 10:
      case 11:
        return loop(depth);
      default:
        return call();
    }
  }

  void arithmetic() {
    const int kind = below(10);
    if (kind < 7) {
      const Op op = random_op(Kind::kAlu);
      const bool reg = ebpf::row_of(op).source == ebpf::Source::kRegister;
      emit({.op = op,
            .dst = number(),
            .src = reg ? number() : Reg{0},
            .imm = imm(reg ? 0 : constant())});
      return;
    }
    if (kind == 7) return emit({.op = random_op(Kind::kNeg), .dst = number()});
    if (kind == 8) return emit({.op = random_op(Kind::kMovsx), .dst = number(), .src = number()});
    emit({.op = random_op(Kind::kEndian), .dst = number()});
  }

  void bound_number() {
    const Reg reg = number();
    if (chance(3)) {
      emit({.op = chance(2) ? Op::kAnd64Imm : Op::kAnd32Imm, .dst = reg, .imm = imm(below(64))});
      return;
    }
    const Op op = random_op(Kind::kJump);
    const bool by_reg = ebpf::row_of(op).source == ebpf::Source::kRegister;
    exits_.push_back(emit_jump({.op = op,
                                .dst = reg,
                                .src = by_reg ? number() : Reg{0},
                                .imm = imm(by_reg ? 0 : constant())}));
  }

  Op any_access(bool write) {
    if (write) return random_op(chance(2) ? Kind::kStore : Kind::kStoreImm);
    return random_op(chance(4) ? Kind::kLoadSx : Kind::kLoad);
  }

  void access(Op op, Reg address, int16_t offset) {
    const Row& row = ebpf::row_of(op);
    const bool load = row.kind == Kind::kLoad || row.kind == Kind::kLoadSx;
    Instruction<> insn{.op = op, .offset = offset};
    insn.dst = load ? number() : address;
    insn.src = load ? address : (row.kind == Kind::kStoreImm ? Reg{0} : number());
    if (row.kind == Kind::kStoreImm) insn.imm = imm(constant());
    emit(insn);
  }

  // A few slots near the top, written and read in all sizes; sometimes a pointer, sometimes
  // atomically.
  void stack_access() {
    const int16_t slot = static_cast<int16_t>(-8 * (1 + below(4)));
    if (chance(5)) {
      emit({.op = Op::kStore64, .dst = ebpf::kFramePointer, .src = kBase, .offset = slot});
      if (chance(3))
        access(any_access(true), ebpf::kFramePointer, static_cast<int16_t>(slot + below(8)));
      if (chance(2)) access(any_access(false), ebpf::kFramePointer, slot);
      emit({.op = Op::kLoad64, .dst = kAddress, .src = ebpf::kFramePointer, .offset = slot});
      emit({.op = Op::kMov64Reg, .dst = kBase, .src = kAddress});
      return;
    }
    const Op store = any_access(true);
    access(store, ebpf::kFramePointer, slot);
    if (chance(3)) {
      Instruction<> insn{.op = random_op(Kind::kAtomic),
                         .dst = ebpf::kFramePointer,
                         .src = number(),
                         .offset = slot};
      insn.imm = imm(ebpf::row_of(insn.op).imm_field);
      emit({.op = Op::kStore64, .dst = ebpf::kFramePointer, .src = number(), .offset = slot});
      emit(insn);
    }
    const int16_t near = static_cast<int16_t>(slot + (chance(2) ? 0 : below(6) - 2));
    access(any_access(false), ebpf::kFramePointer, near);
  }

  // The address r10 - 32 + number.
  void stack_at_number() {
    const Reg index = number();
    for (int i = 1; i <= 4; ++i) {
      emit({.op = Op::kStoreImm64,
            .dst = ebpf::kFramePointer,
            .offset = static_cast<int16_t>(-8 * i),
            .imm = imm(constant())});
    }
    if (!chance(3)) emit({.op = Op::kAnd64Imm, .dst = index, .imm = imm(chance(4) ? 31 : 24)});
    emit({.op = Op::kMov64Reg, .dst = kAddress, .src = ebpf::kFramePointer});
    emit({.op = Op::kAdd64Reg, .dst = kAddress, .src = index});
    access(any_access(chance(2)), kAddress,
           static_cast<int16_t>(-32 + (chance(10) ? below(3) - 1 : 0)));
  }

  // data + number, compared with the end or the length, then used.
  void data_access() {
    const Reg index = number();
    const Op op = any_access(chance(4));
    const int bytes = ebpf::row_of(op).bytes + (chance(8) ? below(3) - 1 : 0);
    if (chance(2)) emit({.op = Op::kAnd64Imm, .dst = index, .imm = imm(below(48))});
    if (platform_.entry == Entry::kMemory) {
      static constexpr Op kTests[] = {Op::kJge64Reg, Op::kJgt64Reg, Op::kJsge64Reg, Op::kJge32Reg,
                                      Op::kJeq64Reg};
      const Op test = kTests[static_cast<size_t>(chance(3) ? below(5) : 0)];
      exits_.push_back(emit_jump({.op = test, .dst = index, .src = kLimit}));
      emit({.op = Op::kMov64Reg, .dst = kAddress, .src = kData});
      emit({.op = Op::kAdd64Reg, .dst = kAddress, .src = index});
      access(chance(2) ? Op::kLoad8 : op, kAddress,
             static_cast<int16_t>(chance(10) ? below(3) - 1 : 0));
      return;
    }
    emit({.op = Op::kMov64Reg, .dst = kAddress, .src = kData});
    emit({.op = Op::kAdd64Reg, .dst = kAddress, .src = index});
    if (chance(2)) emit({.op = Op::kAdd64Imm, .dst = kAddress, .imm = imm(below(6) - 1)});
    emit({.op = Op::kMov64Reg, .dst = 4, .src = kAddress});
    emit({.op = Op::kAdd64Imm, .dst = 4, .imm = imm(bytes)});
    exits_.push_back(
        emit_jump({.op = chance(6) ? Op::kJge64Reg : Op::kJgt64Reg, .dst = 4, .src = kLimit}));
    emit({.op = Op::kMov64Imm, .dst = 4, .imm = imm(constant())});
    access(op, kAddress, static_cast<int16_t>(chance(16) ? below(3) - 1 : 0));
  }

  void branch(int depth) {
    const Op op = random_op(Kind::kJump);
    const bool by_reg = ebpf::row_of(op).source == ebpf::Source::kRegister;
    const size_t over = emit_jump({.op = op,
                                   .dst = number(),
                                   .src = by_reg ? number() : Reg{0},
                                   .imm = imm(by_reg ? 0 : constant())});
    for (int i = below(3); i >= 0; --i) gadget(depth + 1);
    if (chance(2)) {
      const size_t end = emit_jump({.op = Op::kJa});
      patch({over});
      gadget(depth + 1);
      patch({end});
    } else {
      patch({over});
    }
  }

  // for (counter = start; counter test bound; counter += step), tested at the end.
  void loop(int depth) {
    const Reg counter = number();
    const bool narrow = chance(3);
    const bool spilled = chance(4);
    const int64_t step = chance(4) ? -1 : (chance(3) ? below(4) : 1);
    if (!chance(4))
      emit({.op = Op::kMov64Imm, .dst = counter, .imm = imm(step < 0 ? below(40) : 0)});
    const int16_t home = -40;
    const size_t head = slots_.size();
    if (spilled) {
      emit({.op = Op::kStore64, .dst = ebpf::kFramePointer, .src = counter, .offset = home});
    }
    if (has_data() && chance(2)) data_at_counter(counter);
    for (int i = below(3); i > 0; --i) gadget(depth + 1);
    if (spilled) {
      emit({.op = Op::kLoad64, .dst = counter, .src = ebpf::kFramePointer, .offset = home});
    }
    emit({.op = narrow ? Op::kAdd32Imm : Op::kAdd64Imm, .dst = counter, .imm = imm(step)});
    const bool by_length = platform_.entry == Entry::kMemory && chance(2);
    static constexpr Op kByReg[] = {Op::kJlt64Reg, Op::kJne64Reg, Op::kJle64Reg};
    static constexpr Op kUp[] = {Op::kJlt64Imm, Op::kJne64Imm, Op::kJslt64Imm, Op::kJle32Imm,
                                 Op::kJlt32Imm};
    static constexpr Op kDown[] = {Op::kJne64Imm, Op::kJgt64Imm, Op::kJsgt64Imm, Op::kJne32Imm,
                                   Op::kJsge64Imm};
    Instruction<> back{.op = by_length  ? kByReg[below(3)]
                             : step < 0 ? kDown[below(5)]
                                        : kUp[below(5)],
                       .dst = counter};
    if (by_length) back.src = kLimit;
    if (!by_length) back.imm = imm(step < 0 ? 0 : below(48));
    back.offset =
        static_cast<int16_t>(static_cast<int64_t>(head) - static_cast<int64_t>(slots_.size()) - 1);
    emit(back);
  }

  void data_at_counter(Reg counter) {
    emit({.op = Op::kMov64Reg, .dst = kAddress, .src = kData});
    emit({.op = Op::kAdd64Reg, .dst = kAddress, .src = counter});
    if (platform_.packet_max > 0) {
      emit({.op = Op::kMov64Reg, .dst = 4, .src = kAddress});
      emit({.op = Op::kAdd64Imm, .dst = 4, .imm = imm(1)});
      exits_.push_back(emit_jump({.op = Op::kJgt64Reg, .dst = 4, .src = kLimit}));
    }
    emit({.op = Op::kLoad8, .dst = chance(2) ? number() : Reg{4}, .src = kAddress});
    if (platform_.packet_max > 0) emit({.op = Op::kMov64Imm, .dst = 4, .imm = imm(constant())});
  }

  void call_helper(int32_t number) {
    emit({.op = Op::kCallHelper, .imm = imm(number)});
    // r1 to r5 are gone.
    for (const Reg reg : {Reg{1}, Reg{2}, Reg{3}, Reg{4}}) {
      emit({.op = Op::kMov64Imm, .dst = reg, .imm = imm(constant())});
    }
  }

  // Looks a key up that is on the stack, and uses the value: at a constant place, at a bounded
  // number, or in a loop; before or after the test against 0, or without one.
  void map_access(int depth) {
    static constexpr std::array<int, 2> kValueBytes = {16, 24};  // testing/world.h
    constexpr int16_t kKey = -56;
    const int map = below(2);
    const bool by_number = chance(3);
    if (by_number) {
      emit({.op = Op::kStore32, .dst = ebpf::kFramePointer, .src = number(), .offset = kKey});
    } else {
      emit({.op = Op::kStoreImm32,
            .dst = ebpf::kFramePointer,
            .offset = kKey,
            .imm = imm(below(6))});
    }
    emit({.op = Op::kLoadMapFd, .dst = 1, .imm = imm(map)});
    emit({.op = Op::kMov64Reg, .dst = 2, .src = ebpf::kFramePointer});
    emit({.op = Op::kAdd64Imm, .dst = 2, .imm = imm(chance(40) ? -1 : kKey)});
    call_helper(kLookup);
    const bool copy_first = chance(2);
    if (copy_first) emit({.op = Op::kMov64Reg, .dst = kAddress, .src = 0});
    std::vector<size_t> over;
    if (!chance(12)) {
      const Reg tested = copy_first && chance(2) ? kAddress : Reg{0};
      over.push_back(emit_jump({.op = Op::kJeq64Imm, .dst = tested, .imm = imm(chance(30))}));
    }
    if (!copy_first) emit({.op = Op::kMov64Reg, .dst = kAddress, .src = 0});
    value_access(kValueBytes[static_cast<size_t>(map)]);
    if (chance(4)) update(map);
    if (depth < 2 && chance(3)) gadget(depth + 1);
    patch(over);
    emit({.op = Op::kMov64Imm, .dst = 0, .imm = imm(constant())});
  }

  // Of the value at r5, of `bytes`.
  void value_access(int bytes) {
    const Op op = any_access(chance(2));
    const int width = ebpf::row_of(op).bytes;
    const int last = bytes - width;
    if (chance(2)) {
      return access(op, kAddress, static_cast<int16_t>(below(last + 1) + (chance(10) ? 8 : 0)));
    }
    const Reg index = kNumbers[1 + static_cast<size_t>(below(kNumbers.size() - 1))];
    if (chance(2)) {
      emit({.op = Op::kAnd64Imm, .dst = index, .imm = imm(chance(2) ? 7 : 15)});
    } else {
      static constexpr Op kTests[] = {Op::kJgt64Imm, Op::kJgt32Imm, Op::kJsgt64Imm, Op::kJge64Imm};
      const Op test = kTests[static_cast<size_t>(chance(2) ? below(4) : 0)];
      exits_.push_back(
          emit_jump({.op = test, .dst = index, .imm = imm(last + (chance(8) ? below(3) - 1 : 0))}));
    }
    emit({.op = Op::kAdd64Reg, .dst = kAddress, .src = index});
    access(op, kAddress, static_cast<int16_t>(chance(12) ? below(3) - 1 : 0));
  }

  // Writes a value that is on the stack, all of it or nearly.
  void update(int map) {
    constexpr int16_t kKey = -56;
    const int words = (map == 0 ? 2 : 3) - (chance(12) ? 1 : 0);
    for (int i = 0; i < words; ++i) {
      emit({.op = Op::kStore64,
            .dst = ebpf::kFramePointer,
            .src = number_without_pointer(),
            .offset = static_cast<int16_t>(-88 + 8 * i)});
    }
    emit({.op = Op::kLoadMapFd, .dst = 1, .imm = imm(map)});
    for (const auto& [reg, place] : {std::pair{Reg{2}, kKey}, {Reg{3}, int16_t{-88}}}) {
      emit({.op = Op::kMov64Reg, .dst = reg, .src = ebpf::kFramePointer});
      emit({.op = Op::kAdd64Imm, .dst = reg, .imm = imm(place)});
    }
    emit({.op = Op::kMov64Imm, .dst = 4, .imm = imm(0)});
    call_helper(kUpdate);
  }

  // r0 may be an address there.
  Reg number_without_pointer() {
    return kNumbers[1 + static_cast<size_t>(below(kNumbers.size() - 1))];
  }

  // Hands a helper a buffer on the stack, as large as a number says, and reads from it.
  void buffer() {
    constexpr int kBytes = 32;
    constexpr int16_t kPlace = -96;
    const bool reads = platform_.allows(kChecksum);
    const bool loads = platform_.allows(kLoadBytes);
    if (chance(3) || (!reads && !loads)) return call_helper(kRandom);
    const bool fills = loads && (!reads || chance(2));
    const bool initialised = !fills || chance(2);
    for (int i = 0; initialised && i < kBytes; i += 8) {
      emit({.op = Op::kStoreImm64,
            .dst = ebpf::kFramePointer,
            .offset = static_cast<int16_t>(kPlace + i),
            .imm = imm(chance(2) ? 0 : constant())});
    }
    const Reg size = 9;
    if (chance(3)) {
      emit({.op = Op::kMov64Imm, .dst = size, .imm = imm(4 * (1 + below(kBytes / 4)))});
    } else {
      // Not 0 in most cases, and no more than the buffer, or one more.
      emit({.op = chance(2) ? Op::kAnd64Imm : Op::kAnd32Imm, .dst = size, .imm = imm(0x1c)});
      if (!chance(4)) emit({.op = Op::kAdd64Imm, .dst = size, .imm = imm(chance(12) ? 5 : 4)});
    }
    const Reg at = fills ? 3 : 1;
    emit({.op = Op::kMov64Reg, .dst = at, .src = ebpf::kFramePointer});
    emit({.op = Op::kAdd64Imm, .dst = at, .imm = imm(kPlace + (chance(16) ? 4 : 0))});
    if (fills) {
      emit({.op = Op::kMov64Reg, .dst = 1, .src = kBase});
      emit({.op = Op::kMov64Imm, .dst = 2, .imm = imm(below(8))});
      emit({.op = Op::kMov64Reg, .dst = 4, .src = size});
    } else {
      emit({.op = Op::kMov64Reg, .dst = 2, .src = size});
      emit({.op = Op::kMov64Imm, .dst = 3, .imm = imm(0)});
      emit({.op = Op::kMov64Imm, .dst = 4, .imm = imm(0)});
      emit({.op = Op::kMov64Imm, .dst = 5, .imm = imm(constant())});
    }
    call_helper(fills ? kLoadBytes : kChecksum);
    if (chance(2)) {
      access(any_access(false), ebpf::kFramePointer,
             static_cast<int16_t>(kPlace + 8 * below(chance(2) ? 1 : kBytes / 8)));
    }
  }

  void call() {
    emit({.op = Op::kMov64Reg, .dst = 1, .src = number()});
    if (chance(3)) emit({.op = Op::kMov64Reg, .dst = 1, .src = ebpf::kFramePointer});
    emit({.op = Op::kMov64Reg, .dst = 2, .src = number()});
    emit({.op = Op::kCallLocal});
    calls_.push_back(slots_.size() - 1);
    for (const Reg reg : {Reg{1}, Reg{2}, Reg{3}, Reg{4}}) {
      emit({.op = Op::kMov64Imm, .dst = reg, .imm = imm(constant())});
    }
  }

  // Of the arguments: numbers, and sometimes an address in the caller's frame.
  void callee() {
    emit({.op = Op::kMov64Imm, .dst = 0, .imm = imm(constant())});
    emit({.op = Op::kMov64Imm, .dst = 6, .imm = imm(constant())});
    emit({.op = Op::kStore64, .dst = ebpf::kFramePointer, .src = 2, .offset = -8});
    if (chance(3)) emit({.op = Op::kStoreImm64, .dst = 1, .offset = -48, .imm = imm(3)});
    if (chance(3)) emit({.op = Op::kMov64Reg, .dst = 0, .src = chance(2) ? Reg{2} : Reg{1}});
    emit({.op = Op::kLoad64, .dst = 3, .src = ebpf::kFramePointer, .offset = -8});
    if (chance(2)) emit({.op = Op::kAdd64Reg, .dst = 0, .src = 3});
    emit({.op = Op::kExit});
  }

  const Platform& platform_;
  Random& rng_;
  std::vector<ebpf::Slot> slots_;
  std::vector<size_t> exits_;  // jumps to the exit
  std::vector<size_t> calls_;
  int checked_ = 0;  // bytes known to be there from the start of the data
};

}  // namespace

std::vector<ebpf::Slot> random_program(const Platform& platform, Random& rng) {
  return Generator(platform, rng).run();
}

}  // namespace zext::verifier
