// The labels are true: what is called safe never strays and computes what the same C computes on
// this machine; what is called unsafe goes wrong on its witness.

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstring>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "isa/ebpf/decode.h"
#include "isa/ebpf/interpreter.h"
#include "isa/ebpf/memory.h"
#include "object/load.h"
#include "tests/corpus/rows.h"

namespace zext::corpus {
namespace {

using Bytes = std::vector<uint8_t>;

constexpr size_t kPage = 4096;
constexpr uint64_t kContext = 0x1000;

// Two pages below 4 GiB (an xdp_md holds addresses in 32 bits), the second one out of bounds.
// Native code and the interpreter run on the same addresses.
class Arena {
 public:
  Arena() {
    void* wanted = reinterpret_cast<void*>(uintptr_t{0x40000000});
    pages_ = static_cast<uint8_t*>(mmap(wanted, 2 * kPage, PROT_READ | PROT_WRITE,
                                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
    if (pages_ == MAP_FAILED) throw std::runtime_error("no memory below 4 GiB");
    mprotect(pages_ + kPage, kPage, PROT_NONE);
  }
  ~Arena() { munmap(pages_, 2 * kPage); }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // The input, at the end of the accessible page.
  std::span<uint8_t> place(const Bytes& input) {
    uint8_t* begin = pages_ + kPage - input.size();
    if (!input.empty()) std::memcpy(begin, input.data(), input.size());
    return {begin, input.size()};
  }

 private:
  uint8_t* pages_;
};

uint64_t address(const void* pointer) { return reinterpret_cast<uintptr_t>(pointer); }

xdp_md context_of(std::span<const uint8_t> packet) {
  xdp_md context = {};
  context.data = static_cast<uint32_t>(address(packet.data()));
  context.data_end = static_cast<uint32_t>(context.data + packet.size());
  return context;
}

struct Outcome {
  uint64_t r0 = 0;
  Bytes memory;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome run_native(const Row& row, Arena& arena, const Bytes& input) {
  void* symbol = dlsym(RTLD_DEFAULT, row.name.c_str());
  if (symbol == nullptr) throw std::runtime_error("no native " + row.name);
  const auto memory = arena.place(input);
  Outcome outcome;
  if (row.type == "xdp") {
    xdp_md context = context_of(memory);
    outcome.r0 = static_cast<uint32_t>(reinterpret_cast<int (*)(xdp_md*)>(symbol)(&context));
  } else {
    outcome.r0 = reinterpret_cast<uint64_t (*)(const uint8_t*, uint64_t)>(symbol)(memory.data(),
                                                                                  memory.size());
  }
  outcome.memory.assign(memory.begin(), memory.end());
  return outcome;
}

std::expected<Outcome, ebpf::Fault> run_bpf(const Row& row, const ebpf::Code& code, Arena& arena,
                                            const Bytes& input) {
  const auto bytes = arena.place(input);
  ebpf::Memory memory;
  memory.add({.base = address(bytes.data()), .bytes = bytes, .writable = row.type == "xdp"});
  xdp_md context = context_of(bytes);
  memory.add({.base = kContext,
              .bytes = {reinterpret_cast<uint8_t*>(&context), sizeof context},
              .writable = false});
  ebpf::Arguments arguments = {address(bytes.data()), bytes.size()};
  if (row.type == "xdp") arguments = {kContext};
  ebpf::Environment environment;
  environment.limits.max_instructions = 1'000'000;
  const auto result = ebpf::run(code, memory, arguments, environment);
  if (!result) return std::unexpected(result.error());
  Outcome outcome{.r0 = result->r0, .memory = {bytes.begin(), bytes.end()}};
  if (row.type == "xdp") outcome.r0 = static_cast<uint32_t>(outcome.r0);
  return outcome;
}

// Inputs that get somewhere: random bytes, of few values in half of the cases, behind the beginning
// of an Ethernet frame with IPv4 or a VLAN tag where the program is to see one.
Bytes random_input(const Row& row, std::mt19937_64& random) {
  Bytes input(random() % 120);
  const uint8_t mask = random() % 2 != 0 ? 0xff : 0x07;
  for (uint8_t& byte : input) byte = static_cast<uint8_t>(random()) & mask;
  const auto put = [&](size_t at, uint8_t value) {
    if (at < input.size()) input[at] = value;
  };
  if (row.type == "xdp" && random() % 4 != 0) {
    const bool vlan = random() % 3 == 0;
    put(12, vlan ? 0x81 : 0x08);
    put(13, 0);
    if (!vlan) put(14, static_cast<uint8_t>(0x45 + random() % 4));
    if (!vlan) put(23, random() % 2 != 0 ? 6 : 17);
  }
  if (row.type != "xdp" && random() % 4 == 0) {
    for (uint8_t& byte : input) byte = static_cast<uint8_t>("GET 0123456789abcdef\n"[byte % 21]);
  }
  return input;
}

ebpf::Code code_of(const Row& row, const std::string& version) {
  const auto object = object::load(object_of(row, version));
  if (!object) throw std::runtime_error(object.error().to_string());
  EXPECT_EQ(object->programs.size(), 1u);
  EXPECT_EQ(object->programs[0].name, row.name);
  EXPECT_EQ(name_of(object->programs[0].type), row.type);
  EXPECT_TRUE(object->maps.empty()) << "the corpus is for verifiers without maps";
  auto code = ebpf::decode_program(object->programs[0].slots);
  if (!code) throw std::runtime_error(describe(code.error()));
  return *std::move(code);
}

class Corpus : public testing::TestWithParam<Row> {};

INSTANTIATE_TEST_SUITE_P(All, Corpus, testing::ValuesIn(corpus()),
                         [](const auto& test) { return test.param.name; });

TEST_P(Corpus, SafeOnesComputeWhatNativeCodeDoes) {
  const Row& row = GetParam();
  Arena arena;
  for (const std::string& version : row.safe ? row.versions : std::vector<std::string>()) {
    const ebpf::Code code = code_of(row, version);
    std::mt19937_64 random(row.name.size());
    for (int i = 0; i < 2000; ++i) {
      const Bytes input = random_input(row, random);
      const auto actual = run_bpf(row, code, arena, input);
      ASSERT_TRUE(actual) << version << " input " << i << ": " << describe(actual.error());
      const Outcome expected = run_native(row, arena, input);
      ASSERT_EQ(actual->r0, expected.r0) << version << " input " << i;
      ASSERT_EQ(actual->memory, expected.memory) << version << " input " << i;
    }
  }
}

TEST_P(Corpus, UnsafeOnesGoWrongOnTheirWitness) {
  const Row& row = GetParam();
  Arena arena;
  for (const std::string& version : row.safe ? std::vector<std::string>() : row.versions) {
    const ebpf::Code code = code_of(row, version);
    const bool shown = row.fault != "uninitialised" && row.fault != "pointer";
    ASSERT_EQ(shown, !row.witness.empty());
    if (!shown) continue;
    const auto outcome = run_bpf(row, code, arena, row.witness);
    ASSERT_FALSE(outcome) << version << " returned " << outcome->r0;
    const bool endless = outcome.error().kind == ebpf::Fault::Kind::kInstructionLimit;
    EXPECT_EQ(endless, row.fault == "loop") << version << ": " << describe(outcome.error());
  }
}

TEST(Table, HasBothKinds) {
  size_t safe = 0;
  for (const Row& row : corpus()) safe += row.safe ? 1 : 0;
  EXPECT_GE(safe, 25u);
  EXPECT_GE(corpus().size() - safe, 15u);
}

}  // namespace
}  // namespace zext::corpus
