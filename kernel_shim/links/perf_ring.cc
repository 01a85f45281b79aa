#include "kernel_shim/links/perf_ring.h"

#include <errno.h>
#include <linux/perf_event.h>

namespace zext::shim {
namespace {

constexpr uint32_t kMostRecord = 0xffff;  // perf_event_header::size has 16 bits

perf_event_mmap_page& control_page(const PerfRing& ring) {
  return *reinterpret_cast<perf_event_mmap_page*>(ring.pages);
}

// A record's fixed fields, as they are collected.
class Fields {
 public:
  void word(uint64_t value) {
    __builtin_memcpy(bytes_ + size_, &value, sizeof value);
    size_ += sizeof value;
  }
  void pair(uint32_t first, uint32_t second) { word(first | uint64_t{second} << 32); }
  const uint8_t* bytes() const { return bytes_; }
  uint32_t size() const { return size_; }

 private:
  uint8_t bytes_[96];
  uint32_t size_ = 0;
};

class Writer {
 public:
  Writer(Kernel& kernel, PerfRing& ring) : kernel_(kernel), ring_(ring) {}

  int write(const PerfSample& sample) {
    Fields fields;
    add_sample_fields(fields);
    const bool raw = (ring_.sample_type & PERF_SAMPLE_RAW) != 0;
    const uint64_t payload = sample.head_size + sample.size;
    if (payload > kMostRecord) return -E2BIG;
    // The size of the raw part counts its padding.
    const uint64_t raw_bytes = raw ? (payload + sizeof(uint32_t) + 7) / 8 * 8 : 0;
    const uint64_t record = sizeof(perf_event_header) + fields.size() + raw_bytes;
    if (record > kMostRecord) return -E2BIG;
    Fields lost;
    if (ring_.lost != 0) add_lost_fields(lost);
    const uint64_t lost_record = lost.size() == 0 ? 0 : sizeof(perf_event_header) + lost.size();
    if (!has_room(record + lost_record)) return -ENOSPC;
    if (lost_record != 0) {
      put_header(PERF_RECORD_LOST, 0, lost_record);
      put(lost.bytes(), lost.size());
      ring_.lost = 0;
    }
    put_header(PERF_RECORD_SAMPLE, PERF_RECORD_MISC_KERNEL, record);
    put(fields.bytes(), fields.size());
    if (raw) put_raw(sample, raw_bytes);
    std::atomic_ref(control_page(ring_).data_head).store(ring_.head, std::memory_order_release);
    return 0;
  }

 private:
  void put_header(uint32_t type, uint16_t misc, uint64_t size) {
    const perf_event_header header{.type = type, .misc = misc, .size = static_cast<uint16_t>(size)};
    put(&header, sizeof header);
  }

  void put_raw(const PerfSample& sample, uint64_t raw_bytes) {
    const auto size = static_cast<uint32_t>(raw_bytes - sizeof(uint32_t));
    put(&size, sizeof size);
    put(sample.head, sample.head_size);
    put(sample.data, sample.size);
    static constexpr uint64_t kPadding = 0;
    put(&kPadding, size - sample.head_size - sample.size);
  }

  void add_sample_fields(Fields& fields) {
    const uint64_t type = ring_.sample_type;
    if ((type & PERF_SAMPLE_IDENTIFIER) != 0) fields.word(ring_.number);
    if ((type & PERF_SAMPLE_IP) != 0) fields.word(0);
    add_task(fields);
    add_time(fields);
    if ((type & PERF_SAMPLE_ADDR) != 0) fields.word(0);
    add_ids(fields);
    add_cpu(fields);
    if ((type & PERF_SAMPLE_PERIOD) != 0) fields.word(1);
  }

  void add_lost_fields(Fields& fields) {
    fields.word(ring_.number);
    fields.word(ring_.lost);
    if (!ring_.sample_id_all) return;
    add_task(fields);
    add_time(fields);
    add_ids(fields);
    add_cpu(fields);
    if ((ring_.sample_type & PERF_SAMPLE_IDENTIFIER) != 0) fields.word(ring_.number);
  }

  void add_task(Fields& fields) {
    if ((ring_.sample_type & PERF_SAMPLE_TID) == 0) return;
    const kshim_task task = kernel_.host().task();
    fields.pair(task.tgid, task.pid);
  }
  void add_time(Fields& fields) {
    if ((ring_.sample_type & PERF_SAMPLE_TIME) == 0) return;
    fields.word(kernel_.host().clock(KSHIM_CLOCK_MONOTONIC));
  }
  void add_ids(Fields& fields) {
    if ((ring_.sample_type & PERF_SAMPLE_ID) != 0) fields.word(ring_.number);
    if ((ring_.sample_type & PERF_SAMPLE_STREAM_ID) != 0) fields.word(ring_.number);
  }
  void add_cpu(Fields& fields) {
    if ((ring_.sample_type & PERF_SAMPLE_CPU) != 0) fields.pair(kernel_.host().cpu_id(), 0);
  }

  bool has_room(uint64_t bytes) const {
    if (ring_.overwrite) return bytes <= ring_.size;
    const uint64_t tail =
        std::atomic_ref(control_page(ring_).data_tail).load(std::memory_order_acquire);
    // One byte stays free; whatever users make of the tail, this is less than the ring.
    return ((tail - ring_.head - 1) & (ring_.size - 1)) >= bytes;
  }

  void put(const void* from, uint64_t size) {
    uint8_t* data = ring_.pages + kPageSize;
    const uint64_t at = ring_.head & (ring_.size - 1);
    const uint64_t first = size < ring_.size - at ? size : ring_.size - at;
    if (first != 0) __builtin_memcpy(data + at, from, first);
    if (first != size) {
      __builtin_memcpy(data, static_cast<const uint8_t*>(from) + first, size - first);
    }
    ring_.head += size;
  }

  Kernel& kernel_;
  PerfRing& ring_;
};

// Whether readers are to be woken after one more sample.
bool is_wake_due(PerfRing& ring) {
  bool due = false;
  if (!ring.watermark && ring.wake_after != 0 && ++ring.events >= ring.wake_after) {
    ring.events = 0;
    due = true;
  }
  uint64_t limit = ring.watermark ? ring.wake_after : 0;
  if (limit > ring.size) limit = ring.size;
  if (limit == 0) limit = ring.size / 2;
  if (ring.head - ring.bytes_at_wake > limit) {
    ring.bytes_at_wake = ring.head;
    due = true;
  }
  return due;
}

}  // namespace

uint64_t perf_sample_types() {
  return PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME |
         PERF_SAMPLE_ADDR | PERF_SAMPLE_ID | PERF_SAMPLE_STREAM_ID | PERF_SAMPLE_CPU |
         PERF_SAMPLE_PERIOD | PERF_SAMPLE_RAW;
}

int perf_ring_write(Kernel& kernel, PerfRing& ring, const PerfSample& sample, bool* wake) {
  *wake = false;
  const Guard guard(kernel.host(), ring.lock);
  if (ring.size == 0) return -ENOSPC;
  if (ring.paused) {
    ++ring.lost;
    return -ENOSPC;
  }
  const int error = Writer(kernel, ring).write(sample);
  if (error == -ENOSPC) ++ring.lost;
  if (error != 0 || !is_wake_due(ring)) return error;
  ring.woken = true;
  ring.woken_head = ring.head;
  *wake = true;
  return 0;
}

}  // namespace zext::shim
