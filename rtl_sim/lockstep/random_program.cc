#include "rtl_sim/lockstep/random_program.h"

#include <array>
#include <span>
#include <vector>

#include "isa/rv64/decode.h"
#include "isa/rv64/encode.h"
#include "isa/rv64/insn.h"
#include "rtl_sim/lockstep/random_code.h"

namespace zext::rtl_sim::lockstep {
namespace {

using rv64::Instruction;
using rv64::Kind;
using rv64::Op;
using rv64::Reg;

constexpr uint64_t kCode = 0x8000'0000;
constexpr uint64_t kTohost = kCode + 0x10'0000;
constexpr uint64_t kData = kCode + 0x11'0000;  // initialised at random
constexpr uint64_t kDataSize = 0x4000;
constexpr uint64_t kMiddle = kData + 0x2000;  // what s0 and sp point to
constexpr uint64_t kAtomic = kData + 0x6000;  // what s1 points to; ordinary accesses miss it

// Registers with a purpose, which random instructions only read.
constexpr Reg kStack = rv64::kSp, kRounds = rv64::kGp, kHandler = rv64::kTp, kBase = rv64::kS0,
              kAtomicBase = rv64::kS1;

constexpr bool writable(Reg rd) {
  return rd != kStack && rd != kRounds && rd != kHandler && rd != kBase && rd != kAtomicBase;
}

// mscratch, mepc, mcause, mtval, which both sides implement alike; mcycle and minstret, of which
// QEMU gets the core's values.
constexpr std::array<uint16_t, 6> kCsrs = {0x340, 0x341, 0x342, 0x343, 0xb00, 0xb02};
constexpr uint16_t kMtvec = 0x305, kMepc = 0x341;

class Generator : private RandomCode {
 public:
  explicit Generator(const RandomOptions& options) : RandomCode(options.seed), options_(options) {}

  Image image();

 private:
  // Something that a jump may land on: one instruction, or some that belong together.
  struct Item {
    std::vector<uint8_t> bytes;
    unsigned skip = 0;  // a jump over that many items; its offset is still to be filled in
    Instruction<> jump;
    bool compressed = false;
  };

  Item item();
  Item wide();
  Item narrow();
  Item jump();
  Item trapping();
  Item reservation();
  Item far_jump();
  bool tame(Instruction<>& insn);
  Item single(const Instruction<>& insn);

  std::vector<uint8_t> body();
  std::vector<uint8_t> code();
  std::vector<uint8_t> data();

