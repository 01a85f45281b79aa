// Installing on this host, with one mapping and with two: what the code does, which rights its
// pages have between all steps (from /proc/self/maps), and what is left after any step has failed.
#include "jit/install/install.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "isa/ebpf/asm.h"
#include "isa/ebpf/memory.h"
#include "isa/rv64/machine.h"
#include "jit/install/host.h"

namespace zext::jit {
namespace {

using Kind = InstallError::Kind;
using Mappings = HostText::Mappings;

ebpf::Code program(std::string_view text) {
  const auto slots = ebpf::assemble(text);
  EXPECT_TRUE(slots.has_value());
  auto code = ebpf::decode_program(*slots);
  EXPECT_TRUE(code.has_value());
  return std::move(*code);
}

// One line of /proc/self/maps.
struct Mapping {
  uint64_t begin = 0, end = 0;
  std::string rights, device, inode;
  bool has(char right) const { return rights.find(right) != std::string::npos; }
};
std::vector<Mapping> mappings() {
  std::vector<Mapping> all;
  std::ifstream file("/proc/self/maps");
  for (std::string line; std::getline(file, line);) {
    Mapping mapping;
    char dash = 0;
    std::string offset;
    std::istringstream(line) >> std::hex >> mapping.begin >> dash >> mapping.end >>
        mapping.rights >> offset >> mapping.device >> mapping.inode;
    all.push_back(mapping);
  }
  EXPECT_GT(all.size(), 10U);
  return all;
}

std::string rights_at(uint64_t address) {
  for (const Mapping& mapping : mappings()) {
    if (mapping.begin <= address && address < mapping.end) return mapping.rights.substr(0, 3);
  }
  return "none";
}

// No mapping is writable and executable, and no file's pages are writable here, executable there.
void expect_write_xor_execute() {
  const auto all = mappings();
  for (const Mapping& a : all) {
    EXPECT_FALSE(a.has('w') && a.has('x')) << std::hex << a.begin;
    for (const Mapping& b : all) {
      const bool same = a.has('s') && b.has('s') && a.inode == b.inode && a.device == b.device;
      EXPECT_FALSE(same && a.has('w') && b.has('x')) << std::hex << a.begin << " " << b.begin;
    }
  }
}

// The host's hooks, with the order of their calls, a look at the rights before and after each, and
// one of them failing if wanted.
struct Watched {
  explicit Watched(Mappings mappings) : memory(mappings), inner(memory.hooks()) {}

  TextHooks hooks() {
    return {.context = this,
            .allocate =
                [](void* self, uint64_t size, uint64_t near, TextBlock* block) {
                  return static_cast<Watched*>(self)->allocate(size, near, block);
                },
            .protect = [](void* self,
                          TextBlock* block) { return static_cast<Watched*>(self)->protect(block); },
            .synchronise =
                [](void* self, const TextBlock* block) {
                  return static_cast<Watched*>(self)->synchronise(block);
                },
            .release = [](void* self,
                          TextBlock* block) { static_cast<Watched*>(self)->release(block); }};
  }

  int allocate(uint64_t size, uint64_t near, TextBlock* block) {
    calls += "allocate ";
    if (failing == "allocate") return -ENOMEM;
    const int status = inner.allocate(inner.context, size, near, block);
    expect_write_xor_execute();
    EXPECT_EQ(rights_at(block->address).find('x'), std::string::npos);
    std::memset(block->writable, 0x13, block->size);  // a used page
    if (spoil) spoil(*block);
    return status;
  }
  int protect(TextBlock* block) {
    calls += "protect ";
    expect_write_xor_execute();
    if (failing == "protect") return -EPERM;
    const int status = inner.protect(inner.context, block);
    expect_write_xor_execute();
    EXPECT_EQ(rights_at(block->address), "r-x");
    return status;
  }
  int synchronise(const TextBlock* block) {
    calls += "synchronise ";
    EXPECT_EQ(rights_at(block->address), "r-x");
    if (failing == "synchronise") return -EIO;
    return inner.synchronise(inner.context, block);
  }
  void release(TextBlock* block) {
    calls += "release ";
    const uint64_t address = block->address;
    if (restore) restore(*block);
    inner.release(inner.context, block);
    expect_write_xor_execute();
    if (!restore) {
      EXPECT_EQ(rights_at(address), "none");
    }
  }

