// Bits<N>: a word of N bits that computes, constexpr and at machine speed.
//
//   constexpr auto x = Bits<32>::of(0x804df568);
//   static_assert(zext<64>(x).value() == 0x804df568);
//   static_assert(sext<64>(x).value() == 0xffffffff804df568);
//
// The meaning of each operation is word/word.h's.
#pragma once

#include <cstdint>
#include <type_traits>

#include "word/word.h"

namespace zext {

template <unsigned N>
class Bits {
  static_assert(N >= 1 && N <= 128);

 public:
  static constexpr unsigned kWidth = N;
  using Bool = bool;
  template <unsigned M>
  using Of = Bits<M>;
  __extension__ using Wide = unsigned __int128;
  using Value = std::conditional_t<
      (N <= 8), uint8_t,
      std::conditional_t<
          (N <= 16), uint16_t,
          std::conditional_t<(N <= 32), uint32_t, std::conditional_t<(N <= 64), uint64_t, Wide>>>>;
  __extension__ using Signed = std::conditional_t<(N <= 64), int64_t, __int128>;

  constexpr Bits() = default;

  // The word whose value is `value` modulo 2^N.
  static constexpr Bits of(uint64_t value) { return wrap(value); }
  static constexpr Bits wrap(Wide value) {
    Bits result;
    result.value_ = static_cast<Value>(value & kMask);
    return result;
  }

  // The value as an unsigned and as a two's complement integer.
  constexpr Value value() const { return value_; }
  constexpr Signed signed_value() const {
    using U = std::conditional_t<(N <= 64), uint64_t, Wide>;
    constexpr unsigned kSpare = sizeof(Signed) * 8 - N;
    return static_cast<Signed>(static_cast<U>(value_) << kSpare) >> kSpare;
  }

  friend constexpr Bits operator+(Bits a, Bits b) {
    return narrow(Arithmetic(a.value_) + b.value_);
  }
  friend constexpr Bits operator-(Bits a, Bits b) {
    return narrow(Arithmetic(a.value_) - b.value_);
  }
  friend constexpr Bits operator*(Bits a, Bits b) {
    return narrow(Arithmetic(a.value_) * b.value_);
  }
  friend constexpr Bits operator&(Bits a, Bits b) { return narrow(a.value_ & b.value_); }
  friend constexpr Bits operator|(Bits a, Bits b) { return narrow(a.value_ | b.value_); }
  friend constexpr Bits operator^(Bits a, Bits b) { return narrow(a.value_ ^ b.value_); }
  friend constexpr Bits operator~(Bits a) { return narrow(~Arithmetic(a.value_)); }
  friend constexpr bool operator==(Bits a, Bits b) { return a.value_ == b.value_; }
  friend constexpr bool operator!=(Bits a, Bits b) { return a.value_ != b.value_; }

  friend constexpr Bits shl(Bits a, Bits b) {
    return b.value_ < N ? narrow(Arithmetic(a.value_) << b.value_) : Bits();
  }
  friend constexpr Bits lshr(Bits a, Bits b) {
    return b.value_ < N ? narrow(a.value_ >> b.value_) : Bits();
  }
  friend constexpr Bits ashr(Bits a, Bits b) {
    const unsigned amount = b.value_ < N ? static_cast<unsigned>(b.value_) : N - 1;
    return narrow(static_cast<Arithmetic>(a.signed_value() >> amount));
  }

  friend constexpr Bits udiv(Bits a, Bits b) {
    return b.value_ == 0 ? ~Bits() : narrow(a.value_ / b.value_);
  }
  friend constexpr Bits urem(Bits a, Bits b) {
    return b.value_ == 0 ? a : narrow(a.value_ % b.value_);
  }
  friend constexpr Bits sdiv(Bits a, Bits b) {
    if (b.value_ == 0) return a.negative() ? Bits::of(1) : ~Bits();
    if (b == ~Bits()) return Bits() - a;
    return narrow(static_cast<Arithmetic>(a.signed_value() / b.signed_value()));
  }
  friend constexpr Bits srem(Bits a, Bits b) {
    if (b.value_ == 0) return a;
    if (b == ~Bits()) return Bits();
    return narrow(static_cast<Arithmetic>(a.signed_value() % b.signed_value()));
  }

  friend constexpr bool ult(Bits a, Bits b) { return a.value_ < b.value_; }
  friend constexpr bool ule(Bits a, Bits b) { return a.value_ <= b.value_; }
  friend constexpr bool slt(Bits a, Bits b) { return a.signed_value() < b.signed_value(); }
  friend constexpr bool sle(Bits a, Bits b) { return a.signed_value() <= b.signed_value(); }

  friend constexpr Bits select(bool condition, Bits a, Bits b) { return condition ? a : b; }

 private:
  // Wide enough that C++ promotes nothing to a signed type.
  using Arithmetic = std::conditional_t<(N <= 32), uint32_t, Value>;
  static constexpr Wide kMask = N == 128 ? ~Wide{0} : (Wide{1} << (N % 128)) - 1;

  static constexpr Bits narrow(Arithmetic value) {
    Bits result;
    result.value_ = static_cast<Value>(value & static_cast<Arithmetic>(kMask));
    return result;
  }
  constexpr bool negative() const { return (value_ >> (N - 1) & 1) != 0; }

  Value value_ = 0;
};

// The low N bits kept, the others zero (M >= N).
template <unsigned M, unsigned N>
constexpr Bits<M> zext(Bits<N> x) {
  static_assert(M >= N);
  return Bits<M>::wrap(x.value());
}

// The low N bits kept, the others copies of bit N - 1 (M >= N).
template <unsigned M, unsigned N>
constexpr Bits<M> sext(Bits<N> x) {
  static_assert(M >= N);
  return Bits<M>::wrap(static_cast<typename Bits<N>::Wide>(x.signed_value()));
}

// The low M bits (M <= N).
template <unsigned M, unsigned N>
constexpr Bits<M> trunc(Bits<N> x) {
  static_assert(M <= N);
  return Bits<M>::wrap(x.value());
}

// Bits High down to Low, both included.
template <unsigned High, unsigned Low, unsigned N>
constexpr Bits<High - Low + 1> extract(Bits<N> x) {
  static_assert(High < N && Low <= High);
  return Bits<High - Low + 1>::wrap(x.value() >> Low);
}

// `high` above `low`.
template <unsigned M, unsigned N>
constexpr Bits<M + N> concat(Bits<M> high, Bits<N> low) {
  return Bits<M + N>::wrap(static_cast<typename Bits<M + N>::Wide>(high.value()) << N |
                           low.value());
}

static_assert(Word<Bits<1>> && Word<Bits<8>> && Word<Bits<64>> && Word<Bits<128>>);

}  // namespace zext
