#include <errno.h>
#include <poll.h>

#include "kernel_shim/links/links_fixture.h"

namespace zext::shim {
namespace {

TEST_F(LinksTest, PerfEventOpenChecksLikeLinux) {
  perf_event_attr attr = attributes(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_BPF_OUTPUT);
  EXPECT_GE(open_perf(attr), 3);
  EXPECT_GE(open_perf(attr, 0, -1), 3);
  EXPECT_EQ(open_perf(attr, -1, -1), -EINVAL);
  EXPECT_EQ(open_perf(attr, -1, 4), -EINVAL);
  EXPECT_EQ(open_perf(attr, 0, 4), -EINVAL);
  EXPECT_EQ(kshim_perf_event_open(c_shim(kernel_), 8, -1, 0, -1, 0), -EFAULT);
  const auto address = reinterpret_cast<uint64_t>(&attr);
  EXPECT_EQ(kshim_perf_event_open(c_shim(kernel_), address, -1, 0, -1, 16), -EINVAL);
  EXPECT_EQ(kshim_perf_event_open(c_shim(kernel_), address, -1, 0, 99, 0), -EBADF);
  EXPECT_EQ(kshim_perf_event_open(c_shim(kernel_), address, -1, 0, -1, PERF_FLAG_PID_CGROUP),
            -EINVAL);
  EXPECT_EQ(open_perf(attributes(PERF_TYPE_TRACEPOINT, 12345)), -EINVAL);
  EXPECT_EQ(open_perf(attributes(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_MAX)), -ENOENT);
  EXPECT_EQ(kprobe("no_such_function"), -ENOENT);
  EXPECT_EQ(kprobe(reinterpret_cast<const char*>(8)), -EFAULT);
  EXPECT_EQ(kprobe(std::string(200, 'x').c_str()), -E2BIG);
  attr.sample_type = PERF_SAMPLE_MAX;
  EXPECT_EQ(open_perf(attr), -EINVAL);
  attr.sample_type = PERF_SAMPLE_CALLCHAIN;
  EXPECT_EQ(open_perf(attr), -EOPNOTSUPP);
}

TEST_F(LinksTest, SizesOfAttributes) {
  perf_event_attr attr = attributes(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_BPF_OUTPUT);
  attr.size = 0;
  EXPECT_GE(open_perf(attr), 3);
  attr.size = PERF_ATTR_SIZE_VER0;
  EXPECT_GE(open_perf(attr), 3);
  attr.size = 32;
  EXPECT_EQ(open_perf(attr), -E2BIG);
  EXPECT_EQ(attr.size, sizeof attr);
  uint8_t longer[sizeof attr + 100] = {};
  attr.size = sizeof longer;
  std::memcpy(longer, &attr, sizeof attr);
  auto& same = *reinterpret_cast<perf_event_attr*>(longer);
  EXPECT_GE(open_perf(same), 3);
  longer[sizeof longer - 1] = 1;
  EXPECT_EQ(open_perf(same), -E2BIG);
}

TEST_F(LinksTest, WithoutCapabilities) {
  const ClientScope scope(host_, host_.add_client(0, 1000));
  perf_event_attr attr = attributes(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_BPF_OUTPUT);
  EXPECT_EQ(open_perf(attr, 0, -1), -EACCES);
  attr.exclude_kernel = 1;
  EXPECT_GE(open_perf(attr, 0, -1), 3);
  EXPECT_EQ(open_perf(attr), -EACCES);
  attr = attributes(kPerfTypeKprobe);
  attr.exclude_kernel = 1;
  EXPECT_EQ(open_perf(attr, 0, -1), -EACCES);
}

TEST_F(LinksTest, ProgramsBySetBpf) {
  const int event = tracepoint("sched_switch");
  const int first = program(BPF_PROG_TYPE_TRACEPOINT, 1);
  EXPECT_EQ(ioctl(event, PERF_EVENT_IOC_SET_BPF, 99), -EBADF);
  EXPECT_EQ(ioctl(event, PERF_EVENT_IOC_SET_BPF, static_cast<uint64_t>(event)), -EINVAL);
  EXPECT_EQ(ioctl(event, PERF_EVENT_IOC_SET_BPF, static_cast<uint64_t>(first)), 0);
  EXPECT_EQ(ioctl(event, PERF_EVENT_IOC_SET_BPF, static_cast<uint64_t>(first)), -EEXIST);
  EXPECT_EQ(ioctl(event, PERF_EVENT_IOC_ENABLE), 0);
  const uint32_t id = program_at(first).id;
  host_.close(first);
  host_.fire_tracepoint("sched_switch", nullptr);
  EXPECT_EQ(take_ran(), Ran{1});
  alignas(perf_event_query_bpf) uint32_t words[6] = {};
  auto& query = *reinterpret_cast<perf_event_query_bpf*>(words);
  const auto address = reinterpret_cast<uint64_t>(words);
  EXPECT_EQ(ioctl(event, PERF_EVENT_IOC_QUERY_BPF, address), 0);
  EXPECT_EQ(query.prog_cnt, 1);
  query.ids_len = 4;
  EXPECT_EQ(ioctl(event, PERF_EVENT_IOC_QUERY_BPF, address), 0);
  EXPECT_EQ(query.ids[0], id);
  const int other = tracepoint("sched_switch");
  const int second = program(BPF_PROG_TYPE_TRACEPOINT, 2);
  EXPECT_EQ(ioctl(other, PERF_EVENT_IOC_SET_BPF, static_cast<uint64_t>(second)), 0);
  query.ids_len = 1;
  EXPECT_EQ(ioctl(event, PERF_EVENT_IOC_QUERY_BPF, address), -ENOSPC);
  EXPECT_EQ(query.prog_cnt, 2);
  query.ids_len = 65;
  EXPECT_EQ(ioctl(event, PERF_EVENT_IOC_QUERY_BPF, address), -E2BIG);
  host_.close(event);
  host_.fire_tracepoint("sched_switch", nullptr);
  EXPECT_EQ(take_ran(), Ran{2});
}

TEST_F(LinksTest, RecordsAreNotReadBehindTheirEnd) {
  const int event = tracepoint("sched_switch");
  const int reader = program(BPF_PROG_TYPE_TRACEPOINT, 1);
  program_at(reader).context_bytes = 65;
  EXPECT_EQ(link_perf(reader, event), -EACCES);
  program_at(reader).context_bytes = 64;
  EXPECT_GE(link_perf(reader, event), 3);
}

TEST_F(LinksTest, OtherRequests) {
  const int event = kprobe("do_unlinkat");
  uint64_t number = 0;
  EXPECT_EQ(ioctl(event, PERF_EVENT_IOC_ID, reinterpret_cast<uint64_t>(&number)), 0);
  EXPECT_NE(number, 0);
  EXPECT_EQ(ioctl(event, PERF_EVENT_IOC_ID, 8), -EFAULT);
  EXPECT_EQ(ioctl(event, PERF_EVENT_IOC_RESET), 0);
  EXPECT_EQ(ioctl(event, PERF_EVENT_IOC_PAUSE_OUTPUT, 1), -EINVAL);
  EXPECT_EQ(ioctl(event, PERF_EVENT_IOC_QUERY_BPF, 8), -EINVAL);
  EXPECT_EQ(ioctl(event, PERF_EVENT_IOC_SET_FILTER, reinterpret_cast<uint64_t>("a == 1")), -EINVAL);
  EXPECT_EQ(ioctl(event, PERF_EVENT_IOC_SET_FILTER, 8), -EFAULT);
  EXPECT_EQ(ioctl(event, 0x1234), -ENOTTY);
  EXPECT_EQ(ioctl(program(BPF_PROG_TYPE_KPROBE, 1), PERF_EVENT_IOC_ENABLE), -ENOTTY);
}

TEST_F(LinksTest, SoftwareEventsRunWhileTheyAreEnabled) {
  perf_event_attr attr = attributes(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK);
  attr.disabled = 1;
  const int event = static_cast<int>(open_perf(attr));
  ASSERT_GE(event, 3);
  ASSERT_GE(link_perf(program(BPF_PROG_TYPE_PERF_EVENT, 1), event), 3);
  host_.fire_perf(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK);
  EXPECT_EQ(take_ran(), Ran{});
  ioctl(event, PERF_EVENT_IOC_ENABLE);
  host_.fire_perf(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK);
  EXPECT_EQ(take_ran(), Ran{1});
  ioctl(event, PERF_EVENT_IOC_DISABLE);
  host_.fire_perf(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK);
  EXPECT_EQ(take_ran(), Ran{});
}

// --- output

class PerfOutput : public LinksTest {
 protected:
  static constexpr uint64_t kSize = 8192;

