// The process: programs tell it what happens by a ring buffer, which it maps and reads without a
// system call.

#include <linux/bpf.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "examples/embed/cpp/kernel.h"

namespace embed {
namespace {

long call(uint64_t number, uint64_t a0 = 0, uint64_t a1 = 0, uint64_t a2 = 0, uint64_t a3 = 0) {
  register uint64_t r0 asm("a0") = a0;
  register uint64_t r1 asm("a1") = a1;
  register uint64_t r2 asm("a2") = a2;
  register uint64_t r3 asm("a3") = a3;
  register uint64_t r7 asm("a7") = number;
  asm volatile("ecall" : "+r"(r0) : "r"(r1), "r"(r2), "r"(r3), "r"(r7) : "memory");
  return static_cast<long>(r0);
}

uint64_t address(const void* pointer) { return reinterpret_cast<uint64_t>(pointer); }

class Line {
 public:
  // Not `= default`, which would have Line() clear the text first.
  Line() {}  // NOLINT(modernize-use-equals-default)
  Line& operator<<(std::string_view text) {
    for (const char c : text) text_[length_++] = c;
    return *this;
  }
  Line& operator<<(long number) {
    if (number < 0) *this << "-";
    uint64_t rest = number < 0 ? -static_cast<uint64_t>(number) : static_cast<uint64_t>(number);
    std::array<char, 20> digits;
    unsigned count = 0;
    do {
      digits[count++] = static_cast<char>('0' + rest % 10);
      rest /= 10;
    } while (rest != 0);
    while (count > 0) text_[length_++] = digits[--count];
    return *this;
  }
  ~Line() {
    text_[length_++] = '\n';
    call(kWrite, 1, address(text_.data()), length_);
  }

 private:
  std::array<char, 256> text_;
  unsigned length_ = 0;
};

// A union bpf_attr of zeros, and the call.
struct Attribute {
  bpf_attr attr;
  Attribute() {
    auto* bytes = reinterpret_cast<volatile uint8_t*>(&attr);
    for (unsigned i = 0; i < sizeof attr; ++i) bytes[i] = 0;
  }
  long bpf(bpf_cmd command) {
    return call(kBpf, static_cast<uint64_t>(command), address(&attr), sizeof attr);
  }
};

long create_map(bpf_map_type type, uint32_t key_size, uint32_t value_size, uint32_t entries) {
  Attribute a;
  a.attr.map_type = type;
  a.attr.key_size = key_size;
  a.attr.value_size = value_size;
  a.attr.max_entries = entries;
  return a.bpf(BPF_MAP_CREATE);
}

long load(bpf_prog_type type, std::span<const bpf_insn> insns) {
  static char license[] = "GPL";
  Attribute a;
  a.attr.prog_type = type;
  a.attr.insns = address(insns.data());
  a.attr.insn_cnt = static_cast<uint32_t>(insns.size());
  a.attr.license = address(license);
  return a.bpf(BPF_PROG_LOAD);
}

constexpr bpf_insn insn(unsigned code, uint8_t dst, uint8_t src, int16_t off, int32_t imm) {
  return {static_cast<uint8_t>(code), static_cast<uint8_t>(dst & 15),
          static_cast<uint8_t>(src & 15), off, imm};
}

// At each sys_exit: {number, result} of the system call goes into the ring, but for `write`'s.
std::array<bpf_insn, 14> tell_calls = {
    insn(BPF_LDX | BPF_MEM | BPF_DW, 6, 1, 0, 0),
    insn(BPF_JMP | BPF_JEQ | BPF_K, 6, 0, 10, kWrite),
    insn(BPF_LDX | BPF_MEM | BPF_DW, 7, 1, 8, 0),
    insn(BPF_STX | BPF_MEM | BPF_DW, 10, 6, -16, 0),
    insn(BPF_STX | BPF_MEM | BPF_DW, 10, 7, -8, 0),
    insn(BPF_ALU64 | BPF_MOV | BPF_X, 2, 10, 0, 0),
    insn(BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, -16),
    insn(BPF_LD | BPF_IMM | BPF_DW, 1, BPF_PSEUDO_MAP_FD, 0, 0),
    insn(0, 0, 0, 0, 0),
    insn(BPF_ALU64 | BPF_MOV | BPF_K, 3, 0, 0, 16),
    insn(BPF_ALU64 | BPF_MOV | BPF_K, 4, 0, 0, 0),
    insn(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_ringbuf_output),
    insn(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0),
    insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
};
constexpr size_t kTellCallsMap = 7;

constexpr uint64_t kPageSize = 4096;

// The reader's side of a ring: Documentation/bpf/ringbuf.rst.
class Ring {
 public:
  Ring(long fd, uint64_t size)
      : size_(size),
        consumer_(call(kMmap, static_cast<uint64_t>(fd), 0, kPageSize, 1)),
        producer_(call(kMmap, static_cast<uint64_t>(fd), kPageSize, kPageSize + 2 * size, 0)) {}

