// RandomInput: inputs of any subject that look like what it would meet, from a seed.
//
//   const Input input = random_input(subject, seed);
//   run(subject, input, {.answer = random_answers(subject, seed)});
//
// The same seed gives the same run. Answers are within what the helper's row says; what may be null
// is so one time in four.
#pragma once

#include <functional>
#include <optional>

#include "verifier/replay/replay.h"

namespace zext::verifier {

Input random_input(const Subject& subject, uint64_t seed);

// For ReplayOptions::answer. The subject must outlive it.
std::function<std::optional<Input::Call>(uint32_t pc, const Helper& row,
                                         const ebpf::Arguments& arguments)>
random_answers(const Subject& subject, uint64_t seed);

}  // namespace zext::verifier
