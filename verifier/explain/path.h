// The way to a rejection, as branches.
#pragma once

#include <string>
#include <vector>

#include "verifier/explain/story.h"

namespace zext::verifier {

// A branch, and how often in a row it went the same way: the rounds of a loop.
struct Repeated {
  Branch branch;
  size_t times = 1;
};
std::vector<Repeated> without_repeats(const std::vector<Branch>& branches);

// "  the way there:" and the last branches, a line each; nothing where there are none.
std::string path_text(const Story& story);

}  // namespace zext::verifier
