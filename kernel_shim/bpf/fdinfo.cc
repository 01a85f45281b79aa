#include "kernel_shim/bpf/fdinfo.h"

#include "kernel_shim/btf/btf_object.h"
#include "kernel_shim/links/link.h"
#include "kernel_shim/maps/map.h"
#include "kernel_shim/programs/program.h"

namespace zext::shim {
namespace {

// Lines `name:\tvalue\n`.
class Lines {
 public:
  Lines(char* text, uint64_t size) : text_(text), room_(size == 0 ? 0 : size - 1) {}

  void text(const char* name, const char* value) {
    begin(name);
    append(value);
    append("\n");
  }
  void number(const char* name, uint64_t value) {
    begin(name);
    digits(value, 10);
    append("\n");
  }
  // As printf's %#x: 0 has no prefix.
  void hex(const char* name, uint64_t value) {
    begin(name);
    if (value != 0) append("0x");
    digits(value, 16);
    append("\n");
  }
  void bytes(const char* name, const uint8_t* value, uint32_t count) {
    begin(name);
    for (uint32_t i = 0; i < count; ++i) {
      const char pair[3] = {kDigits[value[i] >> 4], kDigits[value[i] & 15], 0};
      append(pair);
    }
    append("\n");
  }
  uint64_t finish(uint64_t size) {
    if (size != 0) text_[used_] = 0;
    return used_;
  }

 private:
  static constexpr const char* kDigits = "0123456789abcdef";

  void begin(const char* name) {
    append(name);
    append(":\t");
  }
  void append(const char* value) {
    while (*value != 0 && used_ < room_) text_[used_++] = *value++;
  }
  void digits(uint64_t value, uint32_t base) {
    char reversed[21] = {};
    uint32_t at = sizeof reversed - 1;
    do {
      reversed[--at] = kDigits[value % base];
      value /= base;
    } while (value != 0);
    append(reversed + at);
  }

  char* text_;
  uint64_t room_;
  uint64_t used_ = 0;
};

uint64_t whole_pages(uint64_t bytes) { return (bytes + kPageSize - 1) / kPageSize * kPageSize; }

void add_map(Kernel& kernel, const Map& map, Lines& lines) {
  lines.number("map_type", map.type);
  lines.number("key_size", map.key_size);
  lines.number("value_size", map.value_size);
  lines.number("max_entries", map.max_entries);
  lines.hex("map_flags", map.flags);
  lines.hex("map_extra", map.extra);
  // 5.19 reckons this from the sizes; what is really charged is Object::memory.
  const uint64_t element = (map.key_size + user_value_size(kernel, map) + 7) / 8 * 8;
  lines.number("memlock", whole_pages(map.max_entries * element));
  lines.number("map_id", map.id);
  lines.number("frozen", map.frozen.load() ? 1 : 0);
  const uint32_t owner = map.owner_type.load();
  if (owner == 0) return;
  lines.number("owner_prog_type", owner);
  lines.number("owner_jited", map.owner_jited.load() ? 1 : 0);
}

void add_program(Kernel& kernel, const Program& program, Lines& lines) {
  uint64_t runs = 0;
  uint64_t nanoseconds = 0;
  uint64_t misses = 0;
  for (uint32_t i = 0; program.statistics != nullptr && i < kernel.cpu_count(); ++i) {
    runs += program.statistics[i].runs;
    nanoseconds += program.statistics[i].nanoseconds;
    misses += program.statistics[i].misses;
  }
  lines.number("prog_type", program.type);
  lines.number("prog_jited", program.jited ? 1 : 0);
  lines.bytes("prog_tag", program.tag, sizeof program.tag);
  lines.number("memlock", whole_pages(program.memory.load()));
  lines.number("prog_id", program.id);
  lines.number("run_time_ns", nanoseconds);
  lines.number("run_cnt", runs);
  lines.number("recursion_misses", misses);
  lines.number("verified_insns", program.verified_insns);
}

const char* link_type_name(uint32_t type) {
  switch (type) {
    case BPF_LINK_TYPE_RAW_TRACEPOINT:
      return "raw_tracepoint";
    case BPF_LINK_TYPE_TRACING:
      return "tracing";
    case BPF_LINK_TYPE_CGROUP:
      return "cgroup";
    case BPF_LINK_TYPE_ITER:
      return "iter";
    case BPF_LINK_TYPE_NETNS:
      return "netns";
    case BPF_LINK_TYPE_XDP:
      return "xdp";
    case BPF_LINK_TYPE_PERF_EVENT:
      return "perf";
    case BPF_LINK_TYPE_KPROBE_MULTI:
      return "kprobe_multi";
    default:
      return "<invalid>";
  }
}

void add_link(Kernel& kernel, Link& link, Lines& lines) {
  static constexpr uint8_t kNoTag[BPF_TAG_SIZE] = {};
  lines.text("link_type", link_type_name(link.type));
  lines.number("link_id", link.id);
  const Ref<Program> program = link_program(kernel, link);
  lines.bytes("prog_tag", !program ? kNoTag : program->tag, BPF_TAG_SIZE);
  lines.number("prog_id", !program ? 0 : program->id);
  if (link.type == BPF_LINK_TYPE_RAW_TRACEPOINT) lines.text("tp_name", link.target);
  if (link.type != BPF_LINK_TYPE_TRACING) return;
  lines.number("attach_type", link.attach_type);
  lines.number("target_obj_id", link.target_object);
  lines.number("target_btf_id", link.target_id);
}

}  // namespace

uint64_t fdinfo(Kernel& kernel, Object& object, char* text, uint64_t size) {
  Lines lines(text, size);
  switch (object.kind) {
    case KSHIM_MAP:
      add_map(kernel, static_cast<const Map&>(object), lines);
      break;
    case KSHIM_PROGRAM:
      add_program(kernel, static_cast<const Program&>(object), lines);
      break;
    case KSHIM_LINK:
      add_link(kernel, static_cast<Link&>(object), lines);
      break;
    case KSHIM_BTF:
      lines.number("btf_id", object.id);
      break;
    case KSHIM_PERF_EVENT:
      break;
  }
  return lines.finish(size);
}

}  // namespace zext::shim