  HostText memory;
  TextHooks inner;
  std::string calls;
  std::string failing;
  std::function<void(TextBlock&)> spoil, restore;
};

// r0 after the installed code has run on the RV64 interpreter, from where it is.
std::optional<uint64_t> run(const Installed& installed, uint64_t r1) {
  constexpr uint64_t kReturn = 2;
  ebpf::Memory memory;
  std::vector<uint8_t> stack(4096);
  memory.add({.base = 0x1000, .bytes = stack});
  const auto* text = reinterpret_cast<const uint8_t*>(installed.address());  // NOLINT
  rv64::Machine machine({text, installed.size()}, installed.address(), memory);
  machine.set(rv64::kSp, 0x2000);
  machine.set(rv64::kRa, kReturn);
  machine.set(rv64::kA0, r1);
  machine.set_pc(installed.entry());
  const rv64::Stop stop = machine.run(1000);
  EXPECT_EQ(stop.kind, rv64::Stop::Kind::kLeftCode);
  if (stop.pc != kReturn) return std::nullopt;
  return machine.get(rv64::kA0);
}

class Install : public ::testing::TestWithParam<Mappings> {};
INSTANTIATE_TEST_SUITE_P(Mappings, Install, ::testing::Values(Mappings::kOne, Mappings::kTwo));

TEST_P(Install, RunsReadsAsCodeAndTrapsBeyond) {
  Watched watched(GetParam());
  {
    const ebpf::Code code = program("r0 = r1\nr0 *= 3\nexit");
    const auto installed = install(code, {}, watched.hooks());
    ASSERT_TRUE(installed.has_value()) << describe(installed.error());
    EXPECT_EQ(watched.calls, "allocate protect synchronise ");
    EXPECT_EQ(run(*installed, 14), 42U);
    EXPECT_EQ(rights_at(installed->address()), "r-x");
    const auto* text = reinterpret_cast<const uint8_t*>(installed->address());  // NOLINT
    for (uint64_t at = installed->size(); at < 4096; ++at) ASSERT_EQ(text[at], 0) << at;
    EXPECT_TRUE(installed->code().bytes.empty());
    EXPECT_EQ(installed->code().lines, compile(code, {})->lines);
  }
  EXPECT_EQ(watched.calls, "allocate protect synchronise release ");
  EXPECT_EQ(watched.memory.blocks(), 0U);
}

TEST_P(Install, MovesAndUninstallsOnce) {
  Watched watched(GetParam());
  auto first = install(program("r0 = 1\nexit"), {}, watched.hooks());
  auto second = install(program("r0 = 2\nexit"), {}, watched.hooks());
  ASSERT_TRUE(first.has_value() && second.has_value());
  EXPECT_EQ(watched.memory.blocks(), 2U);
  const uint64_t address = second->address();
  *first = std::move(*second);
  EXPECT_EQ(watched.memory.blocks(), 1U);
  EXPECT_EQ(first->address(), address);
  EXPECT_EQ(run(*first, 0), 2U);
  EXPECT_FALSE(second->installed());  // NOLINT(bugprone-use-after-move): what is asked
  first->uninstall();
  first->uninstall();
  EXPECT_EQ(watched.memory.blocks(), 0U);
}

TEST_P(Install, EachStepMayFailAndNothingIsLeft) {
  struct Case {
    const char* failing;
    Kind kind;
    int status;
    const char* calls;
  };
  for (const Case& wanted :
       {Case{"allocate", Kind::kAllocate, -ENOMEM, "allocate "},
        Case{"protect", Kind::kProtect, -EPERM, "allocate protect release "},
        Case{"synchronise", Kind::kSynchronise, -EIO, "allocate protect synchronise release "}}) {
    Watched watched(GetParam());
    watched.failing = wanted.failing;
    const auto installed = install(program("r0 = 1\nexit"), {}, watched.hooks());
    ASSERT_FALSE(installed.has_value());
    EXPECT_EQ(installed.error().kind, wanted.kind);
    EXPECT_EQ(describe(installed.error()), std::string("the hook ") + wanted.failing +
                                               " failed: status " + std::to_string(wanted.status));
    EXPECT_EQ(watched.calls, wanted.calls);
    EXPECT_EQ(watched.memory.blocks(), 0U);
  }
}

TEST_P(Install, BlocksThatCannotBeAreGivenBack) {
  struct Case {
    std::function<void(TextBlock&)> spoil;
    const char* why;
  };
  const Case cases[] = {
      {[](TextBlock& block) { block.writable = nullptr; }, "it cannot be written"},
      {[](TextBlock& block) { block.address += 2; }, "its address is not a multiple of 4"},
      {[](TextBlock& block) { block.size = 5; }, "it is smaller than asked for"},
      {[](TextBlock& block) { block.size = 0; }, "it is smaller than asked for"},
      {[](TextBlock& block) { block.address = ~uint64_t{0} - 7; },
       "it goes past the address space's end"}};
  for (const Case& wanted : cases) {
    Watched watched(GetParam());
    TextBlock sound;
    watched.spoil = [&](TextBlock& block) {
      sound = block;
      wanted.spoil(block);
    };
    watched.restore = [&](TextBlock& block) { block = sound; };
    const auto installed = install(program("r0 = 1\nexit"), {}, watched.hooks());
    ASSERT_FALSE(installed.has_value());
    EXPECT_EQ(describe(installed.error()),
              std::string("the hook allocate gave a block that cannot be used: ") + wanted.why);
    EXPECT_EQ(watched.calls, "allocate release ");
    EXPECT_EQ(watched.memory.blocks(), 0U);
  }
}

TEST_P(Install, WhatDoesNotCompileAsksForNothing) {
  Watched watched(GetParam());
  const auto unknown = install(program("call 7\nexit"), {}, watched.hooks());
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error().kind, Kind::kCompile);
  EXPECT_EQ(describe(unknown.error()).substr(0, 26), "slot 0: call of function 7");
  EXPECT_EQ(install(program("exit"), {.relocatable = true}, watched.hooks()).error().kind,
            Kind::kRelocatable);
  EXPECT_EQ(watched.calls, "");
  TextHooks incomplete = watched.hooks();
  incomplete.synchronise = nullptr;
  EXPECT_EQ(install(program("exit"), {}, incomplete).error().kind, Kind::kMissingHook);
}

// Where the text came to lie too far from a helper that must be called relative to it.
TEST_P(Install, OutOfReachIsReleasedAndSaid) {
  Watched watched(GetParam());
  const HelperAddress helpers[] = {{.id = 5, .address = uint64_t{1} << 62}};
  const auto installed =
      install(program("call 5\nexit"),
              {.helpers = helpers, .helper_reach = HelperReach::kPcRelative}, watched.hooks());
  ASSERT_FALSE(installed.has_value());
  EXPECT_EQ(installed.error().compile.kind, Error::Kind::kHelperOutOfReach);
  EXPECT_EQ(watched.calls, "allocate release ");
  EXPECT_EQ(watched.memory.blocks(), 0U);
}

// Text goes to its helpers, and calls them relative to itself then: shorter than for any address.
TEST_P(Install, PlacedNearItsHelpers) {
  Watched watched(GetParam());
  static constexpr char kSomewhere[1] = {};
  const uint64_t near = reinterpret_cast<uint64_t>(kSomewhere) / 2 * 2;
  const HelperAddress helpers[] = {{.id = 5, .address = near}, {.id = 6, .address = near + 64}};
  const ebpf::Code code = program("call 5\ncall 6\ncall 5\nexit");
  EXPECT_EQ(best_place(code, {.helpers = helpers}), near);
  const auto installed = install(
      code, {.helpers = helpers, .helper_reach = HelperReach::kPcRelative}, watched.hooks());
  ASSERT_TRUE(installed.has_value()) << describe(installed.error());
  const int64_t distance = static_cast<int64_t>(installed->address() - near);
  EXPECT_LT(std::abs(distance), int64_t{1} << 31);
  EXPECT_LT(installed->size(), compile(code, {.helpers = helpers})->bytes.size());
}

// Hooks of a machine whose text is elsewhere: blocks as given, exactly as large as asked for.
struct Elsewhere {
  std::vector<uint64_t> addresses;
  std::vector<std::vector<uint8_t>> bytes = {};
  unsigned held = 0;

