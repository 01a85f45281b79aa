// page_check against the rules of the privileged manual (4.3.1), over every input.
#include <gtest/gtest.h>

#include <memory>

#include "Vpage_check.h"

namespace zext::rtl_sim {
namespace {

constexpr unsigned kR = 1 << 1;
constexpr unsigned kW = 1 << 2;
constexpr unsigned kX = 1 << 3;
constexpr unsigned kU = 1 << 4;
constexpr unsigned kA = 1 << 6;
constexpr unsigned kD = 1 << 7;

enum Access : unsigned { kFetch, kLoad, kStore };

// "U=1: accessible to user mode; S mode only with SUM set, and S mode may not execute it whatever
// SUM is. MXR: loads from pages marked either readable or executable succeed."
bool permitted(unsigned flags, Access access, bool user, bool sum, bool mxr) {
  if (user && (flags & kU) == 0) return false;
  if (!user && (flags & kU) != 0 && (access == kFetch || !sum)) return false;
  switch (access) {
    case kFetch:
      return (flags & kX) != 0;
    case kLoad:
      return (flags & (mxr ? kR | kX : kR)) != 0;
    case kStore:
      return (flags & kW) != 0;
  }
  return false;
}

TEST(PageCheck, EveryInput) {
  const auto check = std::make_unique<Vpage_check>();
  for (unsigned i = 0; i < 256 * 3 * 8; ++i) {
    const unsigned flags = i % 256;
    const auto access = static_cast<Access>(i / 256 % 3);
    const bool user = (i / 768 & 1) != 0;
    const bool sum = (i / 768 & 2) != 0;
    const bool mxr = (i / 768 & 4) != 0;
    check->check_i = 1;
    check->flags_i = flags;
    check->access_i = access;
    check->mode_i = user ? 0 : 1;
    check->sum_i = sum;
    check->mxr_i = mxr;
    check->eval();
    ASSERT_EQ(check->ok_o, permitted(flags, access, user, sum, mxr))
        << "flags " << flags << " access " << access << " user " << user << " sum " << sum
        << " mxr " << mxr;
    const bool stale = (flags & kA) == 0 || (access == kStore && (flags & kD) == 0);
    ASSERT_EQ(check->stale_o, stale) << "flags " << flags << " access " << access;
  }
}

}  // namespace
}  // namespace zext::rtl_sim
