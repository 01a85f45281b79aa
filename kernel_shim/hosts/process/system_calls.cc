#include "kernel_shim/hosts/process/system_calls.h"

#include <linux/btf.h>

#include <algorithm>
#include <cstring>

#include "kernel_shim/links/link.h"

namespace zext::shim {
namespace {

uint64_t user(const void* pointer) { return reinterpret_cast<uint64_t>(pointer); }
uint32_t number(long fd) { return static_cast<uint32_t>(fd); }

}  // namespace

long SystemCalls::map_create(const MapShape& shape) {
  bpf_attr attr{};
  attr.map_type = shape.type;
  attr.key_size = shape.key;
  attr.value_size = shape.value;
  attr.max_entries = shape.entries;
  attr.map_flags = shape.flags;
  attr.inner_map_fd = number(shape.inner);
  attr.btf_fd = number(shape.btf);
  attr.btf_key_type_id = shape.btf_key;
  attr.btf_value_type_id = shape.btf_value;
  attr.map_extra = shape.extra;
  std::memcpy(attr.map_name, "map", 4);
  return instance_.bpf(BPF_MAP_CREATE, attr);
}

long SystemCalls::map_lookup(long map, const void* key, void* value, uint64_t flags) {
  bpf_attr attr{};
  attr.map_fd = number(map);
  attr.key = user(key);
  attr.value = user(value);
  attr.flags = flags;
  return instance_.bpf(BPF_MAP_LOOKUP_ELEM, attr);
}

long SystemCalls::map_update(long map, const void* key, const void* value, uint64_t flags) {
  bpf_attr attr{};
  attr.map_fd = number(map);
  attr.key = user(key);
  attr.value = user(value);
  attr.flags = flags;
  return instance_.bpf(BPF_MAP_UPDATE_ELEM, attr);
}

long SystemCalls::map_delete(long map, const void* key) {
  bpf_attr attr{};
  attr.map_fd = number(map);
  attr.key = user(key);
  return instance_.bpf(BPF_MAP_DELETE_ELEM, attr);
}

long SystemCalls::map_next_key(long map, const void* key, void* next) {
  bpf_attr attr{};
  attr.map_fd = number(map);
  attr.key = user(key);
  attr.next_key = user(next);
  return instance_.bpf(BPF_MAP_GET_NEXT_KEY, attr);
}

long SystemCalls::map_take(long map, const void* key, void* value, uint64_t flags) {
  bpf_attr attr{};
  attr.map_fd = number(map);
  attr.key = user(key);
  attr.value = user(value);
  attr.flags = flags;
  return instance_.bpf(BPF_MAP_LOOKUP_AND_DELETE_ELEM, attr);
}

long SystemCalls::map_freeze(long map) {
  bpf_attr attr{};
  attr.map_fd = number(map);
  return instance_.bpf(BPF_MAP_FREEZE, attr);
}

long SystemCalls::batch(int command, const Batch& batch) {
  bpf_attr attr{};
  attr.batch.map_fd = number(batch.map);
  attr.batch.in_batch = user(batch.in);
  attr.batch.out_batch = user(batch.out);
  attr.batch.keys = user(batch.keys);
  attr.batch.values = user(batch.values);
  attr.batch.count = *batch.count;
  attr.batch.elem_flags = batch.flags;
  const long result = instance_.bpf(command, attr);
  *batch.count = attr.batch.count;
  return result;
}

long SystemCalls::prog_load(const ProgramShape& shape, std::string* log) {
  bpf_attr attr{};
  attr.prog_type = shape.type;
  attr.insns = user(shape.insns.data());
  attr.insn_cnt = static_cast<uint32_t>(shape.insns.size());
  attr.license = user(shape.license.c_str());
  attr.expected_attach_type = shape.attach_type;
  attr.prog_flags = shape.flags;
  attr.attach_btf_id = shape.attach_btf_id;
  attr.prog_btf_fd = number(shape.btf);
  std::memcpy(attr.prog_name, "program", 8);
  if (log != nullptr) {
    log->resize(std::max<size_t>(log->size(), 4096));
    attr.log_buf = user(log->data());
    attr.log_size = static_cast<uint32_t>(log->size());
    attr.log_level = 1;
  }
  return instance_.bpf(BPF_PROG_LOAD, attr);
}

long SystemCalls::test_run(long program, const std::vector<uint8_t>& data, uint32_t* result,
                           std::vector<uint8_t>* out) {
  bpf_attr attr{};
  attr.test.prog_fd = number(program);
  attr.test.data_in = user(data.data());
  attr.test.data_size_in = static_cast<uint32_t>(data.size());
  attr.test.repeat = 1;
  if (out != nullptr) {
    attr.test.data_out = user(out->data());
    attr.test.data_size_out = static_cast<uint32_t>(out->size());
  }
  const long error = instance_.bpf(BPF_PROG_TEST_RUN, attr);
  if (result != nullptr) *result = attr.test.retval;
  return error;
}

long SystemCalls::bind_map(long program, long map) {
  bpf_attr attr{};
  attr.prog_bind_map.prog_fd = number(program);
  attr.prog_bind_map.map_fd = number(map);
  return instance_.bpf(BPF_PROG_BIND_MAP, attr);
}

long SystemCalls::btf_load(const std::vector<uint8_t>& data) {
  bpf_attr attr{};
  attr.btf = user(data.data());
  attr.btf_size = static_cast<uint32_t>(data.size());
  return instance_.bpf(BPF_BTF_LOAD, attr);
}

long SystemCalls::pin(long fd, const std::string& path) {
  bpf_attr attr{};
  attr.pathname = user(path.c_str());
  attr.bpf_fd = number(fd);
  return instance_.bpf(BPF_OBJ_PIN, attr);
}

long SystemCalls::open_pin(const std::string& path, uint32_t flags) {
  bpf_attr attr{};
  attr.pathname = user(path.c_str());
  attr.file_flags = flags;
  return instance_.bpf(BPF_OBJ_GET, attr);
}

long SystemCalls::info(long fd, void* info, uint32_t* length) {
  bpf_attr attr{};
  attr.info.bpf_fd = number(fd);
  attr.info.info = user(info);
  attr.info.info_len = *length;
  const long result = instance_.bpf(BPF_OBJ_GET_INFO_BY_FD, attr);
  *length = attr.info.info_len;
  return result;
}

long SystemCalls::next_id(int command, uint32_t id) {
  bpf_attr attr{};
  attr.start_id = id;
  const long result = instance_.bpf(command, attr);
  return result != 0 ? result : static_cast<long>(attr.next_id);
}

long SystemCalls::fd_by_id(int command, uint32_t id, uint32_t flags) {
  bpf_attr attr{};
  attr.map_id = id;
  attr.open_flags = flags;
  return instance_.bpf(command, attr);
}

long SystemCalls::link_create(long program, long target, uint32_t attach_type, uint64_t cookie,
                              uint32_t flags) {
  bpf_attr attr{};
  attr.link_create.prog_fd = number(program);
  attr.link_create.target_fd = number(target);
  attr.link_create.attach_type = attach_type;
  attr.link_create.flags = flags;
  attr.link_create.perf_event.bpf_cookie = cookie;
  return instance_.bpf(BPF_LINK_CREATE, attr);
}

long SystemCalls::link_update(long link, long program, uint32_t flags, long old) {
  bpf_attr attr{};
  attr.link_update.link_fd = number(link);
  attr.link_update.new_prog_fd = number(program);
  attr.link_update.flags = flags;
  attr.link_update.old_prog_fd = number(old);
  return instance_.bpf(BPF_LINK_UPDATE, attr);
}

long SystemCalls::link_detach(long link) {
  bpf_attr attr{};
  attr.link_detach.link_fd = number(link);
  return instance_.bpf(BPF_LINK_DETACH, attr);
}

long SystemCalls::raw_tracepoint(long program, const char* name) {
  bpf_attr attr{};
  attr.raw_tracepoint.prog_fd = number(program);
  attr.raw_tracepoint.name = user(name);
  return instance_.bpf(BPF_RAW_TRACEPOINT_OPEN, attr);
}

long SystemCalls::perf_tracepoint(const std::string& name) {
  perf_event_attr attr{};
  attr.size = sizeof attr;
  attr.type = PERF_TYPE_TRACEPOINT;
  attr.config = instance_.host().add_tracepoint(name, 64);
  return instance_.perf_event_open(attr, -1, 0);
}

long SystemCalls::perf_kprobe(const std::string& symbol) {
  perf_event_attr attr{};
  attr.size = sizeof attr;
  attr.type = kPerfTypeKprobe;
  attr.kprobe_func = user(symbol.c_str());
  return instance_.perf_event_open(attr, -1, 0);
}

long SystemCalls::perf_output(int cpu) {
  perf_event_attr attr{};
  attr.size = sizeof attr;
  attr.type = PERF_TYPE_SOFTWARE;
  attr.config = PERF_COUNT_SW_BPF_OUTPUT;
  attr.sample_type = PERF_SAMPLE_RAW;
  attr.wakeup_events = 1;
  return instance_.perf_event_open(attr, -1, cpu);
}

long SystemCalls::set_bpf(long event, long program) {
  return instance_.ioctl(static_cast<int>(event), PERF_EVENT_IOC_SET_BPF,
                         static_cast<uint64_t>(program));
}

std::vector<uint8_t> int_btf() {
  btf_header header{};
  header.magic = BTF_MAGIC;
  header.version = BTF_VERSION;
  header.hdr_len = sizeof header;
  header.type_len = sizeof(btf_type) + 4;
  header.str_off = header.type_len;
  header.str_len = 5;
  btf_type type{};
  type.name_off = 1;
  type.info = BTF_KIND_INT << 24;
  type.size = 4;
  const uint32_t encoding = 32;
  std::vector<uint8_t> bytes(sizeof header + header.type_len + header.str_len);
  std::memcpy(bytes.data(), &header, sizeof header);
  std::memcpy(bytes.data() + sizeof header, &type, sizeof type);
  std::memcpy(bytes.data() + sizeof header + sizeof type, &encoding, sizeof encoding);
  std::memcpy(bytes.data() + sizeof header + header.type_len, "\0int", 5);
  return bytes;
}

namespace insns {
namespace {

bpf_insn make(uint8_t code, uint8_t dst, uint8_t src, int16_t off, int32_t imm) {
  return {.code = code, .dst_reg = dst, .src_reg = src, .off = off, .imm = imm};
}
bpf_insn move(uint8_t dst, int32_t imm) {
  return make(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm);
}
bpf_insn copy(uint8_t dst, uint8_t src) {
  return make(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0);
}
bpf_insn add(uint8_t dst, int32_t imm) { return make(BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, imm); }
bpf_insn call(int32_t helper) { return make(BPF_JMP | BPF_CALL, 0, 0, 0, helper); }
bpf_insn leave() { return make(BPF_JMP | BPF_EXIT, 0, 0, 0, 0); }
bpf_insn store(uint8_t size, uint8_t dst, int16_t off, int32_t imm) {
  return make(static_cast<uint8_t>(BPF_ST | BPF_MEM | size), dst, 0, off, imm);
}
bpf_insn skip_if_not_zero(uint8_t reg, int16_t off) {
  return make(BPF_JMP | BPF_JNE | BPF_K, reg, 0, off, 0);
}
void load_map(std::vector<bpf_insn>& program, uint8_t dst, long map) {
  program.push_back(
      make(BPF_LD | BPF_DW | BPF_IMM, dst, BPF_PSEUDO_MAP_FD, 0, static_cast<int32_t>(map)));
  program.push_back(make(0, 0, 0, 0, 0));
}
void append(std::vector<bpf_insn>& program, const std::vector<bpf_insn>& more) {
  program.insert(program.end(), more.begin(), more.end());
}

}  // namespace

std::vector<bpf_insn> give(int32_t number) { return {move(0, number), leave()}; }

std::vector<bpf_insn> count(long map) {
  std::vector<bpf_insn> program{store(BPF_W, 10, -4, 0), copy(2, 10), add(2, -4)};
  load_map(program, 1, map);
  append(program,
         {call(BPF_FUNC_map_lookup_elem), skip_if_not_zero(0, 2), move(0, 0), leave(), move(1, 1),
          make(BPF_STX | BPF_ATOMIC | BPF_DW, 0, 1, 0, BPF_ADD), move(0, 0), leave()});
  return program;
}

std::vector<bpf_insn> tail_call(long array) {
  std::vector<bpf_insn> program{};
  load_map(program, 2, array);
  append(program, {move(3, 0), call(BPF_FUNC_tail_call), move(0, 7), leave()});
  return program;
}

std::vector<bpf_insn> ring(long map, int32_t number) {
  std::vector<bpf_insn> program{};
  load_map(program, 1, map);
  append(program, {move(2, 8), move(3, 0), call(BPF_FUNC_ringbuf_reserve), skip_if_not_zero(0, 2),
                   move(0, 0), leave(), store(BPF_DW, 0, 0, number), copy(1, 0), move(2, 0),
                   call(BPF_FUNC_ringbuf_submit), move(0, 0), leave()});
  return program;
}

std::vector<bpf_insn> perf_output(long array) {
  std::vector<bpf_insn> program{store(BPF_DW, 10, -8, 42)};
  load_map(program, 2, array);
  append(program, {make(BPF_ALU | BPF_MOV | BPF_K, 3, 0, 0, -1), copy(4, 10), add(4, -8),
                   move(5, 8), call(BPF_FUNC_perf_event_output), move(0, 0), leave()});
  return program;
}

std::vector<bpf_insn> loop(int32_t rounds) {
  return {move(1, 0), add(1, 1), make(BPF_JMP | BPF_JLT | BPF_K, 1, 0, -2, rounds), move(0, 0),
          leave()};
}

}  // namespace insns

}  // namespace zext::shim
