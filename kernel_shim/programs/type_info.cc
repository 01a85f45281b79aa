#include "kernel_shim/programs/type_info.h"

#include <errno.h>

#include <cstddef>

namespace zext::shim {
namespace {

constexpr uint32_t kMaxRecord = 252;
// A multiple of what a record is, below 2^31: Linux's limit on their number.
constexpr uint64_t kMaxBytes = 0x7fff'ffff;

// An array of the caller's, whose records may be longer or shorter than ours.
struct Records {
  kshim_uptr user = 0;
  uint32_t size = 0;   // of the caller's
  uint32_t known = 0;  // of ours
  const char* name = "";
  uint32_t size_field = 0;  // offset in bpf_attr: where the size is put right
};

class Loader {
 public:
  Loader(Call& call, Program& program, const Functions& functions, Log& log)
      : call_(call), kernel_(call.kernel), program_(program), functions_(functions), log_(log) {}

  int load_functions();
  int load_lines();
  int load_relocations(CoreRelocations* relocations);

 private:
  int copy(const Records& records, uint32_t index, void* to) const;
  int check_tail(const Records& records, kshim_uptr record) const;
  int check_function(uint32_t index, const bpf_func_info& record, uint32_t previous) const;
  int check_type(uint32_t index, const bpf_func_info& record) const;
  int check_line(uint32_t index, const bpf_line_info& record, uint32_t previous) const;
  bool returns_number(const btf_type& function) const;
  const BtfObject& btf() const { return *program_.btf; }

