// Our verdict on BTF beside that of the kernel that this machine runs, and what both say of it.
//
// Generated BTF keeps to what 5.19 and later kernels judge alike.
#include <errno.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel_shim/btf/btf_fixture.h"
#include "kernel_shim/btf/btf_random.h"

namespace zext::shim {
namespace {

// 0 or -errno, and the log.
int load_linux(const std::vector<uint8_t>& bytes, std::string* log) {
  std::string text(1 << 16, '\0');
  bpf_attr attr{};
  attr.btf = reinterpret_cast<uint64_t>(bytes.data());
  attr.btf_size = static_cast<uint32_t>(bytes.size());
  attr.btf_log_buf = reinterpret_cast<uint64_t>(text.data());
  attr.btf_log_size = static_cast<uint32_t>(text.size());
  attr.btf_log_level = 1;
  const long fd = syscall(SYS_bpf, BPF_BTF_LOAD, &attr, sizeof attr);
  const int error = fd < 0 ? -errno : 0;
  if (fd >= 0) close(static_cast<int>(fd));
  *log = text.c_str();
  return error;
}

// 5.19 prints enumerators with their sign, and from 6.0 on it asks the type's flag.
std::string with_unsigned(std::string log) {
  for (size_t at = log.find("val=-"); at != std::string::npos; at = log.find("val=-", at + 1)) {
    const size_t end = log.find('\n', at);
    const auto value = static_cast<uint32_t>(std::stol(log.substr(at + 4, end - at - 4)));
    log.replace(at + 4, end - at - 4, std::to_string(value));
  }
  return log;
}

class BtfLinuxTest : public BtfTest {
 protected:
  void SetUp() override {
    Blob blob;
    blob.integer("int", 4);
    std::string log;
    const int error = load_linux(blob.bytes(), &log);
    if (error != 0) GTEST_SKIP() << "this machine's kernel takes no BTF: " << error;
  }
  void compare(const std::vector<uint8_t>& bytes) {
    std::string theirs;
    const int expected = load_linux(bytes, &theirs);
    const int error = load(bytes);
    ++verdicts_[error == 0];
    EXPECT_EQ(error, expected) << "ours:\n" << log() << "\nLinux's:\n" << theirs;
    EXPECT_EQ(with_unsigned(log()), theirs);
  }
  int verdicts_[2] = {};
};

TEST_F(BtfLinuxTest, RandomTypes) {
  RandomBtf random(3, false);
  for (int i = 0; i < 20000 && !HasFailure(); ++i) {
    compare(random.blob(i % 4 * 0.1).bytes());
  }
  EXPECT_GT(verdicts_[0], 1000);
  EXPECT_GT(verdicts_[1], 1000);
}

TEST_F(BtfLinuxTest, BrokenHeaders) {
  RandomBtf random(4, false);
  for (int i = 0; i < 5000 && !HasFailure(); ++i) {
    std::vector<uint8_t> bytes = random.blob(0).bytes();
    bytes[random.below(24)] = static_cast<uint8_t>(random.below(random.chance(0.5) ? 256 : 32));
    compare(bytes);
  }
}

}  // namespace
}  // namespace zext::shim
