// Programs as the subcommands take them: a BPF ELF object, raw bytecode (--raw), or either on
// standard input (`-`).
//
//   auto input = read_input({.file = "filter.bpf.o"});     // std::expected<Input, object::Error>
//   for (const object::Program& program : input->object.programs) ...
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "object/error.h"
#include "object/program.h"

namespace zext::cli {

struct InputOptions {
  std::string file;                         // a path, or "-" for standard input
  bool raw = false;                         // eBPF slots, not an ELF object
  std::optional<object::ProgramType> type;  // instead of what the section's name says
  std::string program;                      // only the program of this name; empty: all
};

struct Input {
  std::string name;  // for messages: the path, or "<stdin>"
  object::Object object;
};

// Errors: an unreadable file, one that is neither ELF nor (with raw) whole slots, or no program of
// the name asked for.
std::expected<Input, object::Error> read_input(const InputOptions& options);

// The same from bytes that have been read; options.file only names them in messages.
std::expected<Input, object::Error> parse_input(const std::vector<uint8_t>& bytes,
                                                const InputOptions& options);

// The file's bytes ("-": standard input's). Errors: what the system says.
std::expected<std::vector<uint8_t>, object::Error> read_bytes(const std::string& file);

// Bytes written as hexadecimal digits, white space between bytes allowed: "de ad be ef",
// "deadbeef".
std::expected<std::vector<uint8_t>, object::Error> parse_hex(const std::string& text);

// A packet: a file of its bytes, or of hexadecimal text when the name ends in .hex (from # to the
// end of a line is comment).
std::expected<std::vector<uint8_t>, object::Error> read_packet(const std::string& file);

// "xdp", "socket_filter", "plain_memory": what --type takes. nullopt for any other name.
std::optional<object::ProgramType> parse_type(const std::string& name);

}  // namespace zext::cli
