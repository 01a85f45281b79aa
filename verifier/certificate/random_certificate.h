// RandomCertificate: certificates of the right shape that mean nothing, for testing their format.
//
//   Certificate certificate = random_certificate(rng);
//
// Cut points are often like one before with a few parts changed, numbers often such that some views
// imply the others, as those of programs are.
#pragma once

#include <random>

#include "verifier/certificate/certificate.h"

namespace zext::verifier::certificate {

using Random = std::mt19937_64;

Number random_number(Random& rng);
Certificate random_certificate(Random& rng);

}  // namespace zext::verifier::certificate
