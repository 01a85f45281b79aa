// to_text: a certificate for people to read.
//
//   std::cout << to_text(certificate);
//
//   cut point 3 at 17, a loop that s5 counts, in the loop of cut point 1:
//     r1 = packet + 14..34 = 4*s5 + 14
//     r10 = stack
//     fp-4[4] = 0..255
//     s5 in 0..5
//     packet_size - 4*s5 - 34 >= 0
//
// Registers and slots that are not listed may hold anything, and must not be read. `fp` is r10 of
// the function on top, `fp[0]` that of frame 0; [4] are four bytes instead of eight.
#pragma once

#include <string>

#include "verifier/certificate/certificate.h"

namespace zext::verifier::certificate {

std::string to_text(const Certificate& certificate);

}  // namespace zext::verifier::certificate
