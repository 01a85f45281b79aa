// What went wrong with a user's input or a simulation, as a value.
//
//   return std::unexpected(Error{"truncated ELF file", "program header 2", "rebuild the file"});
#pragma once

#include <string>

namespace zext::rtl_sim {

struct Error {
  std::string what;   // the rule that was broken
  std::string where;  // the file part, address or register it was broken at
  std::string fix;    // what the user can do about it

  // "what: where (fix)", leaving out the parts that are empty.
  std::string message() const {
    std::string text = what;
    if (!where.empty()) text += ": " + where;
    if (!fix.empty()) text += " (" + fix + ")";
    return text;
  }
};

}  // namespace zext::rtl_sim
