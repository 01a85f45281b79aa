// examples.json as data: each example program, what a verifier must say and what runs must give.
//
//   for (const Example& example : read_examples("examples/")) ...
//
// The file is the table; its "why" fields say where a result comes from. None was computed by zext.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace zext::examples {

struct Sample {
  std::string input;  // a file, relative to the folder: a packet, or the buffer
  uint64_t r0 = 0;
};

struct Example {
  std::string program;  // the source's name less ".c", the target's name, the function's name
  std::string type;     // "xdp", "socket_filter", "plain_memory"
  bool accepted = false;
  std::string line;  // rejected: the source line the message must name
  std::vector<Sample> runs;
};

// How GoogleTest shows one.
inline void PrintTo(const Example& example, std::ostream* out) { *out << example.program; }

// Throws when the file is missing or malformed.
std::vector<Example> read_examples(const std::string& folder);

// The bytes of a .hex file: hexadecimal digits, white space, and comments from # to a line's end.
std::vector<uint8_t> read_hex(const std::string& path);

}  // namespace zext::examples
