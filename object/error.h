// Why an object could not be loaded, for the person who has to mend it.
//
//   Error e{.where = ".BTF.ext, line_info", .what = "record size 0", .hint = "compile it again"};
//   e.to_string()    // ".BTF.ext, line_info: record size 0 (compile it again)"
#pragma once

#include <string>

namespace zext::object {

struct Error {
  std::string where;  // the part of the file: a section, a symbol, an instruction
  std::string what;   // what is wrong with it
  std::string hint;   // what to do about it

  std::string to_string() const { return where + ": " + what + " (" + hint + ")"; }
  friend bool operator==(const Error&, const Error&) = default;
};

}  // namespace zext::object
