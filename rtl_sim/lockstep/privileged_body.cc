#include "rtl_sim/lockstep/privileged_body.h"

#include <array>
#include <optional>

#include "isa/rv64/decode.h"
#include "rtl_sim/lockstep/privileged_csrs.h"
#include "rtl_sim/lockstep/privileged_layout.h"

namespace zext::rtl_sim::lockstep {
namespace {

using rv64::Instruction;
using rv64::Kind;
using rv64::Op;
using rv64::Reg;

constexpr uint16_t kCNop = 0x0001;

class Body {
 public:
  Body(RandomCode& random, PageTables& tables, const BodyOptions& options)
      : random_(random), tables_(tables), options_(options) {}

  std::vector<uint8_t> all();

 private:
  using Bytes = std::vector<uint8_t>;

  // What a jump may land on: one instruction, or some that belong together.
  struct Item {
    Bytes bytes;
    unsigned skip = 0;  // a jump over so many items; its offset is still to be filled in
    Instruction<> jump;
    bool compressed = false;
  };

  Reg any() { return static_cast<Reg>(random_.below(32)); }
  Reg target();
  Reg base() { return random_.pick<Reg>(kBases); }
  void add(Item& item, const Instruction<>& insn) { RandomCode::append(item.bytes, insn); }
  void add(Item& item, Op op, unsigned rd, unsigned rs1, unsigned rs2, uint64_t imm = 0) {
    RandomCode::append(item.bytes, RandomCode::make(op, rd, rs1, rs2, imm));
  }
  void add_bits(Item& item, uint32_t bits) { RandomCode::append(item.bytes, bits, 4); }

  Item item();
  Item wide();
  Item narrow();
  Item jump();
  Item far_jump();
  Item reservation();
  Item new_base();
  Item wild_load();
  Item environment();
  Item privileged();
  Item csr();
  Item supervisor_return();
  Item machine_return();
  Item address_space();
  Item self_modifying();
  bool tame(Instruction<>& insn);
  void place(std::vector<Item>& items, Bytes& bytes);

