#include "kernel_shim/programs/program.h"

#include "kernel_shim/programs/engine.h"

namespace zext::shim {
namespace {

void put_all(Kernel& kernel, Program& program) {
  for (uint32_t i = 0; i < program.map_count; ++i) put(kernel, *program.maps[i]);
  if (program.btf != nullptr) put(kernel, *program.btf);
  if (program.attach_btf != nullptr) put(kernel, *program.attach_btf);
  if (program.attach_program != nullptr) put(kernel, *program.attach_program);
}

}  // namespace

void program_destroy(Kernel& kernel, Object& object) {
  auto& program = static_cast<Program&>(object);
  if (program.prepared) {
    // Somebody may have found it in a program array before the last reference went.
    kernel.synchronise();
    kernel.engine->release(kernel, program);
  }
  put_all(kernel, program);
  const uint64_t slots = program.slots;
  kernel.free(program, program.insns, sizeof(ebpf::Slot) * slots);
  kernel.free(program, program.xlated, sizeof(ebpf::Slot) * slots);
  kernel.free(program, program.probes, sizeof(uint32_t) * program.probe_count);
  kernel.free(program, static_cast<void*>(program.maps), sizeof(Map*) * program.map_room);
  kernel.free(program, program.func_info,
              uint64_t{program.func_info_size} * program.func_info_count);
  kernel.free(program, program.line_info,
              uint64_t{program.line_info_size} * program.line_info_count);
  kernel.free(program, program.statistics, sizeof(ProgramStatistics) * kernel.cpu_count());
  kernel.destroy(program);
}

}  // namespace zext::shim