  bool mapped() const { return consumer_ > 0 && producer_ > 0; }

  template <typename Each>
  void read(Each each) {
    auto* consumed = reinterpret_cast<volatile uint64_t*>(consumer_);
    const auto* produced = reinterpret_cast<const volatile uint64_t*>(producer_);
    const auto data = static_cast<uint64_t>(producer_) + kPageSize;
    while (*consumed < *produced) {
      const uint64_t record = data + (*consumed & (size_ - 1));
      const uint32_t length = *reinterpret_cast<const volatile uint32_t*>(record);
      if ((length & BPF_RINGBUF_BUSY_BIT) != 0) return;
      if ((length & BPF_RINGBUF_DISCARD_BIT) == 0) {
        each(reinterpret_cast<const uint64_t*>(record + BPF_RINGBUF_HDR_SZ));
      }
      const uint64_t bytes = (length << 2 >> 2) + BPF_RINGBUF_HDR_SZ;
      *consumed = *consumed + (bytes + 7) / 8 * 8;
    }
  }

 private:
  uint64_t size_;
  long consumer_;
  long producer_;
};

}  // namespace

void user_main() {
  const long map = create_map(BPF_MAP_TYPE_RINGBUF, 0, 0, kPageSize);
  tell_calls[kTellCallsMap].imm = static_cast<int32_t>(map);
  const long program = load(BPF_PROG_TYPE_RAW_TRACEPOINT, tell_calls);
  Line() << "map " << map << ", program " << program;
  Ring ring(map, kPageSize);
  Line() << (ring.mapped() ? "the ring is mapped" : "the ring is not mapped");

  static char tracepoint[] = "sys_exit";
  Attribute a;
  a.attr.raw_tracepoint.name = address(tracepoint);
  a.attr.raw_tracepoint.prog_fd = static_cast<uint32_t>(program);
  const long link = a.bpf(BPF_RAW_TRACEPOINT_OPEN);

  // More than the ring holds at once: records wrap round its end, where its second view goes on.
  long calls = 0, wrong = 0, others = 0;
  for (int round = 0; round < 40; ++round) {
    for (int i = 0; i < 10; ++i) call(kGetpid);
    ring.read([&](const uint64_t* record) {
      if (record[0] != kGetpid) {
        ++others;
        return;
      }
      ++calls;
      if (record[1] != 1) ++wrong;
    });
  }
  Line() << "getpid: " << calls << " told of, " << wrong << " wrong, others: " << others;
  Line() << "poll of the empty ring: " << call(kPoll, static_cast<uint64_t>(map));
  call(kClose, 100);
  Line() << "poll of the ring: " << call(kPoll, static_cast<uint64_t>(map));
  ring.read([](const uint64_t* record) {
    Line() << "system call " << static_cast<long>(record[0]) << " gave "
           << static_cast<long>(record[1]);
  });
  call(kClose, static_cast<uint64_t>(link));
  call(kExit, 0);
}

}  // namespace embed
