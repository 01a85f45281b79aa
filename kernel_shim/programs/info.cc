// OBJ_GET_INFO_BY_FD of a program: what bpftool shows, by the rules of Linux's
// bpf_prog_get_info_by_fd(): the caller says how much room there is, and learns how much there is.
#include <errno.h>
#include <linux/bpf.h>

#include "kernel_shim/bpf/command.h"
#include "kernel_shim/programs/attributes.h"
#include "kernel_shim/programs/engine.h"
#include "kernel_shim/programs/program.h"

namespace zext::shim {
namespace {

using ebpf::Slot;

constexpr uint8_t kCall = ebpf::row_of(ebpf::Op::kCallHelper).opcode;

class Info {
 public:
  Info(Call& call, Program& program)
      : call_(call), kernel_(call.kernel), host_(kernel_.host()), program_(program) {}

  int run();

 private:
  void fill();
  void fill_statistics();
  void hide();
  int check_record_sizes();
  int copy_maps();
  int copy_code();
  int copy_xlated();
  int copy_machine_code();
  int copy_records();
  // Sets the number, and copies what there is room for, where addresses may be seen.
  template <typename T>
  int copy_one(uint32_t* count, T value, kshim_uptr to) const;
  // Whether the caller may see the kernel's addresses.
  bool sees_addresses() const { return has_capability(kernel_, KSHIM_CAP_SYS_ADMIN); }
  int out(kshim_uptr to, const void* from, uint64_t size) const {
    return host_.copy_to_user(to, from, size) != 0 ? -EFAULT : 0;
  }