  RandomOptions options_;
};

Generator::Item Generator::single(const Instruction<>& insn) {
  Item item;
  append(item.bytes, insn);
  return item;
}

Generator::Item Generator::item() {
  if (one_in(12)) return jump();
  if (one_in(60)) return far_jump();
  if (one_in(60)) return reservation();
  if (one_in(150)) return trapping();
  return one_in(3) ? narrow() : wide();
}

// Makes a random instruction well-behaved. False if that cannot be: another one has to be found.
bool Generator::tame(Instruction<>& insn) {
  const rv64::Row& row = insn.row();
  if (row.extension == rv64::Extension::kZicond) return false;  // QEMU 7.2 has none
  switch (row.kind) {
    case Kind::kValue:
      return writable(insn.rd);
    case Kind::kLoad:
      insn.rs1 = one_in(2) ? kBase : kStack;
      return writable(insn.rd);
    case Kind::kStore:
      insn.rs1 = one_in(2) ? kBase : kStack;
      return true;
    case Kind::kAmo:
      insn.rs1 = kAtomicBase;
      return writable(insn.rd);
    case Kind::kCsr:
      insn.imm = Bits<64>::of(kCsrs[below(kCsrs.size())]);
      return writable(insn.rd);
    case Kind::kFence:
      return true;
    case Kind::kJump:
    case Kind::kBranch:
    case Kind::kLoadReserved:
    case Kind::kStoreConditional:
    case Kind::kEnvironment:
    case Kind::kPrivileged:
      return false;
  }
  __builtin_unreachable();
}

Generator::Item Generator::wide() {
  while (true) {
    const rv64::Row& row = rv64::kRows[below(rv64::kRowCount)];
    const uint32_t word = row.match | (static_cast<uint32_t>(bits()) & ~row.mask);
    auto decoded = rv64::decode(word);
    if (!decoded || !tame(decoded->insn)) continue;
    return single(decoded->insn);
  }
}

Generator::Item Generator::narrow() {
  while (true) {
    const auto half = static_cast<uint16_t>(bits());
    if (rv64::length_of(half) != 2) continue;
    const auto decoded = rv64::decode(half);
    if (!decoded) continue;
    const Instruction<>& insn = decoded->insn;
    const Kind kind = insn.row().kind;
    const bool access = kind == Kind::kLoad || kind == Kind::kStore;
    if (kind != Kind::kValue && !access) continue;
    if (access && insn.rs1 != kBase && insn.rs1 != kStack) continue;
    if (kind != Kind::kStore && !writable(insn.rd)) continue;
    Item item;
    append(item.bytes, half, 2);
    return item;
  }
}

Generator::Item Generator::jump() {
  static constexpr std::array<Op, 6> kBranches = {Op::kBeq, Op::kBne,  Op::kBlt,
                                                  Op::kBge, Op::kBltu, Op::kBgeu};
  Item item;
  item.skip = 1 + static_cast<unsigned>(below(6));
  switch (below(5)) {
    case 0: {  // c.beqz, c.bnez
      const Op op = one_in(2) ? Op::kBeq : Op::kBne;
      item.jump = make(op, 0, rv64::kS0 + static_cast<unsigned>(below(8)), 0);
      item.compressed = true;
      break;
    }
    case 1:  // c.j
      item.jump = make(Op::kJal, 0, 0, 0);
      item.compressed = true;
      break;
    case 2: {
      Reg rd = static_cast<Reg>(below(32));
      item.jump = make(Op::kJal, writable(rd) ? rd : rv64::kRa, 0, 0);
      break;
    }
    default:
      item.jump = make(kBranches[below(6)], 0, static_cast<unsigned>(below(32)),
                       static_cast<unsigned>(below(32)));
  }
  item.bytes.resize(item.compressed ? 2 : 4);
  return item;
}

// auipc and jalr to what follows them, or to the instruction after that.
Generator::Item Generator::far_jump() {
  Item item;
  const uint64_t over = 4 * below(2);
  append(item.bytes, make(Op::kAuipc, rv64::kT6, 0, 0, 0));
  append(item.bytes, make(Op::kJalr, one_in(2) ? rv64::kT6 : rv64::kRa, rv64::kT6, 0,
                          8 + over + below(2)));  // bit 0 is dropped
  append(item.bytes, make(Op::kAddi, rv64::kT5, rv64::kT5, 0, 1));
  return item;
}

Generator::Item Generator::trapping() {
  switch (below(6)) {
    case 0:
      return single(make(Op::kEcall, 0, 0, 0));
    case 1:
      return single(make(Op::kEbreak, 0, 0, 0));
    case 2:
      return single(make(Op::kLd, rv64::kA0, 0, 0, below(0x7f0)));  // nothing is there
    case 3:
      return single(make(Op::kSw, 0, 0, rv64::kA0, below(0x7f0)));
    case 4:
      return single(make(Op::kCsrrw, rv64::kA0, rv64::kA1, 0, 0xf14));  // mhartid, read-only
    default: {
      Item item;
      append(item.bytes, 0xffff'ffff, 4);
      return item;
    }
  }
}

// LR, some arithmetic, SC; then sometimes an SC that must fail.
Generator::Item Generator::reservation() {
  Item item;
  const bool word = one_in(2);
  append(item.bytes, make(word ? Op::kLrW : Op::kLrD, rv64::kT3, kAtomicBase, 0));
  for (uint64_t i = below(3); i > 0; --i) append(item.bytes, make(Op::kXor, rv64::kT4, 28, 7));
  const Op sc = word ? Op::kScW : Op::kScD;
  append(item.bytes, make(sc, rv64::kT5, kAtomicBase, static_cast<unsigned>(below(32))));
  if (one_in(2)) append(item.bytes, make(sc, rv64::kT5, kAtomicBase, rv64::kT3));
  return item;
}

std::vector<uint8_t> Generator::body() {
  std::vector<Item> items;
  items.reserve(options_.instructions);
  for (unsigned i = 0; i < options_.instructions; ++i) items.push_back(item());
  std::vector<uint64_t> starts{0};
  for (const Item& item : items) starts.push_back(starts.back() + item.bytes.size());

  std::vector<uint8_t> bytes;
  for (size_t i = 0; i < items.size(); ++i) {
    Item& item = items[i];
    if (item.skip != 0) {
      const size_t target = std::min(i + item.skip, items.size());
      item.jump.imm = Bits<64>::of(starts[target] - starts[i]);
      item.bytes.clear();
      // A jump over what lies between; all of them are near enough for every form.
      if (item.compressed)
        append(item.bytes, rv64::compress(item.jump).value(), 2);
      else
        append(item.bytes, item.jump);
    }
    bytes.insert(bytes.end(), item.bytes.begin(), item.bytes.end());
  }
  return bytes;
}

std::vector<uint8_t> Generator::code() {
  std::vector<uint8_t> bytes;
  // The handler first, so that its address is known; the entry jumps over it.
  append(bytes, make(Op::kJal, 0, 0, 0, 24));
  append(bytes, make(Op::kAddi, 0, 0, 0));
  append(bytes, make(Op::kCsrrs, kHandler, 0, 0, kMepc));
  append(bytes, make(Op::kAddi, kHandler, kHandler, 0, 4));
  append(bytes, make(Op::kCsrrw, 0, kHandler, 0, kMepc));
  append(bytes, make(Op::kMret, 0, 0, 0));

  load(bytes, kHandler, kCode + 8);
  append(bytes, make(Op::kCsrrw, 0, kHandler, 0, kMtvec));
  for (Reg r = 1; r < rv64::kRegisterCount; ++r) load(bytes, r, interesting());
  load(bytes, kStack, kMiddle + 8 * below(8));
  load(bytes, kBase, kMiddle + below(16));
  load(bytes, kAtomicBase, kAtomic);
  load(bytes, kRounds, options_.rounds);

  const uint64_t loop = bytes.size();
  const std::vector<uint8_t> inner = body();
  bytes.insert(bytes.end(), inner.begin(), inner.end());
  append(bytes, make(Op::kAddi, kRounds, kRounds, 0, UINT64_MAX));
  append(bytes, make(Op::kBeq, 0, kRounds, 0, 8));
  append(bytes, make(Op::kJal, 0, 0, 0, loop - bytes.size()));

  load(bytes, rv64::kT5, 1);
  load(bytes, rv64::kT6, kTohost);
  append(bytes, make(Op::kSd, 0, rv64::kT6, rv64::kT5, 0));
  append(bytes, make(Op::kJal, 0, 0, 0, 0));
  return bytes;
}

std::vector<uint8_t> Generator::data() {
  std::vector<uint8_t> bytes;
  while (bytes.size() < kDataSize) {
    const uint64_t value = interesting();
    append(bytes, static_cast<uint32_t>(value), 4);
    append(bytes, static_cast<uint32_t>(value >> 32), 4);
  }
  return bytes;
}

Image Generator::image() {
  Image image;
  image.entry = kCode;
  image.tohost = kTohost;
  image.segments.push_back({.address = kCode, .bytes = code(), .size = 0, .executable = true});
  image.segments.push_back({.address = kData, .bytes = data(), .size = 0, .executable = false});
  return image;
}

}  // namespace

Image random_program(const RandomOptions& options) { return Generator(options).image(); }

}  // namespace zext::rtl_sim::lockstep
