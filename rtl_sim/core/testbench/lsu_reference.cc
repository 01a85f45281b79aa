#include "rtl_sim/core/testbench/lsu_reference.h"

#include <algorithm>

namespace lsu {
namespace {

constexpr uint8_t kAccessFault = 1;
constexpr uint8_t kPageFault = 2;

uint64_t keep(uint64_t value, unsigned bytes) {
  return bytes == 8 ? value : value & ((uint64_t{1} << (8 * bytes)) - 1);
}

uint64_t sign_extend(uint64_t value, unsigned bytes) {
  const unsigned shift = 64 - (8 * bytes);
  return static_cast<uint64_t>(static_cast<int64_t>(value << shift) >> shift);
}

uint64_t atomic(uint8_t amo, uint64_t memory, uint64_t operand, unsigned bytes) {
  const auto a = static_cast<int64_t>(sign_extend(memory, bytes));
  const auto b = static_cast<int64_t>(sign_extend(operand, bytes));
  const uint64_t ua = keep(memory, bytes);
  const uint64_t ub = keep(operand, bytes);
  switch (amo) {
    case 0x00:
      return ua + ub;
    case 0x04:
      return ua ^ ub;
    case 0x08:
      return ua | ub;
    case 0x0c:
      return ua & ub;
    case 0x10:
      return static_cast<uint64_t>(std::min(a, b));
    case 0x14:
      return static_cast<uint64_t>(std::max(a, b));
    case 0x18:
      return std::min(ua, ub);
    case 0x1c:
      return std::max(ua, ub);
    default:
      return operand;
  }
}

}  // namespace

uint64_t Reference::read(uint64_t paddr, unsigned bytes) const {
  uint64_t value = 0;
  for (unsigned i = 0; i < bytes; ++i) {
    value |= uint64_t{ram_.at(paddr + i - kRamBase)} << (8 * i);
  }
  return value;
}

void Reference::write(uint64_t paddr, uint64_t value, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i) {
    ram_.at(paddr + i - kRamBase) = static_cast<uint8_t>(value >> (8 * i));
  }
}

bool Reference::pmp(const Context& context, uint64_t paddr, unsigned bytes, bool store,
                    uint8_t mode) {
  const bool machine = mode == 3;
  for (size_t i = 0; i < kPmpEntries; ++i) {
    const uint8_t cfg = context.pmp_cfg.at(i);
    const uint64_t address = context.pmp_addr.at(i);
    uint64_t begin = 0;
    uint64_t end = 0;
    switch ((cfg >> 3) & 3) {
      case 0:
        continue;
      case 1:
        begin = i == 0 ? 0 : context.pmp_addr.at(i - 1) << 2;
        end = address << 2;
        break;
      case 2:
        begin = address << 2;
        end = begin + 4;
        break;
      default:
        begin = (address & (address + 1)) << 2;
        end = ((address | (address + 1)) + 1) << 2;
        break;
    }
    if (paddr >= end || paddr + bytes <= begin || begin >= end) continue;
    if (paddr < begin || paddr + bytes > end) return false;
    if (machine && (cfg & 0x80) == 0) return true;
    return (cfg & (store ? 2 : 1)) != 0;
  }
  return machine;
}

Reference::Part Reference::translate(const Access& access, uint64_t vaddr) const {
  if (!context.sv39 || context.mode == 3) {
    return {.fault = (vaddr >> 56) != 0 ? kAccessFault : uint8_t{0}, .paddr = vaddr};
  }
  if (static_cast<uint64_t>(static_cast<int64_t>(vaddr << 25) >> 25) != vaddr) {
    return {.fault = kPageFault};
  }
  uint64_t table = context.root;
  for (int level = 2; level >= 0; --level) {
    const uint64_t slot = table + (((vaddr >> (12 + (9 * level))) & 0x1ff) * 8);
    if (!in_ram(slot) || !pmp(context, slot, 8, false, 1)) return {.fault = kAccessFault};
    const uint64_t pte = read(slot, 8);
    if ((pte & 1) == 0) return {.fault = kPageFault};
    const uint64_t page = (pte >> 10) << 12;
    if ((pte & 0xe) == 0) {
      table = page;
      continue;
    }
    const bool user = (pte & 0x10) != 0;
    const bool mode_ok = context.mode == 0 ? user : !user || context.sum;
    const bool readable = (pte & 2) != 0 || (context.mxr && (pte & 8) != 0);
    if (!mode_ok || !(access.stores() ? (pte & 4) != 0 : readable)) return {.fault = kPageFault};
    const bool stale = (pte & 0x40) == 0 || (access.stores() && (pte & 0x80) == 0);
    if (stale && !pmp(context, slot, 8, true, 1)) return {.fault = kAccessFault};
    const uint64_t offset = (uint64_t{1} << (12 + (9 * level))) - 1;
    return {.paddr = page | (vaddr & offset), .stale = stale};
  }
  return {.fault = kPageFault};
}

