#include "rtl_sim/qemu/plugin_csrs.h"

#include <sys/uio.h>
#include <unistd.h>

#include <cstring>
#include <map>

#include "rtl_sim/qemu/plugin_api.h"

namespace zext::rtl_sim::qemu {
namespace {

constexpr int kDone = -1, kIllegal = 2;  // what QEMU's CSR functions give
constexpr uint64_t kUser = 0, kSupervisor = 1;

// By the privileged manual's numbers.
constexpr int kSstatus = 0x100, kSie = 0x104, kScounteren = 0x106, kSenvcfg = 0x10a, kSepc = 0x141,
              kSip = 0x144, kSatp = 0x180, kMstatus = 0x300, kMedeleg = 0x302, kMideleg = 0x303,
              kMie = 0x304, kMcounteren = 0x306, kMenvcfg = 0x30a, kMscratch = 0x340, kMepc = 0x341,
              kMip = 0x344, kPmpcfg0 = 0x3a0, kPmpaddr0 = 0x3b0, kTselect = 0x7a0, kTinfo = 0x7a4,
              kCycle = 0xc00;

// MPP, MPRV, SUM, MXR, TVM, TW, TSR; xIE, xPIE, SPP. FS, VS and XS have no unit behind them.
constexpr uint64_t kMstatusMask = 0x007e'19aa, kMpp = 3 << 11, kReservedMpp = 2 << 11;
constexpr uint64_t kTvm = 1 << 20;
constexpr uint64_t kInterrupts = 0xaaa, kSupervisorInterrupts = 0x222, kSsip = 1 << 1;

struct Legalizer {
  std::map<int, riscv_csr_operations> original;
  const uint64_t* mode = nullptr;
  int pmp_entries = 0;
  uint64_t pending = 0;  // software's part of mip
} legalizer;

uint64_t read_csr(void* env, int csr) {
  uint64_t value = 0;
  riscv_csrrw_debug(env, csr, &value, 0, 0);
  return value;
}

// Write without read is reserved: the core drops the write permission. Bits 5 and 6 are zero.
uint64_t legal_pmpcfg(uint64_t value) {
  constexpr uint64_t kRead = 0x0101'0101'0101'0101;
  return value & 0x9f9f'9f9f'9f9f'9f9f & ~((~value & kRead) << 1);
}

// What shall be written instead of `value`. False if nothing shall.
bool legal(void* env, int csr, uint64_t& value) {
  switch (csr) {
    case kMstatus:
    case kSstatus: {
      // sstatus shows a part of mstatus; the rest of it is QEMU's to keep.
      const uint64_t old = read_csr(env, kMstatus);
      const uint64_t constant = csr == kMstatus ? old & ~kMstatusMask : 0;
      value = (value & kMstatusMask) | constant;
      if (csr == kMstatus && (value & kMpp) == kReservedMpp) value = (value & ~kMpp) | (old & kMpp);
      return true;
    }
    case kMedeleg:  // no ecall of M mode, nothing of a hypervisor
      value &= 0xb3ff;
      return true;
    case kMepc:
    case kSepc:
      value &= ~uint64_t{1};
      return true;
    case kMcounteren:
    case kScounteren:
      value &= UINT32_MAX;
      return true;
    case kMenvcfg:
    case kSenvcfg:
      value &= 1;  // FIOM
      return true;
    case kSatp:
      return (value >> 60 & 7) == 0;  // Bare or Sv39
    default:
      break;
  }
  if (csr >= kPmpcfg0 && csr < kPmpcfg0 + 4) {
    value = legal_pmpcfg(value);
    return (csr - kPmpcfg0) * 4 < legalizer.pmp_entries;
  }
  if (csr >= kPmpaddr0 && csr < kPmpaddr0 + 16) {
    value &= (uint64_t{1} << 54) - 1;
    return csr - kPmpaddr0 < legalizer.pmp_entries;
  }
  return true;
}

int write_legally(void* env, int csr, uint64_t value) {
  return legal(env, csr, value) ? legalizer.original[csr].write(env, csr, value) : kDone;
}

// The interrupt registers, which QEMU changes bit by bit.
int change_legally(void* env, int csr, uint64_t* value, uint64_t new_value, uint64_t mask) {
  const uint64_t bits = csr == kMie ? kInterrupts : kSupervisorInterrupts;
  return legalizer.original[csr].op(env, csr, value, new_value, mask & bits);
}

// mip, and sip: what of it is delegated, and of that only SSIP can be written.
int change_pending(void* env, int csr, uint64_t* value, uint64_t new_value, uint64_t mask) {
  const uint64_t delegated = csr == kSip ? read_csr(env, kMideleg) : UINT64_MAX;
  const uint64_t writable = csr == kSip ? delegated & kSsip : kSupervisorInterrupts;
  uint64_t& pending = legalizer.pending;
  if (value != nullptr) *value = pending & delegated;
  pending = (pending & ~(mask & writable)) | (new_value & mask & writable);
  return kDone;
}

// QEMU 7.2 forgets TVM where a write changes nothing, and mcounteren in U mode.
int check_satp(void* env, int csr) {
  if (*legalizer.mode == kSupervisor && (read_csr(env, kMstatus) & kTvm) != 0) return kIllegal;
  return legalizer.original[csr].predicate(env, csr);
}

int check_counter(void* env, int csr) {
  const bool enabled = (read_csr(env, kMcounteren) >> (csr - kCycle) & 1) != 0;
  if (*legalizer.mode == kUser && !enabled) return kIllegal;
  return legalizer.original[csr].predicate(env, csr);
}

// There is one trigger, of no type, and it cannot be changed.
int trigger_exists(void*, int) { return kDone; }
int read_trigger(void*, int csr, uint64_t* value) {
  *value = csr == kTinfo ? 1 : 0;
  return kDone;
}
int write_trigger(void*, int, uint64_t) { return kDone; }

riscv_csr_operations operations(int csr) {
  riscv_csr_operations ops{};
  riscv_get_csr_ops(csr, &ops);
  return ops;
}

// Whether QEMU's structure looks as we know it: mscratch is a plain register.
bool layout_known() {
  const riscv_csr_operations ops = operations(kMscratch);
  char text[sizeof "mscratch"] = {};
  iovec local{text, sizeof text}, remote{const_cast<char*>(ops.name), sizeof text};
  const ssize_t length = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
  return length == sizeof text && std::memcmp(text, "mscratch", sizeof text) == 0 &&
         ops.predicate != nullptr && ops.read != nullptr && ops.write != nullptr &&
         ops.op == nullptr;
}

void replace(int csr, void (*change)(riscv_csr_operations&)) {
  riscv_csr_operations ops = operations(csr);
  legalizer.original[csr] = ops;
  change(ops);
  riscv_set_csr_ops(csr, &ops);
}

}  // namespace

std::expected<void, std::string> legalize_csrs(void* env, const uint64_t* mode,
                                               unsigned pmp_entries) {
  if (riscv_get_csr_ops == nullptr || riscv_set_csr_ops == nullptr) {
    return std::unexpected("it does not export riscv_get_csr_ops and riscv_set_csr_ops");
  }
  if (!layout_known()) return std::unexpected("its CSR table looks otherwise");
  legalizer.mode = mode;
  legalizer.pmp_entries = static_cast<int>(pmp_entries);

  auto write = [](riscv_csr_operations& ops) { ops.write = write_legally; };
  for (const int csr :
       {kSstatus, kScounteren, kSenvcfg, kSepc, kMstatus, kMedeleg, kMcounteren, kMenvcfg, kMepc}) {
    replace(csr, write);
  }
  for (int i = 0; i < 4; i += 2) replace(kPmpcfg0 + i, write);
  for (int i = 0; i < 16; ++i) replace(kPmpaddr0 + i, write);
  for (const int csr : {kMideleg, kMie, kSie}) {
    replace(csr, [](riscv_csr_operations& ops) { ops.op = change_legally; });
  }
  for (const int csr : {kMip, kSip}) {
    replace(csr, [](riscv_csr_operations& ops) { ops.op = change_pending; });
  }
  replace(kSatp, [](riscv_csr_operations& ops) {
    ops.write = write_legally;
    ops.predicate = check_satp;
  });
  for (int i = 0; i < 32; ++i) {
    replace(kCycle + i, [](riscv_csr_operations& ops) { ops.predicate = check_counter; });
  }
  for (int csr = kTselect; csr <= kTinfo; ++csr) {
    replace(csr, [](riscv_csr_operations& ops) {
      ops = {.name = "trigger",
             .predicate = trigger_exists,
             .read = read_trigger,
             .write = write_trigger,
             .op = nullptr,
             .read128 = nullptr,
             .write128 = nullptr,
             .min_priv_ver = 0};
    });
  }
  // UXL cannot be changed any more; of what QEMU starts with, only SXL and UXL stay.
  const uint64_t widths = read_csr(env, kMstatus) & (uint64_t{0xf} << 32);
  uint64_t ignored = 0;
  riscv_csrrw_debug(env, kMstatus, &ignored, widths, UINT64_MAX);
  return {};
}

uint64_t software_interrupts() { return legalizer.pending; }

}  // namespace zext::rtl_sim::qemu
