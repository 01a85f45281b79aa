// TransferCase: what is known before some instructions, the instructions, and what is known after.
//
//   == add: two ranges | xdp
//   pre: r1 = 0..10; r2 = 5..6
//   code: r1 += r2
//   post: r1 = 5..16
//
//   for (const TransferCase& tested : read_transfer_cases("verifier/testdata/transfer/alu.txt")) {
//     EXPECT_EQ(difference(tested), "");
//   }
//
// The first line has a name, a platform and perhaps `imprecise`: what is written down is not the
// best that could be known. Then lines of testing/case.h (option, map, type, argument, function
// with its body at the end), and sections, each on a line of its own or on several:
//   pre:        facts (testing/fact.h), separated by ;
//   code:       instructions, separated by ; in one line; `goto out` is a jump from the code
//   post:       how the machine before has changed, when the next instruction is reached
//   taken:      the same, when the jump that is the last instruction is taken; post: if it is not
//   inside:     the same, when the helper calls back
//   reason:     the id of the rejection, and the register where that matters
// `post: never`: nothing comes after. What is not named must be as it was before.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "verifier/testing/case.h"

namespace zext::verifier {

struct TransferCase {
  std::string name;
  bool imprecise = false;
  Case program;                                 // with `out:` and `exit` after the code
  std::map<std::string, std::string> sections;  // pre, code, post, taken, inside, reason
};

std::vector<TransferCase> read_transfer_cases(const std::string& file);
std::vector<TransferCase> parse_transfer_cases(const std::string& text);

// How what comes after differs from what is written down, a line each; "" if it does not.
std::string difference(const TransferCase& tested);

// The instructions of the code.
std::set<ebpf::Op> operations(const TransferCase& tested);

}  // namespace zext::verifier
