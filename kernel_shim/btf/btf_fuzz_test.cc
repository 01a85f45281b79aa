// BTF that is broken: that of this machine's kernel, and what a generator makes, with bytes
// changed. Whatever the answer, nothing is read outside and nothing is left.
#include <errno.h>

#include <chrono>
#include <fstream>
#include <iterator>

#include "kernel_shim/btf/btf_fixture.h"
#include "kernel_shim/btf/btf_random.h"

namespace zext::shim {
namespace {

using BtfFuzzTest = BtfTest;

// Asks all that can be asked of BTF that was found good.
void read_all(const BtfObject& btf) {
  size_t letters = 0;
  for (uint32_t id = 0; id < btf.type_count + 2; ++id) {
    ASSERT_LT(btf.resolve(id), btf.type_count);
    const uint64_t size = btf.size_of(id);
    if (btf.type(id) == nullptr) continue;
    letters += std::strlen(btf.string(btf.type(id)->name_off));
    ValueFields fields;
    btf_check_map(btf, id % 33, id / 2, id, 4, static_cast<uint32_t>(size), &fields);
    if (fields.spin_lock != ~0u) {
      ASSERT_LE(fields.spin_lock + 4, size);
    }
    if (fields.timer != ~0u) {
      ASSERT_LE(fields.timer + 16, size);
    }
  }
  ASSERT_LE(letters, btf.size * btf.type_count);
}

class Deadline {
 public:
  explicit Deadline(std::chrono::milliseconds time) : end_(Clock::now() + time) {}
  bool over() const { return Clock::now() > end_; }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point end_;
};

TEST_F(BtfFuzzTest, RandomTypes) {
  RandomBtf random(1);
  int good = 0;
  int bad = 0;
  const ProcessHost::Counts before = host_.counts();
  for (const Deadline deadline(std::chrono::seconds(3)); !deadline.over();) {
    std::vector<uint8_t> bytes = random.blob(0.2).bytes();
    if (random.chance(0.5)) random.damage(bytes);
    if (load(bytes) == 0) {
      ++good;
      read_all(loaded());
    } else {
      ++bad;
    }
  }
  // Both ways are taken.
  EXPECT_GT(good, 10);
  EXPECT_GT(bad, 10);
  loaded_.reset();
  EXPECT_EQ(host_.counts(), before);
}

TEST_F(BtfFuzzTest, TheKernelsOwn) {
  std::ifstream file("/sys/kernel/btf/vmlinux", std::ios::binary);
  if (!file) GTEST_SKIP() << "this kernel has no BTF of its own";
  const std::vector<uint8_t> good{std::istreambuf_iterator<char>(file), {}};
  RandomBtf random(2);
  int rounds = 0;
  for (const Deadline deadline(std::chrono::seconds(5)); !deadline.over(); ++rounds) {
    std::vector<uint8_t> bytes = good;
    for (int i = 0; i < 3; ++i) random.damage(bytes);
    // Good or not, the log is longer than its room.
    load(bytes);
    if (loaded_) read_all(loaded());
    BtfObject* btf = nullptr;
    if (btf_load_host(kernel_, bytes.data(), bytes.size(), "vmlinux", &btf) != 0) continue;
    read_all(*btf);
    put(kernel_, *btf);
  }
  EXPECT_GT(rounds, 0);
}

}  // namespace
}  // namespace zext::shim