  RandomCode& random_;
  PageTables& tables_;
  BodyOptions options_;
};

// A register that may be written.
Reg Body::target() {
  while (true) {
    const Reg reg = any();
    if (!reserved(reg)) return reg;
  }
}

Body::Item Body::item() {
  if (random_.one_in(10)) return jump();
  if (random_.one_in(12)) return new_base();
  if (random_.one_in(14)) return csr();
  if (random_.one_in(25)) return privileged();
  if (random_.one_in(25)) return reservation();
  if (random_.one_in(30)) return environment();
  if (random_.one_in(40)) return wild_load();
  if (random_.one_in(40)) return far_jump();
  if (random_.one_in(40)) return self_modifying();
  if (random_.one_in(50)) return supervisor_return();
  if (random_.one_in(50)) return machine_return();
  if (random_.one_in(60)) return address_space();
  return random_.one_in(3) ? narrow() : wide();
}

// Makes a random instruction well-behaved. False if that cannot be: another one has to be found.
bool Body::tame(Instruction<>& insn) {
  const rv64::Row& row = insn.row();
  if (row.extension == rv64::Extension::kZicond) return false;  // QEMU 7.2 has none
  switch (row.kind) {
    case Kind::kValue:
      return !reserved(insn.rd);
    case Kind::kLoad:
    case Kind::kStore:
      insn.rs1 = base();
      if (random_.one_in(2)) insn.imm = Bits<64>::of(random_.below(64) - 32);  // near page ends
      if (options_.aligned || !random_.one_in(4)) {
        insn.imm = Bits<64>::of(insn.imm.value() & ~uint64_t{row.bytes - 1u});
      }
      return row.kind == Kind::kStore || !reserved(insn.rd);
    case Kind::kAmo:
      insn.rs1 = base();
      return !reserved(insn.rd);
    case Kind::kFence:
      return true;
    case Kind::kCsr:
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

// Memory accesses are what matters here: more of them than the table has rows.
Body::Item Body::wide() {
  const bool access = random_.one_in(2);
  while (true) {
    const rv64::Row& row = rv64::kRows[random_.below(rv64::kRowCount)];
    if (access != (row.bytes != 0)) continue;
    const auto bits = static_cast<uint32_t>(random_.bits());
    auto decoded = rv64::decode(row.match | (bits & ~row.mask));
    if (!decoded || !tame(decoded->insn)) continue;
    Item item;
    add(item, decoded->insn);
    return item;
  }
}

Body::Item Body::narrow() {
  while (true) {
    const auto bits = static_cast<uint16_t>(random_.bits());
    if (rv64::length_of(bits) != 2) continue;
    const auto decoded = rv64::decode(bits);
    if (!decoded) continue;
    const Instruction<>& insn = decoded->insn;
    const Kind kind = insn.row().kind;
    const bool access = kind == Kind::kLoad || kind == Kind::kStore;
    if (kind != Kind::kValue && !access) continue;
    if (access && (!reserved(insn.rs1) || insn.rs1 == kSupervisorScratch)) continue;
    if (kind != Kind::kStore && reserved(insn.rd)) continue;
    Item item;
    RandomCode::append(item.bytes, bits, 2);
    if (access) RandomCode::append(item.bytes, kCNop, 2);
    return item;
  }
}

Body::Item Body::jump() {
  static constexpr std::array<Op, 6> kBranches = {Op::kBeq, Op::kBne,  Op::kBlt,
                                                  Op::kBge, Op::kBltu, Op::kBgeu};
  Item item;
  item.skip = 1 + static_cast<unsigned>(random_.below(5));
  switch (random_.below(4)) {
    case 0:  // c.j
      item.jump = RandomCode::make(Op::kJal, 0, 0, 0);
      item.compressed = true;
      break;
    case 1:
      item.jump = RandomCode::make(Op::kJal, target(), 0, 0);
      break;
    default:
      item.jump = RandomCode::make(random_.pick<Op>(kBranches), 0, any(), any());
  }
  item.bytes.resize(item.compressed ? 2 : 4);
  return item;
}

// auipc and jalr to what follows them, or to the instruction after that; sometimes to nowhere.
Body::Item Body::far_jump() {
  Item item;
  if (random_.one_in(30)) {
    add(item, Op::kAddi, rv64::kT6, 0, 0, random_.below(2048));
    add(item, Op::kJalr, rv64::kRa, rv64::kT6, 0, random_.below(2048));
    return item;
  }
  const uint64_t over = 4 * random_.below(2);
  add(item, Op::kAuipc, rv64::kT6, 0, 0);
  add(item, Op::kJalr, random_.one_in(2) ? rv64::kT6 : rv64::kRa, rv64::kT6, 0,
      8 + over + random_.below(2));  // bit 0 is dropped
  add(item, Op::kAddi, rv64::kT5, rv64::kT5, 0, 1);
  return item;
}

// LR, some arithmetic, SC; then sometimes an SC that must fail.
Body::Item Body::reservation() {
  Item item;
  const bool word = random_.one_in(2);
  const Reg at = base();
  add(item, word ? Op::kLrW : Op::kLrD, rv64::kT3, at, 0);
  for (uint64_t i = random_.below(3); i > 0; --i) add(item, Op::kXor, rv64::kT4, 28, 7);
  const Op sc = word ? Op::kScW : Op::kScD;
  add(item, sc, rv64::kT5, at, any());
  if (random_.one_in(2)) add(item, sc, rv64::kT5, base(), rv64::kT3);
  return item;
}

Body::Item Body::new_base() {
  Item item;
  const bool physical = !options_.sv39 && random_.below(8) != 0;
  uint64_t address = tables_.data_address(options_.mode == kUser);
  if (physical) {
    address = kDataPage + (1 + random_.below(kDataPages - 2)) * kPage + address % kPage;
  }
  if (options_.aligned) address &= ~uint64_t{7};
  RandomCode::load(item.bytes, base(), address);
  return item;
}

// Loads from anywhere: addresses that are not canonical, where nothing is, in page tables.
Body::Item Body::wild_load() {
  static constexpr std::array<Op, 4> kLoads = {Op::kLbu, Op::kLh, Op::kLw, Op::kLd};
  Item item;
  if (random_.one_in(2)) {
    const uint64_t table = kTables + 8 * random_.below(512 * 8);
    RandomCode::load(item.bytes, rv64::kT6,
                     random_.one_in(2) ? table : random_.interesting() & ~uint64_t{7});
    add(item, random_.pick<Op>(kLoads), target(), rv64::kT6, 0);
    return item;
  }
  uint64_t address = random_.interesting() << 40 >> random_.below(25);
  if (address < kMachineCode) address &= 0xfff;  // clear of devices
  RandomCode::load(item.bytes, rv64::kT6, address);
  add(item, options_.aligned ? Op::kLb : random_.pick<Op>(kLoads), target(), rv64::kT6, 0,
      random_.below(2048));
  return item;
}

Body::Item Body::environment() {
  Item item;
  switch (random_.below(4)) {
    case 0:
      add(item, Op::kEbreak, 0, 0, 0);
      break;
    case 1:
      add_bits(item, random_.one_in(2) ? 0xffff'ffff : 0);
      break;
    default:
      add(item, Op::kEcall, 0, 0, 0);
  }
  return item;
}

// Instructions that not every mode has. MRET in M mode and SRET above U mode would go anywhere:
// they stand in sequences of their own.
Body::Item Body::privileged() {
  Item item;
  switch (random_.below(5)) {
    case 0:
      if (options_.mode == kMachine) break;
      add_bits(item, kMretBits);
      return item;
    case 1:
      if (options_.mode != kUser) break;
      add_bits(item, kSretBits);
      return item;
    case 2:
      if (!options_.may_wait) break;
      add_bits(item, kWfiBits);
      return item;
    default:
      break;
  }
  add_bits(item, sfence_bits(random_.one_in(2) ? 0 : base(), random_.one_in(2) ? 0 : any()));
  return item;
}

Body::Item Body::csr() {
  Item item;
  append_random_csr(random_, item.bytes, target());
  return item;
}

// To the next item, in U or S mode.
Body::Item Body::supervisor_return() {
  Item item;
  const bool user = random_.one_in(2);
  const bool alias = user && options_.sv39 && options_.mode == kSupervisor;
  RandomCode::load(item.bytes, rv64::kT6, kSpp);
  add(item, user ? Op::kCsrrc : Op::kCsrrs, 0, rv64::kT6, 0, kSstatus);
  RandomCode::load(item.bytes, rv64::kT6, alias ? kUserOffset : 0);
  add(item, Op::kAuipc, rv64::kT5, 0, 0);
  add(item, Op::kAddi, rv64::kT5, rv64::kT5, 0, 20);
  add(item, Op::kAdd, rv64::kT5, rv64::kT5, rv64::kT6);
  add(item, Op::kCsrrw, 0, rv64::kT5, 0, kSepc);
  add_bits(item, kSretBits);
  return item;
}

Body::Item Body::machine_return() {
  Item item;
  const uint64_t mode = random_.pick<uint64_t>(std::array{kUser, kSupervisor, kMachine});
  const bool alias = mode == kUser && options_.sv39 && options_.mode == kMachine;
  RandomCode::load(item.bytes, rv64::kT6, kMpp);
  add(item, Op::kCsrrc, 0, rv64::kT6, 0, kMstatus);
  RandomCode::load(item.bytes, rv64::kT6, mode << kMppShift);
  add(item, Op::kCsrrs, 0, rv64::kT6, 0, kMstatus);
  RandomCode::load(item.bytes, rv64::kT6, alias ? kUserOffset : 0);
  add(item, Op::kAuipc, rv64::kT5, 0, 0);
  add(item, Op::kAddi, rv64::kT5, rv64::kT5, 0, 20);
  add(item, Op::kAdd, rv64::kT5, rv64::kT5, rv64::kT6);
  add(item, Op::kCsrrw, 0, rv64::kT5, 0, kMepc);
  add_bits(item, kMretBits);
  return item;
}

// Another root, or none. rd is never x0: see the list of differences.
Body::Item Body::address_space() {
  Item item;
  const uint64_t root = random_.below(PageTables::kRoots + 1);
  RandomCode::load(item.bytes, rv64::kT6, root == PageTables::kRoots ? 0 : tables_.satp(root));
  add(item, Op::kCsrrw, rv64::kT5, rv64::kT6, 0, kSatp);
  return item;
}

// Stores another instruction over one to come; `fence.i` makes it seen.
Body::Item Body::self_modifying() {
  Item item;
  const Instruction<> changed =
      RandomCode::make(Op::kAddi, rv64::kA0, rv64::kA0, 0, random_.below(2048));
  RandomCode::load(item.bytes, rv64::kT6, rv64::encode(changed));
  add(item, Op::kAuipc, rv64::kT5, 0, 0);
  add(item, Op::kSw, 0, rv64::kT5, rv64::kT6, 12);
  add(item, Op::kFenceI, 0, 0, 0);
  add(item, Op::kAddi, rv64::kA0, rv64::kA0, 0, 1);
  return item;
}

void Body::place(std::vector<Item>& items, Bytes& bytes) {
  std::vector<uint64_t> starts{0};
  for (const Item& item : items) starts.push_back(starts.back() + item.bytes.size());
  for (size_t i = 0; i < items.size(); ++i) {
    Item& item = items[i];
    if (item.skip != 0) {
      const size_t over = std::min(i + item.skip, items.size());
      item.jump.imm = Bits<64>::of(starts[over] - starts[i]);
      item.bytes.clear();
      if (item.compressed)
        RandomCode::append(item.bytes, rv64::compress(item.jump).value(), 2);
      else
        RandomCode::append(item.bytes, item.jump);
    }
    bytes.insert(bytes.end(), item.bytes.begin(), item.bytes.end());
  }
}

std::vector<uint8_t> Body::all() {
  Bytes bytes;
  std::vector<Item> items;
  items.reserve(options_.items);
  for (unsigned i = 0; i < options_.items; ++i) items.push_back(item());
  place(items, bytes);
  RandomCode::append(bytes, RandomCode::make(Op::kAddi, kDone, 0, 0, 1));
  RandomCode::append(bytes, RandomCode::make(Op::kEcall, 0, 0, 0));
  return bytes;
}

}  // namespace

std::vector<uint8_t> random_body(RandomCode& random, PageTables& tables,
                                 const BodyOptions& options) {
  return Body(random, tables, options).all();
}

}  // namespace zext::rtl_sim::lockstep