  PerfOutput() {
    MapAttributes attributes{
        .type = BPF_MAP_TYPE_PERF_EVENT_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 2};
    EXPECT_EQ(map_create(kernel_, attributes, &array_), 0);
    map_fd_ = install_fd(kernel_, *array_);
  }
  ~PerfOutput() override {
    put(kernel_, *array_);
    for (int i = 0; i < mappings_; ++i) perf_munmap(kernel_, event_at(event_));
  }
  void open(perf_event_attr attr, bool write = true) {
    event_ = static_cast<int>(open_perf(attr));
    ASSERT_GE(event_, 3);
    const uint32_t key = 0;
    ASSERT_EQ(map_update_value(kernel_, *array_, &key, &event_, 0), 0);
    kshim_mapping mapping{};
    ASSERT_EQ(map(kSize + kPageSize, write, &mapping), 0);
    page_ = static_cast<perf_event_mmap_page*>(mapping.address);
  }
  static perf_event_attr output_attributes() {
    perf_event_attr attr = attributes(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_BPF_OUTPUT);
    attr.sample_type = PERF_SAMPLE_RAW;
    attr.wakeup_events = 1;
    return attr;
  }
  int map(uint64_t length, bool write, kshim_mapping* mapping) {
    const int error = perf_mmap(kernel_, event_at(event_), 0, length, write, mapping);
    if (error == 0) ++mappings_;
    return error;
  }
  int output(const std::string& text, uint64_t flags = 0) {
    const ReadSection section(kernel_);
    return perf_output(kernel_, *array_, flags, nullptr, 0, text.data(), text.size());
  }
  uint32_t poll() { return perf_poll(kernel_, event_at(event_)); }
  // Takes one record out: its bytes.
  std::string take() {
    const uint64_t tail = page_->data_tail;
    if (tail == page_->data_head) return {};
    const uint8_t* data = reinterpret_cast<const uint8_t*>(page_) + kPageSize;
    const auto byte = [&](uint64_t at) { return static_cast<char>(data[at % kSize]); };
    perf_event_header header{};
    for (uint64_t i = 0; i < sizeof header; ++i) {
      reinterpret_cast<char*>(&header)[i] = byte(tail + i);
    }
    std::string record;
    for (uint64_t i = 0; i < header.size; ++i) record.push_back(byte(tail + i));
    page_->data_tail = tail + header.size;
    return record;
  }
  static uint32_t type_of(const std::string& record) {
    return reinterpret_cast<const perf_event_header*>(record.data())->type;
  }

