#include "rtl_sim/qemu/plugin_registers.h"

#include <sys/uio.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <span>
#include <vector>

#include "rtl_sim/qemu/plugin_api.h"

namespace zext::rtl_sim::qemu {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kSearchBytes = 512 * 1024;  // far beyond the size of QEMU 7.2's CPU object

// The CSRs to look for, by the privileged manual's numbers.
constexpr int kMisa = 0x301, kMepc = 0x341, kMcause = 0x342, kMtval = 0x343;
constexpr int kSepc = 0x141, kScause = 0x142, kStval = 0x143, kSatp = 0x180, kMstatus = 0x300;

// The extensions of our core: RV64 I, M, A, C, with S and U mode.
constexpr uint64_t kCoreMisa = uint64_t{2} << 62 | 1 << ('I' - 'A') | 1 << ('M' - 'A') |
                               1 << ('A' - 'A') | 1 << ('C' - 'A') | 1 << ('S' - 'A') |
                               1 << ('U' - 'A');

// Values that nothing else in the CPU's object holds by chance.
constexpr uint64_t pattern(uint64_t n) { return 0x5ca1'ab1e'0ddb'a110 + n * 0x0101'0000'0000'0010; }

// A copy of our own memory from `start`, ending early where it is not mapped.
std::vector<uint8_t> copy_of(const void* start) {
  std::vector<uint8_t> bytes(kSearchBytes);
  size_t done = 0;
  while (done < kSearchBytes) {
    const auto from = reinterpret_cast<uintptr_t>(start) + done;
    const size_t step = std::min(kSearchBytes - done, kPage - from % kPage);
    iovec local{bytes.data() + done, step};
    iovec remote{reinterpret_cast<void*>(from), step};
    if (process_vm_readv(getpid(), &local, 1, &remote, 1, 0) != static_cast<ssize_t>(step)) break;
    done += step;
  }
  bytes.resize(done);
  return bytes;
}

// The only place from `start` where `count` words lie in a row as given; null if none or several.
uint64_t* only_place(void* start, const uint64_t* words, size_t count) {
  const std::vector<uint8_t> bytes = copy_of(start);
  const size_t length = count * sizeof(uint64_t);
  uint64_t* found = nullptr;
  for (size_t at = 0; at + length <= bytes.size(); at += sizeof(uint64_t)) {
    if (std::memcmp(bytes.data() + at, words, length) != 0) continue;
    if (found != nullptr) return nullptr;
    found = reinterpret_cast<uint64_t*>(static_cast<uint8_t*>(start) + at);
  }
  return found;
}

bool write_gpr(void* cpu, int number, uint64_t value) {
  uint8_t bytes[8];
  std::memcpy(bytes, &value, sizeof value);
  return riscv_cpu_gdb_write_register(cpu, bytes, number) == 8;
}

std::expected<uint64_t, std::string> read_gpr(void* cpu, int number) {
  GByteArray* array = g_byte_array_new();
  const int length = riscv_cpu_gdb_read_register(cpu, array, number);
  uint64_t value = 0;
  if (length == 8 && array->len == 8) std::memcpy(&value, array->data, sizeof value);
  g_byte_array_free(array, 1);
  if (length != 8) return std::unexpected("its registers are not 64 bits wide");
  return value;
}

std::expected<uint64_t*, std::string> find_gprs(void* cpu) {
  uint64_t saved[32] = {}, probe[32] = {};
  for (int i = 1; i < 32; ++i) {
    auto value = read_gpr(cpu, i);
    if (!value) return std::unexpected(value.error());
    saved[i] = *value;
    probe[i] = pattern(i);
    write_gpr(cpu, i, probe[i]);
  }
  uint64_t* const x1 = only_place(cpu, probe + 1, 31);
  bool restored = true;
  for (int i = 1; i < 32; ++i) restored &= write_gpr(cpu, i, saved[i]);
  if (x1 == nullptr || !restored) return std::unexpected("its register array was not found");
  if (std::memcmp(x1, saved + 1, 31 * sizeof(uint64_t)) != 0) {
    return std::unexpected("its register array does not follow writes");
  }
  return x1 - 1;
}

std::expected<uint64_t*, std::string> find_csr(void* env, int csr) {
  uint64_t saved = 0, ignored = 0;
  // Of satp's modes there are few.
  const uint64_t probe = csr == kSatp ? pattern(csr) << 4 >> 4 | uint64_t{8} << 60 : pattern(csr);
  if (riscv_csrrw_debug(env, csr, &saved, probe, UINT64_MAX) != -1) {
    return std::unexpected("a CSR cannot be written");
  }
  uint64_t* const found = only_place(env, &probe, 1);
  riscv_csrrw_debug(env, csr, &ignored, saved, UINT64_MAX);
  if (found == nullptr || *found != saved) return std::unexpected("a CSR was not found");
  return found;
}

// The only word that holds each of `values` in turn, when `set` sets them.
std::expected<uint64_t*, std::string> find_follower(void* env, std::span<const uint64_t> values,
                                                    void (*set)(void* env, uint64_t value)) {
  std::vector<std::vector<uint8_t>> copies;
  for (const uint64_t value : values) {
    set(env, value);
    copies.push_back(copy_of(env));
  }
  uint64_t* found = nullptr;
  for (size_t at = 0; at + sizeof(uint64_t) <= copies[0].size(); at += sizeof(uint64_t)) {
    bool follows = true;
    for (size_t i = 0; i < copies.size() && follows; ++i) {
      follows = at + sizeof(uint64_t) <= copies[i].size() &&
                std::memcmp(&copies[i][at], &values[i], sizeof(uint64_t)) == 0;
    }
    if (!follows) continue;
    if (found != nullptr) return std::unexpected("a register was found twice");
    found = reinterpret_cast<uint64_t*>(static_cast<uint8_t*>(env) + at);
  }
  if (found == nullptr) return std::unexpected("its mode or mstatus was not found");
  return found;
}

// We are in machine mode, so that is what it ends with.
std::expected<uint64_t*, std::string> find_mode(void* env) {
  constexpr uint64_t kSteps[] = {0, 1, 3, 1, 0, 3};
  return find_follower(env, kSteps, riscv_cpu_set_mode);
}

// Nothing but MPIE, SPP, SPIE and SUM is set for a while; all else stays.
std::expected<uint64_t*, std::string> find_mstatus(void* env) {
  uint64_t old = 0;
  riscv_csrrw_debug(env, kMstatus, &old, 0, 0);
  const uint64_t steps[] = {old ^ 0x80, old ^ 0x100, old ^ 0x4'0020, old};
  return find_follower(env, steps, [](void* to, uint64_t value) {
    uint64_t ignored = 0;
    riscv_csrrw_debug(to, kMstatus, &ignored, value, UINT64_MAX);
  });
}

std::string missing_symbols() {
  std::string names;
  auto need = [&](const void* symbol, const char* name) {
    if (symbol == nullptr) names += std::string(names.empty() ? "" : ", ") + name;
  };
  need(reinterpret_cast<void*>(&qemu_get_cpu), "qemu_get_cpu");
  need(reinterpret_cast<void*>(&riscv_cpu_gdb_read_register), "riscv_cpu_gdb_read_register");
  need(reinterpret_cast<void*>(&riscv_cpu_gdb_write_register), "riscv_cpu_gdb_write_register");
  need(reinterpret_cast<void*>(&riscv_csrrw_debug), "riscv_csrrw_debug");
  need(reinterpret_cast<void*>(&g_byte_array_new), "g_byte_array_new");
  need(reinterpret_cast<void*>(&g_byte_array_free), "g_byte_array_free");
  need(reinterpret_cast<void*>(&riscv_cpu_set_mode), "riscv_cpu_set_mode");
  need(reinterpret_cast<void*>(&riscv_cpu_update_mip), "riscv_cpu_update_mip");
  need(reinterpret_cast<void*>(&riscv_cpu_exec_interrupt), "riscv_cpu_exec_interrupt");
  need(reinterpret_cast<void*>(&riscv_cpu_get_phys_page_debug), "riscv_cpu_get_phys_page_debug");
  need(reinterpret_cast<void*>(&riscv_cpu_mmu_index), "riscv_cpu_mmu_index");
  need(reinterpret_cast<void*>(&cpu_loop_exit_noexc), "cpu_loop_exit_noexc");
  need(reinterpret_cast<void*>(&riscv_cpu_do_unaligned_access), "riscv_cpu_do_unaligned_access");
  need(reinterpret_cast<void*>(&riscv_cpu_do_transaction_failed),
       "riscv_cpu_do_transaction_failed");
  need(reinterpret_cast<void*>(&probe_access), "probe_access");
  need(reinterpret_cast<void*>(&tlb_flush), "tlb_flush");
  return names;
}

}  // namespace

std::expected<Registers, std::string> Registers::find() {
  const std::string missing = missing_symbols();
  if (!missing.empty()) return std::unexpected("it does not export " + missing);
  void* const cpu = qemu_get_cpu(0);
  if (cpu == nullptr) return std::unexpected("it has no CPU 0");

  Registers registers;
  registers.cpu = cpu;
  auto gpr = find_gprs(cpu);
  if (!gpr) return std::unexpected(gpr.error());
  registers.gpr = *gpr;

  // The CSR functions take the structure that begins with the registers. The CPU's object holds a
  // pointer to it: without one, handing gpr to them would be a guess.
  const auto env = reinterpret_cast<uint64_t>(registers.gpr);
  if (only_place(cpu, &env, 1) == nullptr) return std::unexpected("its CSRs were not found");

  uint64_t misa = 0;
  if (riscv_csrrw_debug(registers.gpr, kMisa, &misa, 0, 0) != -1 || misa != kCoreMisa) {
    char text[80];
    std::snprintf(text, sizeof text, "its misa is %#lx, the core's %#lx", misa, kCoreMisa);
    return std::unexpected(text);
  }
  const std::pair<int, uint64_t**> csrs[] = {{kMepc, &registers.machine.epc},
                                             {kMcause, &registers.machine.cause},
                                             {kMtval, &registers.machine.tval},
                                             {kSepc, &registers.supervisor.epc},
                                             {kScause, &registers.supervisor.cause},
                                             {kStval, &registers.supervisor.tval},
                                             {kSatp, &registers.satp}};
  for (const auto& [csr, place] : csrs) {
    auto found = find_csr(registers.gpr, csr);
    if (!found) return std::unexpected(found.error());
    *place = *found;
  }
  auto mode = find_mode(registers.gpr);
  if (!mode) return std::unexpected(mode.error());
  registers.mode = *mode;
  auto mstatus = find_mstatus(registers.gpr);
  if (!mstatus) return std::unexpected(mstatus.error());
  registers.mstatus = *mstatus;
  return registers;
}

}  // namespace zext::rtl_sim::qemu
