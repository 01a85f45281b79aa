// How a command tells what is wrong with its input.
#pragma once

#include "object/error.h"

namespace zext::cli {

// Says what is wrong on standard error, or as {"error": {where, what, hint}} on standard output;
// gives kBadInput.
int report(const object::Error& error, bool json);

}  // namespace zext::cli
