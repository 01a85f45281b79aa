// Where certificates are kept: in the file that is named, or one for each program in a folder.
//
//   certificate_file("out", "filter", true);     // "out/filter.cert"
#pragma once

#include <string>

namespace zext::cli {

inline std::string certificate_file(const std::string& option, const std::string& program,
                                    bool several) {
  return several ? option + "/" + program + ".cert" : option;
}

}  // namespace zext::cli
