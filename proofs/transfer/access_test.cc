// Bounds checks are sound: where check/inside.h and the relations say that an access is inside its
// region, every byte of it is at an address of the region, as the machine computes addresses.
//
// A region is what the platform promises: `size` bytes from `base`, not passing the end of the
// address space. The form of an offset is the signed word, that of a size the unsigned one.
#include <gtest/gtest.h>

#include "proofs/operators/symbolic.h"
#include "proofs/theorem.h"
#include "verifier/check/inside.h"

namespace zext::proofs {
namespace {

using W = Bv<64>;
using Z = Bv<128>;

Z zero() { return Z::of(0); }

// An access of `bytes` that begins at an integer offset between two places, and one of its bytes.
// That its offset is such an integer is Places.HoldEveryFirstByte.
struct Access {
  Z begin = Z::variable("begin");
  verifier::Places<W> at = {Z::variable("low"), Z::variable("high")};
  W base = any<W>("base");
  W bytes = any<W>("bytes");
  W size = any<W>("size");
  W byte = any<W>("byte");  // which: below `bytes`

  // The address of the byte, computed as the machine does.
  W address() const { return base + trunc<64>(begin) + byte; }
  Z count() const { return zext<128>(bytes); }
  Z end() const { return begin + count(); }
  Z room() const { return zext<128>(size) - end(); }

  Formula given() const {
    const Z reach = shl(Z::of(1), Z::of(65));
    return sle(at.low, begin) && sle(begin, at.high) && sle(zero() - reach, at.low) &&
           sle(at.high, reach) && ult(byte, bytes) && ule(bytes, W::of(0x7fff'ffff)) &&
           ule(base, base + size) && ule(size, W::of(uint64_t{1} << 40));
  }
  Formula inside_region() const { return ult(address() - base, size) && ule(base, address()); }
};

TEST(Places, HoldEveryFirstByte) {
  theorem("places of an access", 64, [] {
    const auto number = any_scalar<W>("offset");
    const W offset = any<W>("offset.word");
    const W displacement = sext<64>(Bv<16>::variable("displacement"));
    const Z begin = sext<128>(offset) + sext<128>(displacement);
    const auto at = verifier::places(number, displacement);
    const Z reach = shl(Z::of(1), Z::of(65));
    return Claim{.given = contains(number, offset),
                 .show = {sle(at.low, begin), sle(begin, at.high), sle(zero() - reach, at.low),
                          sle(at.high, reach), trunc<64>(begin) == offset + displacement}};
  });
}

// check_sized() by ranges: not below 0, and ending at a size that is at least `known`.
TEST(Sized, ByRanges) {
  theorem("0 <= low and high + bytes <= known", 64, [] {
    const Access a;
    const Z known = Z::variable("known");
    return Claim{.given = a.given() && sle(known, zext<128>(a.size)) && sle(zero(), a.at.low) &&
                          verifier::ends_within(a.at, a.count(), known),
                 .show = {a.inside_region()}};
  });
}

// check_sized() by relations: offset >= 0, by them or by the range, and size - end >= 0.
TEST(Sized, ByRelations) {
  theorem("0 <= offset and offset + bytes <= size", 64, [] {
    const Access a;
    return Claim{.given = a.given() && (sle(zero(), a.begin) || sle(zero(), a.at.low)) &&
                          sle(zero(), a.room()),
                 .show = {a.inside_region()}};
  });
}

// A helper is given as many bytes as a register says, at most `most`.
TEST(Sized, ByAVariableSize) {
  theorem("at most `most` bytes, by ranges", 64, [] {
    const Access a;
    const auto count = any_scalar<W>("count");
    return Claim{.given = a.given() && contains(count, a.bytes) && sle(zero(), a.at.low) &&
                          ule(count.u.hi, W::of(0x7fff'ffff)) &&
                          verifier::ends_within(a.at, zext<128>(count.u.hi), zext<128>(a.size)),
                 .show = {a.inside_region()}};
  });
  theorem("no byte of an access of none", 64, [] {
    const Access a;
    return Claim{.given = a.bytes == W::of(0), .show = {!ult(a.byte, a.bytes)}};
  });
}

// The symbol of a packet's metadata counts one more than its bytes.
TEST(Sized, BeforeTheData) {
  theorem("size of the metadata", 64, [] {
    const Access a;
    const W symbol = a.size + W::of(1);
    return Claim{.given = a.given(), .show = {zext<128>(symbol) - Z::of(1) == zext<128>(a.size)}};
  });
}

constexpr uint64_t kFrame = 512;

TEST(Stack, BelowTheFramePointer) {
  theorem("-512 <= low and high + bytes <= 0", 64, [] {
    const Access a;
    const W lowest = a.base - W::of(kFrame);
    return Claim{.given = a.given() && ule(lowest, a.base) &&
                          verifier::below_origin(a.at, a.count(), Z::of(kFrame)),
                 .show = {ule(lowest, a.address()) && ult(a.address(), a.base)}};
  });
}

// What load_stack() and store_stack() touch: `reach` bytes from the lowest place.
TEST(Stack, PlacesInTheFrame) {
  theorem("places in the frame", 64, [] {
    const Access a;
    const auto place = [](const Z& z) { return trunc<32>(z + Z::of(kFrame)); };
    const auto reach = place(a.at.high) - place(a.at.low) + trunc<32>(a.bytes);
    const auto here = place(a.begin + zext<128>(a.byte));
    return Claim{.given = a.given() && verifier::below_origin(a.at, a.count(), Z::of(kFrame)),
                 .show = {ule(place(a.at.low), here), ult(here - place(a.at.low), reach),
                          ule(place(a.at.low) + reach, Bv<32>::of(kFrame))}};
  });
}

// Fields of map values that only helpers may touch.
TEST(Fields, UntouchedIfSaidSo) {
  theorem("fields that are not touched", 64, [] {
    const Access a;
    const Z start = zext<128>(Bv<32>::variable("start"));
    const Z size = zext<128>(Bv<32>::variable("field.size"));
    const Z byte = a.begin + zext<128>(a.byte);
    return Claim{.given = a.given() && !verifier::may_touch(a.at, a.count(), start, size),
                 .show = {slt(byte, start) || sle(start + size, byte)}};
  });
}

TEST(Alignment, OfTheAddress) {
  for (const uint64_t power : {1, 2, 4, 8}) {
    theorem("aligned to " + std::to_string(power), 64, [=] {
      const auto number = any_scalar<W>("offset");
      const W base = any<W>("base");
      const W offset = any<W>("offset.word");
      const W mask = W::of(power - 1);
      return Claim{.given = contains(number, offset) && (base & mask) == W::of(0) &&
                            verifier::is_multiple(number, W::of(power)),
                   .show = {((base + offset) & mask) == W::of(0)}};
    });
  }
  // Where alignment matters, data is two bytes above a multiple of four.
  theorem("aligned in a packet", 64, [] {
    const W base = any<W>("base");
    const W offset = any<W>("offset");
    const W mask = W::of(3);
    return Claim{.given = (base & mask) == W::of(2) && ((offset + W::of(2)) & mask) == W::of(0),
                 .show = {((base + offset) & mask) == W::of(0)}};
  });
}

}  // namespace
}  // namespace zext::proofs
