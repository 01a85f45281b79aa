// What the core did in the last cycles before a run was given up, in a few sentences.
//
//   Hang hang;
//   hang.retired(retirement);                        // for each
//   std::string report = hang.report(1'000, lost, last);
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "rtl_sim/model/retirement.h"

namespace zext::rtl_sim {

class Hang {
 public:
  using Lost = std::array<uint64_t, kLostCauses + 1>;

  // `before`: the cycles lost up to now, by cause.
  explicit Hang(const Lost& before) : before_(before) {}

  void retired(const Retirement& retirement);

  // `after`: the cycles lost up to the end; `last`: what retired last since reset, if anything did.
  std::string report(uint64_t cycles, const Lost& after,
                     const std::optional<Retirement>& last) const;

 private:
  Lost before_;
  uint64_t count_ = 0;
  uint64_t lowest_ = UINT64_MAX, highest_ = 0;
  uint64_t interrupts_ = 0;
  std::map<uint64_t, uint64_t> traps_;  // by cause
  std::optional<Retirement> last_trap_;
};

}  // namespace zext::rtl_sim
