#include "rtl_sim/lockstep/privileged_csrs.h"

#include <array>

#include "rtl_sim/lockstep/privileged_layout.h"

namespace zext::rtl_sim::lockstep {
namespace {

using rv64::Op;
using rv64::Reg;

// Any value may be written.
constexpr uint16_t kFree[] = {kSstatus,
                              kSie,
                              kScounteren,
                              0x10a /* senvcfg */,
                              kSscratch,
                              kSepc,
                              kScause,
                              kStval,
                              kSip,
                              kMie,
                              kMcounteren,
                              0x30a /* menvcfg */,
                              kMscratch,
                              kMepc,
                              kMcause,
                              kMtval,
                              kMip,
                              0x301 /* misa */,
                              0x7a0,
                              0x7a1,
                              0x7a2,
                              0x320 /* mcountinhibit */,
                              0x323 /* mhpmevent3 */,
                              0xb00 /* mcycle */,
                              0xb02 /* minstret */,
                              0xb03};

// Only read.
constexpr uint16_t kReadOnly[] = {kStvec, kSatp,     kMedeleg, kMideleg, kMtvec, kPmpcfg0,
                                  0x3a2,  kPmpaddr0, 0x3b1,    0x3b7,    0x3b9,  0xf11,
                                  0xf12,  0xf13,     0xf14,    0xf15,    0xc00,  0xc01,
                                  0xc02,  0xc03,     0xc04,    0xc1f,    0x7a4};

// Not there: reserved, custom, of extensions that the core lacks, or of RV32.
constexpr uint16_t kAbsent[] = {0x001, 0x003, 0x008,     0x5c0, 0x800, 0x200, 0x600, 0x3a1,
                                0x3a3, 0x310, 0x31a,     0x747, 0x7b0, 0xb01, 0xb80, 0xc80,
                                0xda0, 0x14d, 0x180 + 1, 0x3ef, 0x7c0, 0xfff, 0x015, 0xc20};

constexpr std::array<Op, 6> kOps = {Op::kCsrrw,  Op::kCsrrs,  Op::kCsrrc,
                                    Op::kCsrrwi, Op::kCsrrsi, Op::kCsrrci};

}  // namespace

void append_random_csr(RandomCode& random, std::vector<uint8_t>& bytes, Reg rd) {
  const auto any = static_cast<unsigned>(random.below(32));
  switch (random.below(8)) {
    case 0:
    case 1:
      // A read: of x0, so that nothing is written.
      return RandomCode::append(
          bytes, RandomCode::make(Op::kCsrrs, rd, 0, 0, random.pick<uint16_t>(kReadOnly)));
    case 2: {
      const uint16_t csr = random.pick<uint16_t>(kAbsent);
      return RandomCode::append(bytes, RandomCode::make(random.pick<Op>(kOps), rd, any, 0, csr));
    }
    case 3:
    case 4: {
      // mstatus: anything but TSR, which the episode has chosen.
      RandomCode::load(bytes, rv64::kT6, random.bits() & random.bits() & ~kTsr);
      const Op op = random.one_in(2) ? Op::kCsrrs : Op::kCsrrc;
      return RandomCode::append(bytes, RandomCode::make(op, rd, rv64::kT6, 0, kMstatus));
    }
    default: {
      const uint16_t csr = random.pick<uint16_t>(kFree);
      if (random.one_in(2)) {
        RandomCode::load(bytes, rv64::kT6, random.interesting());
        return RandomCode::append(bytes,
                                  RandomCode::make(kOps[random.below(3)], rd, rv64::kT6, 0, csr));
      }
      return RandomCode::append(bytes, RandomCode::make(random.pick<Op>(kOps), rd, any, 0, csr));
    }
  }
}

}  // namespace zext::rtl_sim::lockstep
