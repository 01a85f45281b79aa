// ProgramTest: a host, an instance with the interpreter, and programs from text, without a
// verifier.
//
//   class MyTest : public ProgramTest {};
//   TEST_F(MyTest, Returns) { EXPECT_EQ(run(program("r0 = 7\n exit")), 7u); }
#pragma once

#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "isa/ebpf/asm.h"
#include "kernel_shim/engines/interpreter/interpreter_engine.h"
#include "kernel_shim/hosts/process/process_host.h"
#include "kernel_shim/maps/map.h"
#include "kernel_shim/programs/program.h"

namespace zext::shim {

class ProgramTest : public testing::Test {
 protected:
  ProgramTest() {
    kernel_.start();
    kernel_.engine = &kInterpreter;
    kernel_.ops(KSHIM_MAP) = {.last_handle = map_last_handle, .destroy = map_destroy};
    kernel_.ops(KSHIM_PROGRAM) = {.destroy = destroy_program};
    host_.serve(c_shim(kernel_));
  }
  ~ProgramTest() override {
    host_.close_all();
    for (Program* program : programs_) put(kernel_, *program);
    for (Map* map : maps_) put(kernel_, *map);
    kernel_.stop();
  }

  Program& program(std::string_view text, uint32_t type = BPF_PROG_TYPE_SOCKET_FILTER,
                   const std::vector<uint32_t>& probes = {}) {
    const auto slots = ebpf::assemble(text);
    if (!slots) ADD_FAILURE() << describe(slots.error());
    return program(slots.value(), type, probes);
  }
  Program& program(const std::vector<ebpf::Slot>& slots, uint32_t type,
                   const std::vector<uint32_t>& probes = {}) {
    auto* made = kernel_.make<Program>(KSHIM_PROGRAM);
    programs_.push_back(made);
    made->type = type;
    made->slots = static_cast<uint32_t>(slots.size());
    made->insns = copy(*made, slots);
    made->probes = copy(*made, probes);
    made->probe_count = static_cast<uint32_t>(probes.size());
    const uint64_t statistics = kernel_.cpu_count() * sizeof(ProgramStatistics);
    made->statistics = static_cast<ProgramStatistics*>(kernel_.alloc_zeroed(*made, statistics));
    EXPECT_EQ(kInterpreter.prepare(kernel_, *made), 0);
    return *made;
  }

  Map& map(MapAttributes attributes) {
    Map* made = nullptr;
    EXPECT_EQ(map_create(kernel_, attributes, &made), 0);
    maps_.push_back(made);
    return *made;
  }

  // Runs it once on this context.
  uint64_t run(Program& program, void* context = nullptr) {
    shim::Run run{.kernel = kernel_, .program = &program, .context = context};
    return this->run(program, run);
  }
  uint64_t run(Program& program, shim::Run& run) {
    const ReadSection section(kernel_);
    return program_run(kernel_, program, run);
  }

  // "r1 = 0x... ll", for addresses in programs' text.
  static std::string load(int number, const void* address) {
    return "r" + std::to_string(number) + " = " +
           std::to_string(reinterpret_cast<uint64_t>(address)) + " ll\n";
  }

  ProcessHost host_;
  Kernel kernel_{Host(host_.functions()), kshim_config{}};

 private:
  template <typename T>
  T* copy(Program& program, const std::vector<T>& from) {
    if (from.empty()) return nullptr;
    void* to = kernel_.alloc(program, from.size() * sizeof(T));
    __builtin_memcpy(to, from.data(), from.size() * sizeof(T));
    return static_cast<T*>(to);
  }
  static void destroy_program(Kernel& kernel, Object& object) {
    auto& program = static_cast<Program&>(object);
    kInterpreter.release(kernel, program);
    kernel.free(program, program.insns, program.slots * sizeof(ebpf::Slot));
    kernel.free(program, program.probes, program.probe_count * sizeof(uint32_t));
    kernel.free(program, program.statistics, kernel.cpu_count() * sizeof(ProgramStatistics));
    kernel.destroy(program);
  }

  std::vector<Program*> programs_;
  std::vector<Map*> maps_;
};

}  // namespace zext::shim
