// identity: a number for a program and all that its safety depends on: its code, its platform, its
// maps, its functions, what it is allowed.
//
//   certificate.subject == identity(subject, options.privileged, options.strict_alignment)
//
// It tells a certificate of another program at once. Nothing depends on it: a checker goes by the
// program, whatever the number says. Types of the kernel are named by their ids only.
#pragma once

#include <cstdint>

#include "verifier/subject.h"

namespace zext::verifier::certificate {

uint64_t identity(const Subject& subject, bool privileged, bool strict_alignment);

}  // namespace zext::verifier::certificate
