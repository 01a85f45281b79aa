// The table of expected results against an independent opinion: the same C compiled for this
// machine by its own compiler. Neither zext's interpreter nor its JIT has a part in it.

#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "examples/expectations.h"
#include "object/load.h"

extern "C" {
int xdp_filter(struct xdp_md* ctx);
int socket_filter(struct __sk_buff* skb);
uint64_t checksum(const uint8_t* buffer, uint64_t length);
uint64_t bounded_loop(const uint8_t* buffer, uint64_t length);
uint64_t const64(const uint8_t* buffer, uint64_t length);
uint64_t fnv1a(const uint8_t* buffer, uint64_t length);
uint64_t siphash(const uint8_t* buffer, uint64_t length);
uint64_t gcd(const uint8_t* buffer, uint64_t length);
uint64_t collatz(const uint8_t* buffer, uint64_t length);
}

namespace zext::examples {
namespace {

constexpr char kFolder[] = "examples/";

using Bytes = std::vector<uint8_t>;
using Plain = uint64_t (*)(const uint8_t*, uint64_t);

// Memory that ends where the packet does: a byte more, and the machine itself reports it. Below
// 4 GiB, since an xdp_md holds addresses in 32 bits.
class Packet {
 public:
  explicit Packet(const Bytes& bytes) {
    void* wanted = reinterpret_cast<void*>(uintptr_t{0x40000000});
    pages_ = static_cast<uint8_t*>(mmap(wanted, 2 * kPage, PROT_READ | PROT_WRITE,
                                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
    if (pages_ == MAP_FAILED) throw std::runtime_error("no memory below 4 GiB");
    mprotect(pages_ + kPage, kPage, PROT_NONE);
    data_ = pages_ + kPage - bytes.size();
    if (!bytes.empty()) std::memcpy(data_, bytes.data(), bytes.size());
  }
  ~Packet() { munmap(pages_, 2 * kPage); }
  Packet(const Packet&) = delete;
  Packet& operator=(const Packet&) = delete;

  uint8_t* begin() const { return data_; }
  uint8_t* end() const { return pages_ + kPage; }

 private:
  static constexpr size_t kPage = 4096;
  uint8_t* pages_;
  uint8_t* data_;
};

uint32_t address(const void* pointer) {
  return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(pointer));
}

uint64_t run_xdp(const Bytes& bytes) {
  const Packet packet(bytes);
  xdp_md context = {};
  context.data = address(packet.begin());
  context.data_end = address(packet.end());
  return static_cast<uint32_t>(xdp_filter(&context));
}

uint64_t run_socket_filter(const Bytes& bytes) {
  __sk_buff context = {};
  context.len = static_cast<uint32_t>(bytes.size());
  // The Ethernet type, in network order as the kernel keeps it.
  if (bytes.size() >= 14) context.protocol = bytes[12] | bytes[13] << 8;
  return static_cast<uint32_t>(socket_filter(&context));
}

std::function<uint64_t(const Bytes&)> plain(Plain program) {
  return [program](const Bytes& bytes) {
    const Packet buffer(bytes);
    return program(buffer.begin(), bytes.size());
  };
}

const std::map<std::string, std::function<uint64_t(const Bytes&)>> kNative = {
    {"xdp_filter", run_xdp},       {"socket_filter", run_socket_filter},
    {"checksum", plain(checksum)}, {"bounded_loop", plain(bounded_loop)},
    {"const64", plain(const64)},   {"fnv1a", plain(fnv1a)},
    {"siphash", plain(siphash)},   {"gcd", plain(gcd)},
    {"collatz", plain(collatz)},
};

class EachExample : public testing::TestWithParam<Example> {};

INSTANTIATE_TEST_SUITE_P(Table, EachExample, testing::ValuesIn(read_examples(kFolder)),
                         [](const auto& test) { return test.param.program; });

TEST_P(EachExample, NativeCodeGivesTheExpectedResults) {
  const Example& example = GetParam();
  EXPECT_EQ(example.accepted, !example.runs.empty());
  for (const Sample& run : example.runs) {
    const Bytes input = read_hex(kFolder + run.input);
    EXPECT_EQ(kNative.at(example.program)(input), run.r0) << run.input;
  }
}

TEST_P(EachExample, ObjectHoldsTheProgram) {
  const Example& example = GetParam();
  std::ifstream file(kFolder + example.program + ".bpf.o", std::ios::binary);
  const Bytes bytes{std::istreambuf_iterator<char>(file), {}};
  const auto object = object::load(bytes);
  ASSERT_TRUE(object) << object.error().to_string();
  ASSERT_EQ(object->programs.size(), 1u);
  const object::Program& program = object->programs[0];
  EXPECT_EQ(program.name, example.program);
  EXPECT_EQ(name_of(program.type), example.type);
  // The first verifier knows neither maps nor helpers.
  EXPECT_TRUE(object->maps.empty());
  EXPECT_TRUE(program.relocations.empty());
  EXPECT_FALSE(program.lines.empty());
}

TEST_P(EachExample, RejectedOnesNameALineOfTheirSource) {
  const Example& example = GetParam();
  if (example.accepted) return;
  std::ifstream file(kFolder + example.program + ".c");
  std::set<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.insert(line);
  EXPECT_TRUE(lines.contains(example.line)) << example.line;
}

}  // namespace
}  // namespace zext::examples
