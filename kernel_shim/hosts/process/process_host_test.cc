#include "kernel_shim/hosts/process/process_host.h"

#include <errno.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>
#include <thread>

#include "kernel_shim/runtime/kernel.h"

namespace zext::shim {
namespace {

class ProcessHostTest : public testing::Test {
 protected:
  ProcessHostTest() {
    kernel_.start();
    kernel_.ops(KSHIM_MAP).destroy = [](Kernel& kernel, Object& object) { kernel.destroy(object); };
    host_.serve(c_shim(kernel_));
  }
  ~ProcessHostTest() override {
    host_.close_all();
    kernel_.stop();
  }
  int new_object() {
    auto* object = kernel_.make<Object>(KSHIM_MAP);
    const int fd = install_fd(kernel_, *object);
    put(kernel_, *object);
    return fd;
  }
  ProcessHost host_;
  Kernel kernel_{Host(host_.functions()), kshim_config{}};
};

TEST_F(ProcessHostTest, DescriptorsHoldAnObject) {
  const ProcessHost::Counts before = host_.counts();
  const int fd = new_object();
  EXPECT_EQ(fd, 3);
  EXPECT_GT(host_.counts().blocks, before.blocks);
  const int copy = host_.dup(fd);
  EXPECT_EQ(host_.close(fd), 0);
  EXPECT_EQ(host_.close(fd), -EBADF);
  Ref<Object> found;
  EXPECT_EQ(object_of_fd(kernel_, copy, KSHIM_MAP, &found), 0);
  EXPECT_EQ(object_of_fd(kernel_, copy, KSHIM_LINK, &found), -EINVAL);
  EXPECT_EQ(object_of_fd(kernel_, fd, KSHIM_MAP, &found), -EBADF);
  EXPECT_EQ(object_of_fd(kernel_, -1, KSHIM_MAP, &found), -EBADF);
  EXPECT_EQ(object_of_fd(kernel_, host_.open_other(), KSHIM_MAP, &found), -EINVAL);
  host_.close(copy);
  found.reset();
  EXPECT_EQ(host_.counts(), before);
}

TEST_F(ProcessHostTest, ClientsHaveTheirOwn) {
  const int fd = new_object();
  ProcessHost::Client& other = host_.add_client(0, 1000);
  {
    const ClientScope scope(host_, other);
    EXPECT_EQ(host_.at(fd), nullptr);
    EXPECT_FALSE(kernel_.host().capable(KSHIM_CAP_BPF));
    EXPECT_EQ(kernel_.host().user(), 1000);
  }
  EXPECT_TRUE(kernel_.host().capable(KSHIM_CAP_BPF));
  EXPECT_EQ(host_.send(fd, other), 3);
}

TEST_F(ProcessHostTest, PinsAreRemovedByName) {
  const int fd = new_object();
  kshim_object* object = host_.at(fd);
  const Host& host = kernel_.host();
  EXPECT_EQ(host.pin("/sys/fs/bpf/a", object, KSHIM_MAP), 0);
  EXPECT_EQ(host.pin("/sys/fs/bpf/a", object, KSHIM_MAP), -EEXIST);
  EXPECT_EQ(host.pin("/tmp/a", object, KSHIM_MAP), -EPERM);
  EXPECT_EQ(host.pin("/sys/fs/bpf/d/a", object, KSHIM_MAP), -ENOENT);
  EXPECT_EQ(host_.make_directory("/sys/fs/bpf/d"), 0);
  EXPECT_EQ(host.pin("/sys/fs/bpf/d/a", object, KSHIM_MAP), 0);
  host_.close(fd);
  kshim_object* found = nullptr;
  EXPECT_EQ(host.pin_get("/sys/fs/bpf/a", false, &found), 0);
  EXPECT_EQ(found, object);
  put_handle(kernel_, handle_of(found));
  EXPECT_EQ(host_.remove("/sys/fs/bpf/a"), 0);
  EXPECT_EQ(host.pin_get("/sys/fs/bpf/a", false, &found), -ENOENT);
  EXPECT_EQ(host_.remove("/sys/fs/bpf/d/a"), 0);
}

TEST_F(ProcessHostTest, BadAddressesAreFaults) {
  char* pages = static_cast<char*>(
      mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  mprotect(pages + 4096, 4096, PROT_NONE);
  std::memcpy(pages + 4092, "abc", 4);
  const Host& host = kernel_.host();
  char text[16] = {};
  const auto end = reinterpret_cast<kshim_uptr>(pages + 4096);
  EXPECT_EQ(host.strncpy_from_user(text, end - 4, 16), 3);
  EXPECT_STREQ(text, "abc");
  EXPECT_EQ(host.strncpy_from_user(text, end - 3, 2), 2);
  EXPECT_EQ(host.strncpy_from_user(text, end, 2), -EFAULT);
  EXPECT_EQ(host.copy_from_user(text, end - 4, 5), -EFAULT);
  EXPECT_EQ(host.copy_from_user(text, end - 4, 4), 0);
  EXPECT_EQ(host.copy_to_user(end - 1, "xy", 2), -EFAULT);
  EXPECT_EQ(host.copy_to_user(end - 2, "xy", 2), 0);
  EXPECT_EQ(pages[4095], 'y');
  EXPECT_EQ(host.peek_kernel(text, 8, 8), -EFAULT);
  EXPECT_EQ(host.copy_from_user(text, ~0ULL - 3, 8), -EFAULT);
  munmap(pages, 8192);
}

TEST_F(ProcessHostTest, RingPagesAreSeenTwice) {
  const Host& host = kernel_.host();
  auto* pages = static_cast<uint8_t*>(host.pages_alloc(3 * 4096, 4096));
  ASSERT_NE(pages, nullptr);
  pages[4096 + 5] = 7;
  EXPECT_EQ(pages[3 * 4096 + 5], 7);
  pages[5 * 4096 - 1] = 9;
  EXPECT_EQ(pages[3 * 4096 - 1], 9);
  EXPECT_EQ(host_.counts().pages, 3 * 4096);
  host.pages_free(pages, 3 * 4096, 4096);
}

TEST_F(ProcessHostTest, NoTwoThreadsAreOnOneCpu) {
  std::atomic<int> on[4] = {};
  std::atomic<bool> shared = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 2000; ++n) {
        const ReadSection section(kernel_);
        const uint32_t cpu = kernel_.host().cpu_id();
        if (on[cpu].fetch_add(1) != 0) shared = true;
        {
          const ReadSection inner(kernel_);
          if (kernel_.host().cpu_id() != cpu) shared = true;
        }
        on[cpu].fetch_sub(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(shared);
}

TEST_F(ProcessHostTest, EventsReachWhatIsArmed) {
  static std::vector<uint64_t> fired;
  fired.clear();
  host_.serve(c_shim(kernel_), [](kshim*, uint64_t cookie, void*) {
    fired.push_back(cookie);
    return uint64_t{0};
  });
  const kshim_host& functions = host_.functions();
  kshim_tracepoint found{};
  EXPECT_EQ(functions.tracepoint_find(&host_, "none", 0, &found), -ENOENT);
  EXPECT_EQ(functions.tracepoint_find(&host_, "sched_switch", 0, &found), 0);
  void* handle = nullptr;
  EXPECT_EQ(functions.tracepoint_enable(&host_, found.id, false, 77, &handle), 0);
  EXPECT_EQ(host_.fire_tracepoint("sched_switch", nullptr), 1);
  EXPECT_EQ(host_.fire_raw_tracepoint("sched_switch", nullptr), 0);
  EXPECT_EQ(fired, std::vector<uint64_t>{77});
  EXPECT_EQ(ProcessHost::last_result(), 0);
  functions.tracepoint_disable(&host_, handle);
  EXPECT_EQ(host_.fire_tracepoint("sched_switch", nullptr), 0);
}

TEST(ProcessHostDeathTest, MemoryThatIsLeftIsReported) {
  EXPECT_DEATH(
      {
        ProcessHost host;
        host.functions().alloc(&host, 100);
      },
      "left: 1 blocks of 100 bytes");
  EXPECT_DEATH(
      {
        ProcessHost host;
        host.functions().free(&host, host.functions().alloc(&host, 100), 99);
      },
      "free of 99 bytes, but 100 were taken");
}

}  // namespace
}  // namespace zext::shim
