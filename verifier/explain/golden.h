// Golden texts: the cases of testdata/, and what is said about each.
//
//   for (const Case& tested : read_cases("verifier/explain/testdata/memory.txt")) {
//     for (const auto& [section, text] : tested.sections) rendered(tested, section) == text;
//   }
//
// Sections are message, log, log 2 (with relations), log cut (four lines), dot, json. `bazel run
// //verifier/explain:update` writes what is said now into the files.
#pragma once

#include <string>

#include "verifier/testing/case.h"

namespace zext::verifier {

// What a section is to hold; or, where the case's text is wrong, what is wrong.
std::string rendered(const Case& tested, const std::string& section);

// The file's text with every section as it is now, and a message for cases that have none.
std::string updated(const std::string& text);

}  // namespace zext::verifier
