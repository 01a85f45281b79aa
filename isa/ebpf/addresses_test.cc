#include "isa/ebpf/addresses.h"

#include <gtest/gtest.h>

#include <vector>

namespace zext::ebpf {
namespace {

constexpr MapAddress kMaps[] = {
    {.number = 0, .map = 0x1000},
    {.number = 7, .map = 0xffff'ffe0'0123'4000, .value = 0xffff'ffe0'0765'4000, .value_size = 24},
    {.by_index = true, .number = 7, .map = 0x3000, .value = 0x9000, .value_size = 1},
    {.number = -3, .value = 0x5000, .value_size = 0x1'0000'0000},
};
constexpr VariableAddress kVariables[] = {
    {.btf_id = 9, .address = 0xffff'ffff'8100'0000},
    {.btf_id = 9, .module_fd = 4, .address = 0xffff'ffff'c000'0010},
};

Instruction<> load(Op op, uint32_t number, uint32_t second = 0) {
  return {.op = op, .dst = 1, .imm = Bits<64>::of(uint64_t{second} << 32 | number)};
}

std::expected<uint64_t, AddressError> found(const Instruction<>& insn) {
  return address_of(insn, {.maps = kMaps, .variables = kVariables});
}

std::string missing(const Instruction<>& insn) {
  const auto address = found(insn);
  EXPECT_FALSE(address.has_value()) << *address;
  return address ? "" : describe(address.error());
}

TEST(Addresses, Maps) {
  EXPECT_EQ(found(load(Op::kLoadMapFd, 0)), 0x1000u);
  EXPECT_EQ(found(load(Op::kLoadMapFd, 7)), 0xffff'ffe0'0123'4000u);
  EXPECT_EQ(found(load(Op::kLoadMapIdx, 7)), 0x3000u);
}

TEST(Addresses, Values) {
  EXPECT_EQ(found(load(Op::kLoadMapValueFd, 7)), 0xffff'ffe0'0765'4000u);
  EXPECT_EQ(found(load(Op::kLoadMapValueFd, 7, 23)), 0xffff'ffe0'0765'4017u);
  EXPECT_EQ(found(load(Op::kLoadMapValueIdx, 7)), 0x9000u);
  EXPECT_EQ(found(load(Op::kLoadMapValueFd, 0xffff'fffd, 0xffff'ffff)), 0x1'0000'4fffu);
}

TEST(Addresses, Variables) {
  EXPECT_EQ(found(load(Op::kLoadVariable, 9)), 0xffff'ffff'8100'0000u);
  EXPECT_EQ(found(load(Op::kLoadVariable, 9, 4)), 0xffff'ffff'c000'0010u);
}

TEST(Addresses, MissingOnesAreNamed) {
  EXPECT_EQ(missing(load(Op::kLoadMapFd, 5)),
            "no address is known for the map with descriptor 5; add it to the table of addresses");
  EXPECT_EQ(missing(load(Op::kLoadMapValueFd, 5)), missing(load(Op::kLoadMapFd, 5)));
  EXPECT_EQ(missing(load(Op::kLoadMapIdx, 0)),
            "no address is known for the map with index 0; add it to the table of addresses");
  EXPECT_EQ(missing(load(Op::kLoadMapFd, 0xffff'fffd)),
            "map -3 has values here but no address of its own, which helpers take; give that, too");
  EXPECT_EQ(missing(load(Op::kLoadMapValueFd, 0)),
            "the values of map 0 have no fixed address, since it is no array of one element; look "
            "the element up");
  EXPECT_EQ(missing(load(Op::kLoadMapValueFd, 7, 24)),
            "offset 24 is outside of the 24 bytes of the value of map 7; name a byte inside it");
  EXPECT_EQ(missing(load(Op::kLoadMapValueIdx, 7, 0x8000'0000)),
            "offset 2147483648 is outside of the 1 bytes of the value of map 7; name a byte inside "
            "it");
  EXPECT_EQ(missing(load(Op::kLoadVariable, 8)),
            "no address is known for the kernel variable with BTF id 8; add it to the table of "
            "addresses");
  EXPECT_EQ(missing(load(Op::kLoadVariable, 9, 5)),
            "no address is known for the kernel variable with BTF id 9 of the module with "
            "descriptor 5; add it to the table of addresses");
}

// Tables of every order give the same; the one in order is the fast one.
TEST(Addresses, OrderDoesNotMatter) {
  std::vector<MapAddress> maps;
  maps.reserve(100);
  for (int32_t i = 0; i < 100; ++i) {
    maps.push_back({.by_index = true, .number = i, .map = 0x1000u + static_cast<uint64_t>(i)});
  }
  for (const bool reversed : {false, true}) {
    for (uint32_t i = 0; i < 100; ++i) {
      EXPECT_EQ(address_of(load(Op::kLoadMapIdx, i), {.maps = maps}), 0x1000u + i) << reversed;
      EXPECT_FALSE(address_of(load(Op::kLoadMapFd, i), {.maps = maps}).has_value());
    }
    maps = std::vector<MapAddress>(maps.rbegin(), maps.rend());
  }
}

TEST(Addresses, OnlyPseudoFormsNameOne) {
  for (const Row& row : kRows) {
    const bool constant = row.op == Op::kLoadImm64 || row.op == Op::kLoadFunction;
    EXPECT_EQ(names_address(row.op), row.kind == Kind::kImm64 && !constant) << row.name;
  }
}

}  // namespace
}  // namespace zext::ebpf
