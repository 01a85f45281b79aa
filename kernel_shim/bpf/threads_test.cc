// System calls of several threads on the same objects.
#include <errno.h>

#include <thread>

#include "kernel_shim/bpf/bpf_fixture.h"

namespace zext::shim {
namespace {

class ThreadsTest : public testing::Test {
 protected:
  ThreadsTest() {
    EXPECT_EQ(kshim_create(&host_.functions(), nullptr, &shim_), 0);
    host_.serve(shim_);
  }
  ~ThreadsTest() override {
    host_.close_all();
    EXPECT_EQ(kshim_destroy(shim_), 0u);
  }
  long call(int command, bpf_attr& attr) {
    return kshim_bpf(shim_, command, reinterpret_cast<kshim_uptr>(&attr), sizeof attr);
  }
  int make_map(uint32_t flags = 0) {
    bpf_attr attr{};
    attr.map_type = BPF_MAP_TYPE_ARRAY;
    attr.key_size = 4;
    attr.value_size = 8;
    attr.max_entries = 1;
    attr.map_flags = flags;
    return static_cast<int>(call(BPF_MAP_CREATE, attr));
  }
  static void together(const std::vector<std::function<void()>>& bodies) {
    std::vector<std::thread> threads;
    threads.reserve(bodies.size());
    for (const auto& body : bodies) threads.emplace_back(body);
    for (std::thread& thread : threads) thread.join();
  }

  ProcessHost host_;
  kshim* shim_ = nullptr;
};

// Once frozen, the value is what it was: no write that had begun comes after.
TEST_F(ThreadsTest, NothingIsWrittenAfterFreezing) {
  for (int round = 0; round < 200; ++round) {
    const int fd = make_map();
    std::atomic<bool> frozen{false};
    const auto write = [&] {
      uint32_t key = 0;
      for (uint64_t value = 1; !frozen.load(); ++value) {
        bpf_attr attr{};
        attr.map_fd = static_cast<uint32_t>(fd);
        attr.key = reinterpret_cast<kshim_uptr>(&key);
        attr.value = reinterpret_cast<kshim_uptr>(&value);
        const long error = call(BPF_MAP_UPDATE_ELEM, attr);
        EXPECT_TRUE(error == 0 || error == -EPERM) << error;
        if (error != 0) return;
      }
    };
    const auto freeze = [&] {
      bpf_attr attr{};
      attr.map_fd = static_cast<uint32_t>(fd);
      while (call(BPF_MAP_FREEZE, attr) == -EBUSY) std::this_thread::yield();
      uint64_t seen[2] = {};
      uint32_t key = 0;
      for (uint64_t& value : seen) {
        bpf_attr read{};
        read.map_fd = static_cast<uint32_t>(fd);
        read.key = reinterpret_cast<kshim_uptr>(&key);
        read.value = reinterpret_cast<kshim_uptr>(&value);
        EXPECT_EQ(call(BPF_MAP_LOOKUP_ELEM, read), 0);
        std::this_thread::yield();
      }
      EXPECT_EQ(seen[0], seen[1]);
      frozen = true;
    };
    together({write, write, freeze});
    host_.close(fd);
  }
}

// Ids found by one thread while another closes what has them.
TEST_F(ThreadsTest, ObjectsComeAndGo) {
  std::atomic<bool> over{false};
  const auto come_and_go = [&] {
    for (int i = 0; i < 2000; ++i) {
      const int fd = make_map(i % 2 == 0 ? 0 : BPF_F_RDONLY);
      EXPECT_GE(fd, 0);
      host_.close(fd);
    }
    over = true;
  };
  const auto look = [&] {
    while (!over) {
      bpf_attr attr{};
      while (call(BPF_MAP_GET_NEXT_ID, attr) == 0) {
        bpf_attr open{};
        open.map_id = attr.next_id;
        open.open_flags = attr.next_id % 3 == 0 ? BPF_F_WRONLY : 0;
        const long fd = call(BPF_MAP_GET_FD_BY_ID, open);
        EXPECT_TRUE(fd >= 0 || fd == -ENOENT) << fd;
        if (fd >= 0) host_.close(static_cast<int>(fd));
        attr.start_id = attr.next_id;
        attr.next_id = 0;
        attr.open_flags = 0;
      }
    }
  };
  together({come_and_go, come_and_go, look, look});
}

}  // namespace
}  // namespace zext::shim
