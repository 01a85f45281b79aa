// The part of QEMU's documented plugin interface that we use, declared here because distributions
// package no header for it. See "QEMU TCG Plugins" in QEMU's developer manual; interface version 1.
//
// Below it stand the symbols that the manual does not promise. They are weak: null in a QEMU that
// does not export them.
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" {

using qemu_plugin_id_t = uint64_t;
using qemu_plugin_meminfo_t = uint32_t;

struct qemu_info_t {
  const char* target_name;
  struct {
    int min;
    int cur;
  } version;
  bool system_emulation;
  struct {
    int smp_vcpus;
    int max_vcpus;
  } system;
};

struct qemu_plugin_tb;
struct qemu_plugin_insn;

enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_CB_R_REGS, QEMU_PLUGIN_CB_RW_REGS };
enum qemu_plugin_mem_rw { QEMU_PLUGIN_MEM_R = 1, QEMU_PLUGIN_MEM_W, QEMU_PLUGIN_MEM_RW };

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
                                           void (*callback)(qemu_plugin_id_t, qemu_plugin_tb*));
size_t qemu_plugin_tb_n_insns(const qemu_plugin_tb* tb);
qemu_plugin_insn* qemu_plugin_tb_get_insn(const qemu_plugin_tb* tb, size_t index);
const void* qemu_plugin_insn_data(const qemu_plugin_insn* insn);
size_t qemu_plugin_insn_size(const qemu_plugin_insn* insn);
uint64_t qemu_plugin_insn_vaddr(const qemu_plugin_insn* insn);

// The callback runs before the instruction does.
void qemu_plugin_register_vcpu_insn_exec_cb(qemu_plugin_insn* insn,
                                            void (*callback)(unsigned vcpu, void* data),
                                            qemu_plugin_cb_flags flags, void* data);

// The callback runs after each access that succeeded.
void qemu_plugin_register_vcpu_mem_cb(qemu_plugin_insn* insn,
                                      void (*callback)(unsigned vcpu, qemu_plugin_meminfo_t info,
                                                       uint64_t address, void* data),
                                      qemu_plugin_cb_flags flags, qemu_plugin_mem_rw which,
                                      void* data);
unsigned qemu_plugin_mem_size_shift(qemu_plugin_meminfo_t info);
bool qemu_plugin_mem_is_store(qemu_plugin_meminfo_t info);

// GLib's growing byte array, which the functions below fill.
struct GByteArray {
  uint8_t* data;
  unsigned len;
};
GByteArray* g_byte_array_new() __attribute__((weak));
uint8_t* g_byte_array_free(GByteArray* array, int free_segment) __attribute__((weak));

// What QEMU's own gdb stub calls for registers x0 to x31 and pc: the number of bytes moved.
void* qemu_get_cpu(int index) __attribute__((weak));
int riscv_cpu_gdb_read_register(void* cpu, GByteArray* out, int number) __attribute__((weak));
int riscv_cpu_gdb_write_register(void* cpu, uint8_t* in, int number) __attribute__((weak));

// CSR access with debugger rights: writes the bits of `write_mask`; -1 for success.
int riscv_csrrw_debug(void* env, int csr, uint64_t* old_value, uint64_t new_value,
                      uint64_t write_mask) __attribute__((weak));

// Guest-physical access, devices included.
void cpu_physical_memory_rw(uint64_t address, void* buffer, uint64_t length, bool is_write)
    __attribute__((weak));

// What stands behind a CSR; a function gives -1, or the cause of the exception that it raises.
// Where there is `op`, it is used instead of `read` and `write`.
struct riscv_csr_operations {
  const char* name;
  int (*predicate)(void* env, int csr);
  int (*read)(void* env, int csr, uint64_t* value);
  int (*write)(void* env, int csr, uint64_t value);
  int (*op)(void* env, int csr, uint64_t* value, uint64_t new_value, uint64_t write_mask);
  void* read128;
  void* write128;
  uint32_t min_priv_ver;
};
void riscv_get_csr_ops(int csr, riscv_csr_operations* ops) __attribute__((weak));
void riscv_set_csr_ops(int csr, riscv_csr_operations* ops) __attribute__((weak));

// Privilege, interrupts, address translation.
void riscv_cpu_set_mode(void* env, uint64_t mode) __attribute__((weak));
uint64_t riscv_cpu_update_mip(void* cpu, uint64_t mask, uint64_t value) __attribute__((weak));
bool riscv_cpu_exec_interrupt(void* cpu, int request) __attribute__((weak));
uint64_t riscv_cpu_get_phys_page_debug(void* cpu, uint64_t page) __attribute__((weak));
int riscv_cpu_mmu_index(void* env, bool fetch) __attribute__((weak));

void tlb_flush(void* cpu) __attribute__((weak));

// These leave the current instruction, which then has done nothing: for good, or with an exception.
[[noreturn]] void cpu_loop_exit_noexc(void* cpu) __attribute__((weak));
[[noreturn]] void riscv_cpu_do_unaligned_access(void* cpu, uint64_t address, int access,
                                                int mmu_index, uint64_t return_address)
    __attribute__((weak));
void riscv_cpu_do_transaction_failed(void* cpu, uint64_t paddr, uint64_t address, unsigned bytes,
                                     int access, int mmu_index, uint32_t attributes,
                                     uint32_t response, uint64_t return_address)
    __attribute__((weak));
void* probe_access(void* env, uint64_t address, int bytes, int access, int mmu_index,
                   uint64_t return_address) __attribute__((weak));

// The map of physical memory; to be changed under the big lock only.
struct MemoryRegionSection {
  alignas(16) uint64_t size[2];
  void* region;
  void* view;
  uint64_t offset_in_region;
  uint64_t address;
  uint64_t flags;
  uint64_t spare[8];  // room, should it be larger than we know
};
void* get_system_memory() __attribute__((weak));
MemoryRegionSection memory_region_find(void* region, uint64_t address, uint64_t size)
    __attribute__((weak));
void memory_region_set_enabled(void* region, bool enabled) __attribute__((weak));
void memory_region_unref(void* region) __attribute__((weak));
void qemu_mutex_lock_iothread_impl(const char* file, int line) __attribute__((weak));
void qemu_mutex_unlock_iothread() __attribute__((weak));

}  // extern "C"