  Call& call_;
  Kernel& kernel_;
  const Host& host_;
  Program& program_;
  bpf_prog_info info_{};
  uint32_t length_ = 0;
};

constexpr uint32_t least(uint32_t a, uint32_t b) { return a < b ? a : b; }

int Info::run() {
  if (const int error = info_in(call_, &info_, sizeof info_, &length_); error != 0) return error;
  fill();
  int error = copy_maps();
  if (error == 0) error = check_record_sizes();
  if (error != 0) return error;
  fill_statistics();
  if (has_capability(kernel_, KSHIM_CAP_BPF)) {
    error = copy_code();
    if (error == 0) error = copy_records();
    if (error != 0) return error;
  } else {
    hide();
  }
  return info_out(call_, &info_, sizeof info_, length_);
}

void Info::fill() {
  info_.type = program_.type;
  info_.id = program_.id;
  info_.load_time = program_.load_time;
  info_.created_by_uid = program_.uid;
  info_.gpl_compatible = program_.gpl_compatible ? 1 : 0;
  info_.ifindex = 0;
  info_.netns_dev = 0;
  info_.netns_ino = 0;
  __builtin_memcpy(info_.tag, program_.tag, sizeof info_.tag);
  __builtin_memcpy(info_.name, program_.name, sizeof info_.name);
  info_.verified_insns = program_.verified_insns;
  info_.btf_id = program_.btf == nullptr ? 0 : program_.btf->id;
}

void Info::fill_statistics() {
  info_.run_time_ns = info_.run_cnt = info_.recursion_misses = 0;
  for (uint32_t cpu = 0; cpu < kernel_.cpu_count(); ++cpu) {
    const ProgramStatistics& own = program_.statistics[cpu];
    info_.run_time_ns += own.nanoseconds;
    info_.run_cnt += own.runs;
    info_.recursion_misses += own.misses;
  }
}

// What users without CAP_BPF learn of the code: nothing.
void Info::hide() {
  info_.jited_prog_len = info_.xlated_prog_len = 0;
  info_.nr_jited_ksyms = info_.nr_jited_func_lens = 0;
  info_.nr_func_info = info_.nr_line_info = info_.nr_jited_line_info = 0;
}

// The caller's sizes of records must be ours, unless it asks for no records.
int Info::check_record_sizes() {
  const auto fits = [](uint32_t count, uint32_t& size, uint32_t known) {
    const bool right = (count == 0 && size == 0) || size == known;
    size = known;
    return right;
  };
  const bool right =
      fits(info_.nr_func_info, info_.func_info_rec_size, sizeof(bpf_func_info)) &&
      fits(info_.nr_line_info, info_.line_info_rec_size, sizeof(bpf_line_info)) &&
      fits(info_.nr_jited_line_info, info_.jited_line_info_rec_size, sizeof(uint64_t));
  return right ? 0 : -EINVAL;
}

int Info::copy_maps() {
  const uint32_t room = info_.nr_map_ids;
  for (uint32_t i = 0;; ++i) {
    uint32_t id = 0;
    {
      const Guard guard(host_, program_.maps_lock);
      info_.nr_map_ids = program_.map_count;
      if (i >= least(room, program_.map_count)) return 0;
      id = program_.maps[i]->id;
    }
    const kshim_uptr to = info_.map_ids + sizeof id * i;
    if (const int error = out(to, &id, sizeof id); error != 0) return error;
  }
}

int Info::copy_code() {
  if (const int error = copy_xlated(); error != 0) return error;
  if (const int error = copy_machine_code(); error != 0) return error;
  if (!sees_addresses()) {
    if (info_.nr_jited_ksyms != 0) info_.jited_ksyms = 0;
    if (info_.nr_jited_func_lens != 0) info_.jited_func_lens = 0;
    info_.nr_jited_ksyms = info_.nr_jited_func_lens = 1;
    return 0;
  }
  const auto length = static_cast<uint32_t>(program_.text_size);
  const int error = copy_one(&info_.nr_jited_ksyms, program_.text_address, info_.jited_ksyms);
  return error != 0 ? error : copy_one(&info_.nr_jited_func_lens, length, info_.jited_func_lens);
}

template <typename T>
int Info::copy_one(uint32_t* count, T value, kshim_uptr to) const {
  const bool wanted = *count != 0;
  *count = 1;
  return wanted ? out(to, &value, sizeof value) : 0;
}

int Info::copy_xlated() {
  const auto size = static_cast<uint32_t>(program_.slots * sizeof(Slot));
  const uint32_t room = least(info_.xlated_prog_len, size);
  info_.xlated_prog_len = size;
  if (room == 0) return 0;
  if (sees_addresses()) return out(info_.xlated_prog_insns, program_.xlated, room);
  // The numbers of calls are not for everybody.
  Slot piece[16];
  for (uint32_t at = 0; at < room; at += sizeof piece) {
    const uint32_t now = least(sizeof piece, room - at);
    __builtin_memcpy(piece, reinterpret_cast<const uint8_t*>(program_.xlated) + at, now);
    for (Slot& slot : piece) {
      if (slot.opcode == kCall) slot.imm = 0;
    }
    if (const int error = out(info_.xlated_prog_insns + at, piece, now); error != 0) return error;
  }
  return 0;
}

int Info::copy_machine_code() {
  const auto size = static_cast<uint32_t>(program_.text_size);
  const uint32_t room = least(info_.jited_prog_len, size);
  info_.jited_prog_len = size;
  if (room == 0) return 0;
  const Engine& engine = *kernel_.engine;
  const uint8_t* text = engine.text == nullptr ? nullptr : engine.text(program_);
  if (text == nullptr || !sees_addresses()) {
    info_.jited_prog_insns = 0;
    return 0;
  }
  return out(info_.jited_prog_insns, text, room);
}

int Info::copy_records() {
  info_.attach_btf_id = program_.attach_btf_id;
  info_.attach_btf_obj_id = program_.attach_btf == nullptr ? 0 : program_.attach_btf->id;
  const uint32_t functions = least(info_.nr_func_info, program_.func_info_count);
  info_.nr_func_info = program_.func_info_count;
  int error = out(info_.func_info, program_.func_info, uint64_t{functions} * sizeof(bpf_func_info));
  if (error != 0) return error;
  const uint32_t lines = least(info_.nr_line_info, program_.line_info_count);
  info_.nr_line_info = program_.line_info_count;
  error = out(info_.line_info, program_.line_info, uint64_t{lines} * sizeof(bpf_line_info));
  if (error != 0) return error;
  // No engine says which machine instruction a line is.
  info_.nr_jited_line_info = 0;
  const bool tags = info_.nr_prog_tags != 0;
  info_.nr_prog_tags = 1;
  return tags ? out(info_.prog_tags, program_.tag, sizeof program_.tag) : 0;
}

}  // namespace

int program_info(Call& call, Program& program) { return Info(call, program).run(); }

}  // namespace zext::shim
