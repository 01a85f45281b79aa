// TestRunTest: PROG_TEST_RUN of programs from text.
//
//   Trial test{.data_in = packet};
//   EXPECT_EQ(test_run(program("r0 = 7\n exit"), test), 0);
//   test.attr.test.retval                                   // 7
#pragma once

#include <cstring>
#include <string>
#include <vector>

#include "kernel_shim/bpf/command.h"
#include "kernel_shim/programs/testing.h"

namespace zext::shim {

using Bytes = std::vector<uint8_t>;

// An Ethernet frame of IPv4, `size` bytes.
inline Bytes frame(size_t size = 64) {
  Bytes bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(i);
  if (size >= 14) {
    bytes[12] = 0x08;
    bytes[13] = 0x00;
  }
  return bytes;
}

// What goes in and comes out. Sizes that are not given are those of the buffers.
struct Trial {
  Bytes data_in{};
  Bytes data_out{};
  Bytes ctx_in{};
  Bytes ctx_out{};
  uint32_t repeat = 0;
  bpf_attr attr{};

  void fill(uint32_t fd) {
    auto& test = attr.test;
    test.prog_fd = fd;
    test.repeat = repeat;
    const auto set = [](const Bytes& bytes, auto& address, uint32_t& size) {
      if (bytes.empty()) return;
      address = reinterpret_cast<uint64_t>(bytes.data());
      size = static_cast<uint32_t>(bytes.size());
    };
    set(data_in, test.data_in, test.data_size_in);
    set(data_out, test.data_out, test.data_size_out);
    set(ctx_in, test.ctx_in, test.ctx_size_in);
    set(ctx_out, test.ctx_out, test.ctx_size_out);
  }
};

template <typename T>
Bytes bytes_of(const T& value) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(&value);
  return {bytes, bytes + sizeof value};
}
template <typename T>
T from_bytes(const Bytes& bytes) {
  T value{};
  std::memcpy(&value, bytes.data(), bytes.size() < sizeof value ? bytes.size() : sizeof value);
  return value;
}

class TestRunTest : public ProgramTest {
 protected:
  // Fields that are not in Trial are set in test.attr before.
  long test_run(Program& program, Trial& test) {
    const int fd = install_fd(kernel_, program);
    test.fill(static_cast<uint32_t>(fd));
    Call call{.kernel = kernel_,
              .attr = test.attr,
              .user = reinterpret_cast<kshim_uptr>(&test.attr),
              .size = sizeof test.attr};
    const long result = command_prog_test_run(call);
    host_.close(fd);
    return result;
  }
};

}  // namespace zext::shim
