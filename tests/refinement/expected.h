// expected.txt as data: what is said of the safe programs of programs/ without a refinement.
//
//   const Expectation* row = expectation_of("whole_triplets", "O2_v3");
//   row->domains                                       // "packet-bounds"
#pragma once

#include <string>
#include <vector>

namespace zext::refinement {

// The folder of programs/ and builds/, for corpus::sources().
inline constexpr char kCollection[] = "tests/refinement";

struct Expectation {
  std::string program;
  std::string category;    // "products"
  std::string build;       // "O2_v3"
  std::string domains;     // kAccepted, or the reason of zext's rejection
  std::string linux_says;  // kAccepted, kRejected, or kNotAsked
};
inline constexpr char kAccepted[] = "accepted";
inline constexpr char kRejected[] = "rejected";
inline constexpr char kNotAsked[] = "-";  // programs for plain memory

// Throws when the table is not among the test's data, or a row is not whole.
const std::vector<Expectation>& expectations();

// Null: the table has no such row.
const Expectation* expectation_of(const std::string& program, const std::string& build);

}  // namespace zext::refinement
