// Oracle: the host kernel's bpf(2) and this library, asked the same.
//
//   Oracle oracle;
//   if (!oracle.reason().empty()) GTEST_SKIP() << oracle.reason();
//   Both fds = oracle.both([&](Side& side) { return side.bpf(BPF_MAP_CREATE, attr); });
//   EXPECT_EQ(fds.kernel, fds.shim);    // descriptors aside
#pragma once

#include <errno.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "kernel_shim/hosts/process/instance.h"

namespace zext::shim {

// Results are as the kernel's: 0 or positive, or a negative errno.
class Side {
 public:
  virtual ~Side() = default;
  virtual long bpf(int command, bpf_attr& attr) = 0;
  virtual void close(int fd) = 0;
};

class KernelSide : public Side {
 public:
  long bpf(int command, bpf_attr& attr) override {
    const long result = syscall(SYS_bpf, command, &attr, sizeof attr);
    return result < 0 ? -errno : result;
  }
  void close(int fd) override { ::close(fd); }
};

class ShimSide : public Side {
 public:
  explicit ShimSide(uint32_t cpus) : instance_(Instance::Options{.host = {.cpus = cpus}}) {}

  long bpf(int command, bpf_attr& attr) override { return instance_.bpf(command, attr); }
  void close(int fd) override { instance_.host().close(fd); }

 private:
  Instance instance_;
};

class Oracle {
 public:
  Oracle() : cpus_(possible_cpus()), shim_(cpus_) {
    bpf_attr attr{};
    attr.map_type = BPF_MAP_TYPE_QUEUE;
    attr.value_size = 4;
    attr.max_entries = 1;
    const long fd = kernel_.bpf(BPF_MAP_CREATE, attr);
    if (fd < 0) {
      reason_ = std::string("the host kernel's bpf(2) says: ") + strerror(static_cast<int>(-fd));
    } else {
      kernel_.close(static_cast<int>(fd));
    }
  }
  // Why there is nothing to compare with; empty if there is.
  const std::string& reason() const { return reason_; }
  uint32_t cpus() const { return cpus_; }
  Side& kernel() { return kernel_; }
  Side& shim() { return shim_; }

 private:
  // "0-3": as far as this file goes on machines without holes.
  static uint32_t possible_cpus() {
    FILE* file = fopen("/sys/devices/system/cpu/possible", "r");
    if (file == nullptr) return 1;
    unsigned first = 0;
    unsigned last = 0;
    const int read = fscanf(file, "%u-%u", &first, &last);  // NOLINT(cert-err34-c)
    fclose(file);
    return read == 2 ? last + 1 : 1;
  }

  uint32_t cpus_;
  KernelSide kernel_;
  ShimSide shim_;
  std::string reason_;
};

}  // namespace zext::shim
