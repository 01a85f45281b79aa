#include "rtl_sim/model/uart.h"

#include <string>

#include "gtest/gtest.h"

namespace zext::rtl_sim {
namespace {

constexpr uint64_t kData = 0, kEnable = 1, kIdentify = 2, kLineControl = 3, kStatus = 5;

struct Bench {
  std::string sent;
  Uart uart{[this](char c) { sent += c; }};

  uint64_t read(uint64_t offset) { return uart.read(offset, 1).value(); }
  void write(uint64_t offset, uint64_t value) { EXPECT_TRUE(uart.write(offset, 1, value)); }
};

TEST(Uart, SendsAndReceivesInOrder) {
  Bench bench;
  for (const char c : std::string("abc")) bench.write(kData, static_cast<uint64_t>(c));
  EXPECT_EQ(bench.sent, "abc");
  EXPECT_EQ(bench.read(kStatus), 0x60);
  bench.uart.receive("x\xff");
  EXPECT_EQ(bench.read(kStatus), 0x61);
  EXPECT_EQ(bench.read(kData), 'x');
  EXPECT_EQ(bench.read(kData), 0xff);
  EXPECT_EQ(bench.read(kStatus), 0x60);
  EXPECT_EQ(bench.read(kData), 0);
}

TEST(Uart, InterruptsWhileSomethingIsThere) {
  Bench bench;
  bench.uart.receive("ab");
  EXPECT_FALSE(bench.uart.interrupt());
  bench.write(kEnable, 1);
  EXPECT_TRUE(bench.uart.interrupt());
  EXPECT_EQ(bench.read(kIdentify), 4);
  bench.read(kData);
  EXPECT_TRUE(bench.uart.interrupt());
  bench.read(kData);
  EXPECT_FALSE(bench.uart.interrupt());
  EXPECT_EQ(bench.read(kIdentify), 1);
}

TEST(Uart, ReceivedIsToldBeforeSent) {
  Bench bench;
  bench.write(kEnable, 3);
  bench.uart.receive("a");
  EXPECT_EQ(bench.read(kIdentify), 4);
  EXPECT_EQ(bench.read(kIdentify), 4);
  bench.read(kData);
  EXPECT_EQ(bench.read(kIdentify), 2);
  EXPECT_EQ(bench.read(kIdentify), 1);
  EXPECT_FALSE(bench.uart.interrupt());
  bench.write(kData, 'z');
  EXPECT_TRUE(bench.uart.interrupt());
}

TEST(Uart, OnlyBytesOfItsRegisters) {
  Bench bench;
  EXPECT_FALSE(bench.uart.read(kData, 4));
  EXPECT_FALSE(bench.uart.read(8, 1));
  EXPECT_FALSE(bench.uart.write(kData, 2, 'a'));
  EXPECT_FALSE(bench.uart.write(8, 1, 'a'));
  EXPECT_EQ(bench.sent, "");
}

TEST(Uart, StateGoesOnElsewhere) {
  Bench one, two;
  one.write(kEnable, 1);
  one.write(kLineControl, 3);
  one.uart.receive("later");
  one.read(kData);
  two.uart.restore(one.uart.save());
  EXPECT_TRUE(two.uart.interrupt());
  EXPECT_EQ(two.read(kLineControl), 3);
  for (const char c : std::string("ater")) EXPECT_EQ(two.read(kData), static_cast<uint64_t>(c));
  EXPECT_FALSE(two.uart.interrupt());
  two.uart.restore({});
  EXPECT_EQ(two.read(kLineControl), 0);
}

}  // namespace
}  // namespace zext::rtl_sim
