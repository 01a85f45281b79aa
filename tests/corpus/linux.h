// What the running kernel says of an object's programs: loads them with libbpf, in a process of
// their own with a limit of time; nothing stays.
//
//   if (why_not_linux()) return;    // "bpf(2): Operation not permitted"
//   ask_linux(read(build)) == Answer::kRejects
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace zext::corpus {

enum class Answer : uint8_t {
  kAccepts,
  kRejects,   // some program; the kernel's verifier said why
  kNoAnswer,  // the object was not loaded for another reason, or not in time
};

// Why no program can be loaded here; nullopt where one can.
std::optional<std::string> why_not_linux();

Answer ask_linux(const std::vector<uint8_t>& object);

}  // namespace zext::corpus