Reference::Part Reference::check(const Access& access, uint64_t vaddr, unsigned bytes) const {
  Part part = translate(access, vaddr);
  if (part.fault != 0) return part;
  if (!pmp(context, part.paddr, bytes, access.stores(), context.mode)) part.fault = kAccessFault;
  const bool misaligned = access.vaddr % access.bytes() != 0;
  if (!in_ram(part.paddr) && (misaligned || access.op == kAtomic)) part.fault = kAccessFault;
  return part;
}

Outcome Reference::fault(const Access& access, uint8_t kind, uint64_t vaddr) const {
  uint8_t cause = kind == kPageFault ? 13 : 5;
  if (access.stores()) cause += 2;
  return {.fault = true, .cause = cause, .tval = vaddr};
}

std::optional<uint64_t> Reference::device(const Access& access) const {
  if (access.vaddr % access.bytes() != 0) return std::nullopt;
  const Part part = check(access, access.vaddr, access.bytes());
  if (part.fault != 0 || in_ram(part.paddr)) return std::nullopt;
  return part.paddr;
}

void Reference::stored(uint64_t paddr, unsigned bytes) {
  // At the granularity of words, both of what is stored and of what is reserved.
  const uint64_t begin = paddr & ~uint64_t{3};
  const uint64_t end = (paddr + bytes + 3) & ~uint64_t{3};
  if (reserved_ && begin < reserved_->end && end > reserved_->begin) reserved_.reset();
}

Outcome Reference::commit(const Access& access, Beat beat) {
  const unsigned bytes = access.bytes();
  if (access.op == kAtomic && access.vaddr % bytes != 0) {
    return {
        .fault = true, .cause = static_cast<uint8_t>(access.is_lr() ? 4 : 6), .tval = access.vaddr};
  }
  const unsigned room = static_cast<unsigned>(split_ - (access.vaddr % split_));
  const unsigned first_bytes = std::min(bytes, room);
  const uint64_t second_vaddr = access.vaddr + first_bytes;
  const Part first = check(access, access.vaddr, first_bytes);
  if (first.fault != 0) return fault(access, first.fault, access.vaddr);
  Part second;
  if (first_bytes < bytes) {
    second = check(access, second_vaddr, bytes - first_bytes);
    if (second.fault != 0) return fault(access, second.fault, second_vaddr);
  }

  Outcome outcome;
  outcome.paddr = first.paddr;
  outcome.stale = first.stale || second.stale;
  const auto mask = static_cast<uint8_t>((1U << bytes) - 1);
  uint64_t old = 0;
  if (!in_ram(first.paddr)) {
    if (beat.error) return fault(access, kAccessFault, access.vaddr);
    old = keep(beat.data, bytes);
  } else {
    old = read(first.paddr, first_bytes);
    if (first_bytes < bytes) {
      old |= read(second.paddr, bytes - first_bytes) << (8 * first_bytes);
    }
  }
  if (!access.stores() || access.is_rmw()) {
    outcome.rmask = mask;
    outcome.rdata = old;
    outcome.result = (access.funct3 & 4) != 0 ? old : sign_extend(old, bytes);
  }
  if (access.is_lr()) reserved_ = Reservation{first.paddr, first.paddr + bytes};
  bool writes = access.stores();
  if (access.is_sc()) {
    writes = reserved_ && first.paddr >= reserved_->begin && first.paddr + bytes <= reserved_->end;
    outcome.result = writes ? 0 : 1;
    reserved_.reset();
  }
  if (writes) {
    outcome.wmask = mask;
    outcome.wdata =
        keep(access.is_rmw() ? atomic(access.amo, old, access.wdata, bytes) : access.wdata, bytes);
    if (in_ram(first.paddr)) {
      write(first.paddr, outcome.wdata, first_bytes);
      stored(first.paddr, first_bytes);
      if (first_bytes < bytes) {
        write(second.paddr, outcome.wdata >> (8 * first_bytes), bytes - first_bytes);
        stored(second.paddr, bytes - first_bytes);
      }
    } else {
      stored(first.paddr, bytes);
    }
  }
  return outcome;
}

}  // namespace lsu
