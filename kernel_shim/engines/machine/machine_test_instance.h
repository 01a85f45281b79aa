// TestInstance: an instance on an engine of the test's choice, and bpf(2) on it.
//
//   TestInstance rtl("rtl"), interpreter("interpreter");
//   const int map = rtl.map(BPF_MAP_TYPE_HASH, 4, 8, 16);
//   const int program = rtl.load(BPF_PROG_TYPE_XDP, assemble_with({map}, text));
//   rtl.test_run(program, packet).retval
#pragma once

#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "isa/ebpf/asm.h"
#include "kernel_shim/engines/interpreter/interpreter_engine.h"
#include "kernel_shim/engines/machine/machine_engine.h"
#include "kernel_shim/hosts/process/process_host.h"
#include "kernel_shim/programs/analyser.h"
#include "kernel_shim/runtime/kernel.h"

namespace zext::shim {

struct TestRunResult {
  long error = 0;
  uint32_t retval = 0;
  uint32_t duration = 0;
  std::vector<uint8_t> data;
};

class TestInstance {
 public:
  // "interpreter", or a machine's name.
  explicit TestInstance(std::string_view engine, const Analyser& analyser = kPlainAnalyser) {
    const kshim_host* functions = &host_.functions();
    if (const auto kind = machine_named(engine)) {
      auto made =
          MachineHost::create(host_.functions(), {.machine = *kind, .memory = uint64_t{64} << 20});
      if (!made) {
        ADD_FAILURE() << made.error();
        std::abort();
      }
      machine_ = std::move(*made);
      functions = &machine_->functions();
    }
    EXPECT_EQ(kshim_create(functions, nullptr, &shim_), 0);
    kernel().analyser = &analyser;
    kernel().engine = &kInterpreter;
    if (machine_) machine_->use(kernel());
    host_.serve(shim_, kshim_fire);
  }
  ~TestInstance() {
    host_.close_all();
    EXPECT_EQ(kshim_destroy(shim_), 0U) << "objects left";
  }
  TestInstance(const TestInstance&) = delete;
  TestInstance& operator=(const TestInstance&) = delete;

  Kernel& kernel() { return kernel_of(shim_); }
  ProcessHost& host() { return host_; }
  MachineHost& machine() { return *machine_; }

  long bpf(int command, bpf_attr& attr) {
    return kshim_bpf(shim_, command, reinterpret_cast<uint64_t>(&attr), sizeof attr);
  }

  int map(bpf_map_type type, uint32_t key_size, uint32_t value_size, uint32_t entries,
          uint32_t flags = 0) {
    bpf_attr attr{};
    attr.map_type = type;
    attr.key_size = key_size;
    attr.value_size = value_size;
    attr.max_entries = entries;
    attr.map_flags = flags;
    const long fd = bpf(BPF_MAP_CREATE, attr);
    EXPECT_GE(fd, 0);
    return static_cast<int>(fd);
  }

  // `text` with {0}, {1} ... standing for the descriptors of maps.
  std::vector<ebpf::Slot> assemble(std::string text, const std::vector<int>& maps) {
    for (size_t i = 0; i < maps.size(); ++i) {
      const std::string mark = "{" + std::to_string(i) + "}";
      for (size_t at = text.find(mark); at != std::string::npos; at = text.find(mark)) {
        text.replace(at, mark.size(), std::to_string(maps[i]));
      }
    }
    const auto slots = ebpf::assemble(text);
    if (!slots) ADD_FAILURE() << ebpf::describe(slots.error()) << "\n" << text;
    return slots.value_or(std::vector<ebpf::Slot>());
  }

  int load(bpf_prog_type type, const std::string& text, const std::vector<int>& maps = {}) {
    const auto slots = assemble(text, maps);
    std::vector<char> log(65536);
    bpf_attr attr{};
    attr.prog_type = type;
    attr.insns = reinterpret_cast<uint64_t>(slots.data());
    attr.insn_cnt = static_cast<uint32_t>(slots.size());
    attr.license = reinterpret_cast<uint64_t>("GPL");
    attr.log_level = 1;
    attr.log_buf = reinterpret_cast<uint64_t>(log.data());
    attr.log_size = static_cast<uint32_t>(log.size());
    const long fd = bpf(BPF_PROG_LOAD, attr);
    EXPECT_GE(fd, 0) << log.data() << "\n" << text;
    return static_cast<int>(fd);
  }

  TestRunResult test_run(int program, const std::vector<uint8_t>& packet, uint32_t repeat = 1) {
    TestRunResult result;
    result.data.resize(packet.size() + 256);
    bpf_attr attr{};
    attr.test.prog_fd = static_cast<uint32_t>(program);
    attr.test.data_in = reinterpret_cast<uint64_t>(packet.data());
    attr.test.data_size_in = static_cast<uint32_t>(packet.size());
    attr.test.data_out = reinterpret_cast<uint64_t>(result.data.data());
    attr.test.data_size_out = static_cast<uint32_t>(result.data.size());
    attr.test.repeat = repeat;
    result.error = bpf(BPF_PROG_TEST_RUN, attr);
    result.retval = attr.test.retval;
    result.duration = attr.test.duration;
    result.data.resize(attr.test.data_size_out);
    return result;
  }

  int update(int map, const void* key, const void* value) {
    bpf_attr attr{};
    attr.map_fd = static_cast<uint32_t>(map);
    attr.key = reinterpret_cast<uint64_t>(key);
    attr.value = reinterpret_cast<uint64_t>(value);
    return static_cast<int>(bpf(BPF_MAP_UPDATE_ELEM, attr));
  }

  // All of a map with keys and values, as system calls see it.
  std::map<std::vector<uint8_t>, std::vector<uint8_t>> dump(int map, uint32_t key_size,
                                                            uint32_t value_size) {
    std::map<std::vector<uint8_t>, std::vector<uint8_t>> all;
    std::vector<uint8_t> key(key_size), value(value_size);
    bpf_attr attr{};
    attr.map_fd = static_cast<uint32_t>(map);
    attr.next_key = reinterpret_cast<uint64_t>(key.data());
    while (bpf(BPF_MAP_GET_NEXT_KEY, attr) == 0) {
      bpf_attr look{};
      look.map_fd = static_cast<uint32_t>(map);
      look.key = reinterpret_cast<uint64_t>(key.data());
      look.value = reinterpret_cast<uint64_t>(value.data());
      if (bpf(BPF_MAP_LOOKUP_ELEM, look) == 0) all[key] = value;
      attr.key = reinterpret_cast<uint64_t>(key.data());
    }
    return all;
  }

 private:
  ProcessHost host_;
  std::unique_ptr<MachineHost> machine_;
  kshim* shim_ = nullptr;
};

}  // namespace zext::shim