  Map* array_ = nullptr;
  int map_fd_ = -1;
  int event_ = -1;
  int mappings_ = 0;
  perf_event_mmap_page* page_ = nullptr;
};

TEST_F(PerfOutput, ErrorsOfTheHelper) {
  EXPECT_EQ(output("x", 2), -E2BIG);
  EXPECT_EQ(output("x", 1), -ENOENT);
  open(output_attributes());
  EXPECT_EQ(output("x", 0), kernel_.cpu_count() == 0 ? 0 : output("x", 0));
  const int other = kprobe("do_unlinkat");
  const uint32_t key = 1;
  ASSERT_EQ(map_update_value(kernel_, *array_, &key, &other, 0), 0);
  EXPECT_EQ(output("x", 1), -EINVAL);
}

TEST_F(PerfOutput, OnlyOnItsOwnCpu) {
  perf_event_attr attr = output_attributes();
  open(attr);
  uint32_t cpu = 0;
  int result = 0;
  {
    const ReadSection section(kernel_);
    cpu = kernel_.host().cpu_id();
    result = perf_output(kernel_, *array_, 0, nullptr, 0, "x", 1);
  }
  EXPECT_EQ(result, cpu == 0 ? 0 : -EOPNOTSUPP);
}

// On whatever CPU this thread is.
class AnyCpu : public PerfOutput {
 protected:
  void open_here(perf_event_attr attr, bool write = true) {
    open(attr, write);
    event_at(event_).cpu = -1;
  }
};

TEST_F(AnyCpu, RecordsAreSamples) {
  open_here(output_attributes());
  EXPECT_EQ(page_->data_offset, kPageSize);
  EXPECT_EQ(page_->data_size, kSize);
  EXPECT_EQ(poll(), 0);
  EXPECT_EQ(output("hello"), 0);
  EXPECT_EQ(poll(), POLLIN);
  EXPECT_EQ(host_.wakes(host_.at(event_)), 1);
  const std::string record = take();
  ASSERT_EQ(record.size(), 8 + 4 + 12);
  EXPECT_EQ(type_of(record), PERF_RECORD_SAMPLE);
  uint32_t size = 0;
  std::memcpy(&size, record.data() + 8, 4);
  EXPECT_EQ(size, 12);
  EXPECT_EQ(record.substr(12, 5), "hello");
  EXPECT_EQ(poll(), 0);
}

TEST_F(AnyCpu, SamplesHaveTheirFields) {
  perf_event_attr attr = output_attributes();
  attr.sample_type |= PERF_SAMPLE_TIME | PERF_SAMPLE_TID | PERF_SAMPLE_CPU;
  open_here(attr);
  EXPECT_EQ(output("1234"), 0);
  const std::string record = take();
  EXPECT_EQ(record.size(), 8 + 8 + 8 + 8 + 8);
  const kshim_task task = kernel_.host().task();
  EXPECT_EQ(std::memcmp(record.data() + 8, &task.tgid, 4), 0);
  EXPECT_EQ(std::memcmp(record.data() + 12, &task.pid, 4), 0);
  EXPECT_EQ(record.substr(36), "1234");
}

TEST_F(AnyCpu, RecordsWrapAndAreLost) {
  open_here(output_attributes());
  const std::string text(1000, 'a');
  uint32_t taken = 0;
  for (int round = 0; round < 50; ++round) {
    ASSERT_EQ(output(text), 0);
    const std::string record = take();
    ASSERT_EQ(record.size(), 8 + 1008);
    ASSERT_EQ(record.substr(12, 1000), text);
    ++taken;
  }
  int kept = 0;
  int lost = 0;
  for (int i = 0; i < 20; ++i) {
    const int result = output(text);
    if (result == 0) {
      ++kept;
    } else {
      ++lost;
      EXPECT_EQ(result, -ENOSPC);
    }
  }
  EXPECT_EQ(kept, 8);
  for (int i = 0; i < kept; ++i) EXPECT_EQ(type_of(take()), PERF_RECORD_SAMPLE);
  EXPECT_EQ(take(), "");
  EXPECT_EQ(output("x"), 0);
  const std::string record = take();
  EXPECT_EQ(type_of(record), PERF_RECORD_LOST);
  uint64_t count = 0;
  std::memcpy(&count, record.data() + 16, 8);
  EXPECT_EQ(count, static_cast<uint64_t>(lost));
  EXPECT_EQ(type_of(take()), PERF_RECORD_SAMPLE);
}

TEST_F(AnyCpu, WakesAfterAsManyAsAskedFor) {
  perf_event_attr attr = output_attributes();
  attr.wakeup_events = 3;
  open_here(attr);
  output("x");
  output("x");
  EXPECT_EQ(poll(), 0);
  output("x");
  EXPECT_EQ(poll(), POLLIN);
  EXPECT_EQ(host_.wakes(host_.at(event_)), 1);
}

TEST_F(AnyCpu, HostileTailsStayInsideTheRing) {
  open_here(output_attributes());
  for (const uint64_t tail : {~uint64_t{0}, uint64_t{1} << 63, uint64_t{12345}, uint64_t{0}}) {
    page_->data_tail = tail;
    page_->data_head = ~tail;
    page_->data_size = tail;
    page_->data_offset = tail;
    for (int i = 0; i < 30; ++i) output(std::string(777, 'z'));
  }
  EXPECT_GT(page_->data_head, 0);
}

TEST_F(AnyCpu, TooLong) {
  open_here(output_attributes());
  EXPECT_EQ(output(std::string(70'000, 'z')), -E2BIG);
  EXPECT_EQ(output(std::string(9000, 'z')), -ENOSPC);
}

TEST_F(AnyCpu, DisabledAndPaused) {
  open_here(output_attributes());
  ioctl(event_, PERF_EVENT_IOC_DISABLE);
  EXPECT_EQ(output("x"), -EOPNOTSUPP);
  ioctl(event_, PERF_EVENT_IOC_ENABLE);
  EXPECT_EQ(ioctl(event_, PERF_EVENT_IOC_PAUSE_OUTPUT, 1), 0);
  EXPECT_EQ(output("x"), -ENOSPC);
  EXPECT_EQ(ioctl(event_, PERF_EVENT_IOC_PAUSE_OUTPUT, 0), 0);
  EXPECT_EQ(output("x"), 0);
  EXPECT_EQ(type_of(take()), PERF_RECORD_LOST);
}

TEST_F(AnyCpu, OverwritingRingsLoseTheOldest) {
  open_here(output_attributes(), false);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(output(std::string(1000, 'z')), 0);
  EXPECT_EQ(poll(), POLLIN);
  EXPECT_EQ(poll(), 0);
}

TEST_F(AnyCpu, Mappings) {
  perf_event_attr attr = output_attributes();
  event_ = static_cast<int>(open_perf(attr));
  EXPECT_EQ(poll(), POLLHUP);
  kshim_mapping mapping{};
  EXPECT_EQ(map(4 * kPageSize, true, &mapping), -EINVAL);
  EXPECT_EQ(perf_mmap(kernel_, event_at(event_), kPageSize, kPageSize * 2, true, &mapping),
            -EINVAL);
  EXPECT_EQ(map(2 * kPageSize, true, &mapping), 0);
  void* first = mapping.address;
  EXPECT_EQ(map(3 * kPageSize, true, &mapping), -EINVAL);
  EXPECT_EQ(map(2 * kPageSize, true, &mapping), 0);
  EXPECT_EQ(mapping.address, first);
  perf_munmap(kernel_, event_at(event_));
  perf_munmap(kernel_, event_at(event_));
  mappings_ = 0;
  EXPECT_EQ(poll(), POLLHUP);
  EXPECT_EQ(map(kPageSize, true, &mapping), 0);
  event_at(event_).inherit = true;
  event_at(event_).cpu = -1;
  EXPECT_EQ(map(kPageSize, true, &mapping), -EINVAL);
}

}  // namespace
}  // namespace zext::shim
