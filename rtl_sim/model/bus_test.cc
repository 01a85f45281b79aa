#include "rtl_sim/model/bus.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "gtest/gtest.h"

namespace zext::rtl_sim {
namespace {

constexpr MemoryRange kRam{.base = 0x8000'0000, .size = 0x10'0000};

// Remembers the last access; answers only at its first eight bytes.
class Probe : public Device {
 public:
  std::optional<uint64_t> read(uint64_t offset, unsigned bytes) override {
    offset_ = offset;
    bytes_ = bytes;
    if (offset >= 8) return std::nullopt;
    return value_;
  }
  bool write(uint64_t offset, unsigned bytes, uint64_t value) override {
    offset_ = offset;
    bytes_ = bytes;
    value_ = value;
    return offset < 8;
  }
  bool interrupt() const override { return value_ == 1; }
  void reset() override { value_ = 0; }
  std::vector<uint8_t> save() const override { return {static_cast<uint8_t>(value_)}; }
  void restore(std::span<const uint8_t> state) override { value_ = state.front(); }

  uint64_t offset_ = 0, value_ = 0;
  unsigned bytes_ = 0;
};

std::unique_ptr<Bus> make(std::vector<MemoryRegion> regions, std::vector<DeviceMapping> devices) {
  auto bus = Bus::create(kRam, std::move(regions), std::move(devices));
  EXPECT_TRUE(bus) << bus.error().message();
  return std::move(*bus);
}

TEST(Bus, RegionsAreMemoryAndRomIsNotWritten) {
  const auto bus =
      make({{.range = {.base = 0x1000, .size = 16}, .contents = {1, 2, 3, 4}},
            {.range = {.base = 0x2000, .size = 16}, .contents = {5, 6, 7, 8}, .read_only = true}},
           {});
  EXPECT_EQ(bus->access(false, 4, 0x1000, 0), 0x04030201);
  bus->access(true, 2, 0x100e, 0xabcd);
  EXPECT_FALSE(bus->fault());
  EXPECT_EQ(bus->access(false, 8, 0x1008, 0), 0xabcd'0000'0000'0000);
  EXPECT_EQ(bus->access(false, 1, 0x2003, 0), 8);
  bus->access(true, 1, 0x2003, 9);
  EXPECT_TRUE(bus->fault());
  EXPECT_EQ(bus->access(false, 1, 0x2003, 0), 8);
  EXPECT_FALSE(bus->fault());
  // Reset brings the contents back.
  bus->access(true, 4, 0x1000, 0);
  bus->reset();
  EXPECT_EQ(bus->access(false, 4, 0x1000, 0), 0x04030201);
}

TEST(Bus, NobodyAnswersElsewhere) {
  const auto bus = make({{.range = {.base = 0x1000, .size = 12}}}, {});
  for (const uint64_t address : {0xffcu, 0x100cu, 0x0u}) {
    bus->access(false, 4, address, 0);
    EXPECT_TRUE(bus->fault()) << address;
    bus->access(true, 4, address, 0);
    EXPECT_TRUE(bus->fault()) << address;
  }
  // Half inside is not inside.
  bus->access(false, 8, 0x1008, 0);
  EXPECT_TRUE(bus->fault());
}

TEST(Bus, DevicesGetOffsetsAndRaiseLines) {
  const auto probe = std::make_shared<Probe>();
  const auto bus =
      make({}, {{.range = {.base = 0x4000'0000, .size = 0x100}, .device = probe, .source = 7}});
  bus->access(true, 2, 0x4000'0004, 1);
  EXPECT_FALSE(bus->fault());
  EXPECT_EQ(probe->offset_, 4);
  EXPECT_EQ(probe->bytes_, 2u);
  EXPECT_EQ(bus->lines(), 1u << 7);
  EXPECT_EQ(bus->access(false, 8, 0x4000'0000, 0), 1);
  bus->access(false, 4, 0x4000'0010, 0);
  EXPECT_TRUE(bus->fault());
  // What happens outside of an access is seen when asked for.
  probe->value_ = 0;
  EXPECT_EQ(bus->lines(), 1u << 7);
  bus->poll();
  EXPECT_EQ(bus->lines(), 0u);
}

TEST(Bus, RefusesWhatCannotBe) {
  const auto refused = [](std::vector<MemoryRegion> regions, std::vector<DeviceMapping> devices) {
    return !Bus::create(kRam, std::move(regions), std::move(devices));
  };
  const auto probe = std::make_shared<Probe>();
  EXPECT_TRUE(refused({{.range = {.base = 0x8000'0000, .size = 1}}}, {}));
  EXPECT_TRUE(refused({{.range = {.base = 0x800f'ffff, .size = 2}}}, {}));
  EXPECT_TRUE(refused({{.range = {.base = 0x0200'4000, .size = 8}}}, {}));
  EXPECT_TRUE(refused({{.range = {.base = 0, .size = 0}}}, {}));
  EXPECT_TRUE(refused({{.range = {.base = UINT64_MAX, .size = 2}}}, {}));
  EXPECT_TRUE(refused({{.range = {.base = 0, .size = 1}, .contents = {1, 2}}}, {}));
  EXPECT_TRUE(refused({}, {{.range = {.base = 0, .size = 8}, .device = nullptr}}));
  EXPECT_TRUE(refused({}, {{.range = {.base = 0, .size = 8}, .device = probe, .source = 32}}));
  EXPECT_FALSE(refused({{.range = {.base = 0x7fff'ffff, .size = 1}}},
                       {{.range = {.base = 0, .size = 8}, .device = probe, .source = 31}}));
}

TEST(Bus, StateGoesOnElsewhere) {
  const auto build = [] {
    return make(
        {{.range = {.base = 0x1000, .size = 16}}},
        {{.range = {.base = 0, .size = 8}, .device = std::make_shared<Probe>(), .source = 3}});
  };
  const auto one = build(), two = build();
  one->ram().write(0x8000'5ff8, 0xff, 77);
  one->access(true, 4, 0x1004, 88);
  one->access(true, 4, 0, 1);
  two->ram().write(0x8000'0000, 0xff, 99);
  std::vector<uint8_t> state;
  one->save(state);
  std::span<const uint8_t> rest = state;
  ASSERT_TRUE(two->restore(rest));
  EXPECT_TRUE(rest.empty());
  EXPECT_TRUE(std::ranges::equal(one->ram().bytes(), two->ram().bytes()));
  EXPECT_EQ(two->access(false, 4, 0x1004, 0), 88);
  EXPECT_EQ(two->lines(), 8u);
  // Cut short, it is refused wherever it ends.
  for (size_t size = 0; size < state.size(); size += 7) {
    rest = std::span<const uint8_t>(state).first(size);
    EXPECT_FALSE(two->restore(rest)) << size;
  }
}

}  // namespace
}  // namespace zext::rtl_sim
