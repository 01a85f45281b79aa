// Whether a machine may be one of those that a certificate's cut point stands for.
//
//   may_be(point, machine, packet_bytes)
//
// Symbols get their values from the registers and slots whose forms have one unknown symbol; what
// is left unknown is taken for possible. So a No is certain.
#pragma once

#include <cstdint>
#include <optional>

#include "tests/embedding/machine.h"
#include "verifier/certificate/certificate.h"

namespace zext::embedding {

bool may_be(const verifier::certificate::CutPoint& point, const Machine& machine,
            std::optional<uint64_t> packet_bytes);

}  // namespace zext::embedding