  Call& call_;
  Kernel& kernel_;
  Program& program_;
  const Functions& functions_;
  Log& log_;
};

// One record, zero behind what the caller has of it.
int Loader::copy(const Records& records, uint32_t index, void* to) const {
  const kshim_uptr record = records.user + uint64_t{index} * records.size;
  if (records.size > records.known) {
    const int error = check_tail(records, record);
    if (error == -E2BIG) {
      log_.add("nonzero tailing record in ", records.name);
      const kshim_uptr field = call_.user + records.size_field;
      if (kernel_.host().copy_to_user(field, &records.known, sizeof records.known) != 0) {
        return -EFAULT;
      }
    }
    if (error != 0) return error;
  }
  __builtin_memset(to, 0, records.known);
  const uint32_t size = records.size < records.known ? records.size : records.known;
  return kernel_.host().copy_from_user(to, record, size) != 0 ? -EFAULT : 0;
}

int Loader::check_tail(const Records& records, kshim_uptr record) const {
  uint8_t tail[kMaxRecord];
  const uint32_t count = records.size - records.known;
  if (kernel_.host().copy_from_user(tail, record + records.known, count) != 0) return -EFAULT;
  for (uint32_t i = 0; i < count; ++i) {
    if (tail[i] != 0) return -E2BIG;
  }
  return 0;
}

int Loader::load_functions() {
  const bpf_attr& attr = call_.attr;
  const uint32_t count = attr.func_info_cnt;
  if (count == 0) return functions_.check_untyped(log_);
  if (count != functions_.count()) {
    log_.add("number of funcs in func_info doesn't match number of subprogs\n");
    return -EINVAL;
  }
  const uint32_t size = attr.func_info_rec_size;
  if (size < sizeof(bpf_func_info) || size > kMaxRecord || size % sizeof(uint32_t) != 0) {
    log_.add("invalid func info rec size ", size, "\n");
    return -EINVAL;
  }
  const Records records{.user = attr.func_info,
                        .size = size,
                        .known = sizeof(bpf_func_info),
                        .name = "func info",
                        .size_field = offsetof(bpf_attr, func_info_rec_size)};
  auto* kept = static_cast<uint8_t*>(kernel_.alloc(program_, sizeof(bpf_func_info) * count));
  if (kept == nullptr) return -ENOMEM;
  // From here on program_destroy() frees it.
  program_.func_info = kept;
  program_.func_info_size = sizeof(bpf_func_info);
  program_.func_info_count = count;
  uint32_t previous = 0;
  for (uint32_t i = 0; i < count; ++i) {
    bpf_func_info record{};
    if (const int error = copy(records, i, &record); error != 0) return error;
    if (const int error = check_function(i, record, previous); error != 0) return error;
    previous = record.insn_off;
    __builtin_memcpy(kept + sizeof record * i, &record, sizeof record);
  }
  return 0;
}

int Loader::check_function(uint32_t index, const bpf_func_info& record, uint32_t previous) const {
  if (index == 0 && record.insn_off != 0) {
    log_.add("nonzero insn_off ", record.insn_off, " for the first func info record");
    return -EINVAL;
  }
  if (index != 0 && record.insn_off <= previous) {
    log_.add("same or smaller insn offset (", record.insn_off, ") than previous func info record (",
             previous, ")");
    return -EINVAL;
  }
  if (record.insn_off != functions_.start(index)) {
    log_.add("func_info BTF section doesn't match subprog layout in BPF program\n");
    return -EINVAL;
  }
  return check_type(index, record);
}

int Loader::check_type(uint32_t index, const bpf_func_info& record) const {
  const btf_type* type = btf().type(record.type_id);
  if (type == nullptr || record.type_id == 0 || BTF_INFO_KIND(type->info) != BTF_KIND_FUNC) {
    log_.add("invalid type id ", record.type_id, " in func info");
    return -EINVAL;
  }
  if (index == 0 || returns_number(*type)) return 0;
  if (functions_.loads_packet(index)) {
    log_.add("LD_ABS is only allowed in functions that return 'int'.\n");
    return -EINVAL;
  }
  if (functions_.tail_calls(index)) {
    log_.add("tail_call is only allowed in functions that return 'int'.\n");
    return -EINVAL;
  }
  return 0;
}

// An integer or enumeration, of at most 8 bytes.
bool Loader::returns_number(const btf_type& function) const {
  const btf_type* prototype = btf().type(function.type);
  if (prototype == nullptr) return false;
  const btf_type* result = btf().type(btf().resolve(prototype->type));
  if (result == nullptr) return false;
  const uint32_t kind = BTF_INFO_KIND(result->info);
  return kind == BTF_KIND_ENUM || (kind == BTF_KIND_INT && result->size <= sizeof(uint64_t));
}

int Loader::load_lines() {
  const bpf_attr& attr = call_.attr;
  const uint32_t count = attr.line_info_cnt;
  if (count == 0) return 0;
  const uint32_t size = attr.line_info_rec_size;
  if (count > kMaxBytes / sizeof(bpf_line_info)) return -EINVAL;
  if (size < sizeof(bpf_line_info) || size > kMaxRecord || size % sizeof(uint32_t) != 0) {
    return -EINVAL;
  }
  // Offsets ascend, so that more records than instructions cannot all be right.
  const uint32_t room = count < program_.slots ? count : program_.slots;
  auto* kept = static_cast<uint8_t*>(kernel_.alloc(program_, sizeof(bpf_line_info) * room));
  if (kept == nullptr) return -ENOMEM;
  program_.line_info = kept;
  program_.line_info_size = sizeof(bpf_line_info);
  program_.line_info_count = room;
  const Records records{.user = attr.line_info,
                        .size = size,
                        .known = sizeof(bpf_line_info),
                        .name = "line_info",
                        .size_field = offsetof(bpf_attr, line_info_rec_size)};
  uint32_t previous = 0;
  uint32_t function = 0;  // the first one without a line
  for (uint32_t i = 0; i < count; ++i) {
    bpf_line_info record{};
    if (const int error = copy(records, i, &record); error != 0) return error;
    if (const int error = check_line(i, record, previous); error != 0) return error;
    if (function < functions_.count()) {
      if (record.insn_off == functions_.start(function)) {
        ++function;
      } else if (functions_.start(function) < record.insn_off) {
        log_.add("missing bpf_line_info for func#", function, "\n");
        return -EINVAL;
      }
    }
    previous = record.insn_off;
    __builtin_memcpy(kept + sizeof record * i, &record, sizeof record);
  }
  if (function == functions_.count()) return 0;
  log_.add("missing bpf_line_info for ", functions_.count() - function,
           " funcs starting from func#", function, "\n");
  return -EINVAL;
}

int Loader::check_line(uint32_t index, const bpf_line_info& record, uint32_t previous) const {
  if ((index != 0 && record.insn_off <= previous) || record.insn_off >= program_.slots) {
    log_.add("Invalid line_info[", index, "].insn_off:", record.insn_off,
             " (prev_offset:", previous, " prog->len:", program_.slots, ")\n");
    return -EINVAL;
  }
  if (program_.insns[record.insn_off].opcode == 0) {
    log_.add("Invalid insn code at line_info[", index, "].insn_off\n");
    return -EINVAL;
  }
  if (record.line_off >= btf().strings_size || record.file_name_off >= btf().strings_size) {
    log_.add("Invalid line_info[", index, "].line_off or .file_name_off\n");
    return -EINVAL;
  }
  return 0;
}

int Loader::load_relocations(CoreRelocations* relocations) {
  const bpf_attr& attr = call_.attr;
  const uint32_t count = attr.core_relo_cnt;
  if (count == 0) return 0;
  const uint32_t size = attr.core_relo_rec_size;
  // No instruction is relocated twice.
  if (count > program_.slots) return -EINVAL;
  if (size < sizeof(bpf_core_relo) || size > kMaxRecord || size % sizeof(uint32_t) != 0) {
    return -EINVAL;
  }
  auto* kept =
      static_cast<bpf_core_relo*>(kernel_.alloc(program_, sizeof(bpf_core_relo) * uint64_t{count}));
  if (kept == nullptr) return -ENOMEM;
  *relocations = {.records = kept, .count = count};
  const Records records{.user = attr.core_relos,
                        .size = size,
                        .known = sizeof(bpf_core_relo),
                        .name = "core_relo",
                        .size_field = offsetof(bpf_attr, core_relo_rec_size)};
  for (uint32_t i = 0; i < count; ++i) {
    if (const int error = copy(records, i, kept + i); error != 0) return error;
    const uint32_t at = kept[i].insn_off;
    if (at % sizeof(ebpf::Slot) == 0 && at / sizeof(ebpf::Slot) < program_.slots) continue;
    log_.add("Invalid core_relo[", i, "].insn_off:", at, " prog->len:", program_.slots, "\n");
    return -EINVAL;
  }
  return 0;
}

}  // namespace

int load_type_info(Call& call, Program& program, const Functions& functions, Log& log,
                   CoreRelocations* relocations) {
  const bpf_attr& attr = call.attr;
  if (attr.func_info_cnt == 0 && attr.line_info_cnt == 0) return functions.check_untyped(log);
  Ref<BtfObject> btf;
  const int fd = static_cast<int>(attr.prog_btf_fd);
  if (const int error = object_of_fd(call.kernel, fd, KSHIM_BTF, &btf); error != 0) return error;
  if (btf->of_kernel) return -EACCES;
  program.btf = btf.release();
  Loader loader(call, program, functions, log);
  if (const int error = loader.load_functions(); error != 0) return error;
  if (const int error = loader.load_lines(); error != 0) return error;
  return loader.load_relocations(relocations);
}

}  // namespace zext::shim
