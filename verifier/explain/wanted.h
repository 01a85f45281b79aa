// Words for what helpers and functions take, and for maps.
//
//   wanted(helper.arguments[0])       // "a map"
//   map_type_name(2)                  // "array"
#pragma once

#include <string>

#include "verifier/platform/helper.h"
#include "verifier/subject.h"

namespace zext::verifier {

std::string wanted(const Argument& argument);
std::string wanted(const Subject& subject, const Parameter& parameter);
// "hash", "array"; the number of a type that has no name here.
std::string map_type_name(uint32_t type);
// "lock", "timer".
std::string special_name(SpecialField::Kind kind);

}  // namespace zext::verifier