  TextHooks hooks() {
    return {.context = this,
            .allocate =
                [](void* context, uint64_t size, uint64_t, TextBlock* block) {
                  auto* self = static_cast<Elsewhere*>(context);
                  if (self->bytes.size() == self->addresses.size()) return -ENOMEM;
                  self->bytes.emplace_back(size);
                  *block = {.address = self->addresses[self->bytes.size() - 1],
                            .size = size,
                            .writable = self->bytes.back().data()};
                  ++self->held;
                  return 0;
                },
            .protect = [](void*, TextBlock*) { return 0; },
            .synchronise = [](void*, const TextBlock*) { return 0; },
            .release = [](void* context, TextBlock*) { --static_cast<Elsewhere*>(context)->held; }};
  }
};

TEST(InstallElsewhere, LongerCodeAsksAgain) {
  // By its address this helper is called in 4 bytes, relative to the text in 8.
  const HelperAddress helpers[] = {{.id = 5, .address = 0x1f000}};
  const Options options{.helpers = helpers, .helper_reach = HelperReach::kPcRelative};
  const ebpf::Code code = program("call 5\ncall 5\nexit");
  Elsewhere twice{.addresses = {0x40000000, 0x48000000}};
  const auto installed = install(code, options, twice.hooks());
  ASSERT_TRUE(installed.has_value()) << describe(installed.error());
  EXPECT_EQ(installed->address(), 0x48000000U);
  ASSERT_EQ(twice.bytes.size(), 2U);
  EXPECT_EQ(twice.bytes[1].size(), twice.bytes[0].size() + 8);
  EXPECT_EQ(twice.held, 1U);
  Elsewhere once{.addresses = {0x40000000}};
  EXPECT_EQ(install(code, options, once.hooks()).error().status, -ENOMEM);
  EXPECT_EQ(once.held, 0U);
}

// The address space's ends, and beyond what its sign says.
TEST(InstallElsewhere, AnywhereInTheAddressSpace) {
  const HelperAddress helpers[] = {{.id = 5, .address = 0x100}, {.id = 6, .address = ~uint64_t{1}}};
  for (const uint64_t address : {uint64_t{0}, uint64_t{4}, (uint64_t{1} << 63) - 8,
                                 uint64_t{1} << 63, ~uint64_t{0} - 0xfff}) {
    Elsewhere memory{.addresses = {address}};
    const auto installed =
        install(program("call 5\ncall 6\nexit"), {.helpers = helpers}, memory.hooks());
    ASSERT_TRUE(installed.has_value()) << describe(installed.error());
    EXPECT_EQ(installed->address(), address);
  }
}

}  // namespace
}  // namespace zext::jit
