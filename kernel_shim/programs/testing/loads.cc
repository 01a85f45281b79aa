#include "kernel_shim/programs/testing/loads.h"

#include <stdexcept>
#include <utility>

#include "isa/ebpf/asm.h"
#include "kernel_shim/engines/interpreter/interpreter_engine.h"
#include "kernel_shim/programs/analyser.h"

namespace zext::shim {

Loads::Loads(ProcessHost::Options options, const kshim_config& config) : host_(std::move(options)) {
  kshim_config wanted = config;
  wanted.size = sizeof wanted;
  if (kshim_create(&host_.functions(), &wanted, &shim_) != 0) {
    throw std::runtime_error("no instance");
  }
  host_.serve(shim_);
  kernel().engine = &kInterpreter;
  kernel().analyser = &kHostedAnalyser;
}

Loads::~Loads() {
  host_.close_all();
  kshim_destroy(shim_);
}

Kernel& Loads::kernel() { return kernel_of(shim_); }

long Loads::bpf(int command, bpf_attr& attr) {
  return kshim_bpf(shim_, command, user(&attr), sizeof attr);
}

Loads::Prepared Loads::prepare(const LoadText& program) {
  auto slots = ebpf::assemble(program.text);
  if (!slots) throw std::runtime_error(program.text);
  Prepared prepared{.slots = *std::move(slots), .license = program.license, .log = {}};
  bpf_attr& attr = prepared.attr;
  attr.prog_type = program.type;
  attr.insn_cnt = static_cast<uint32_t>(prepared.slots.size());
  attr.insns = user(prepared.slots.data());
  attr.expected_attach_type = program.attach_type;
  attr.prog_flags = program.flags;
  if (program.level != 0) {
    prepared.log.resize(program.room);
    attr.log_level = program.level;
    attr.log_buf = user(prepared.log.data());
    attr.log_size = program.room;
  }
  return prepared;
}

long Loads::load_prepared(Prepared& prepared) {
  // Here its bytes stay where they are.
  if (prepared.attr.license == 0) prepared.attr.license = user(prepared.license.c_str());
  return bpf(BPF_PROG_LOAD, prepared.attr);
}

Loaded Loads::finish(Prepared& prepared) {
  Loaded loaded{.result = load_prepared(prepared), .log = {}};
  if (!prepared.log.empty()) loaded.log = prepared.log.data();
  return loaded;
}

Loaded Loads::load(const LoadText& program) {
  Prepared prepared = prepare(program);
  return finish(prepared);
}

int Loads::map(uint32_t type, uint32_t key, uint32_t value, uint32_t entries, uint32_t flags) {
  bpf_attr attr{};
  attr.map_type = type;
  attr.key_size = key;
  attr.value_size = value;
  attr.max_entries = entries;
  attr.map_flags = flags;
  return static_cast<int>(bpf(BPF_MAP_CREATE, attr));
}

long Loads::btf(const void* data, uint32_t size) {
  bpf_attr attr{};
  attr.btf = user(data);
  attr.btf_size = size;
  return bpf(BPF_BTF_LOAD, attr);
}

Program& Loads::program(long fd) {
  return static_cast<Program&>(object_of(host_.at(static_cast<int>(fd))));
}

}  // namespace zext::shim
