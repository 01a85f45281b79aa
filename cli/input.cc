#include "cli/input.h"

#include <fmt/core.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <span>
#include <utility>

#include "object/load.h"

namespace zext::cli {
namespace {

using object::Error;

constexpr size_t kMaxInputBytes = size_t{256} << 20;

std::expected<object::Object, Error> raw_object(const std::vector<uint8_t>& bytes,
                                                const InputOptions& options) {
  if (bytes.empty() || bytes.size() % sizeof(ebpf::Slot) != 0) {
    return std::unexpected(Error{
        .where = options.file,
        .what = fmt::format("{} bytes are not a whole number of 8-byte instructions", bytes.size()),
        .hint = "give the bare bytecode, or leave --raw out for an ELF object"});
  }
  object::Program program;
  program.name = options.program.empty() ? "raw" : options.program;
  program.section = "raw";
  program.type = object::ProgramType::kPlainMemory;
  program.slots.resize(bytes.size() / sizeof(ebpf::Slot));
  std::memcpy(program.slots.data(), bytes.data(), bytes.size());
  program.functions.push_back({.name = program.name,
                               .first_slot = 0,
                               .slots = static_cast<uint32_t>(program.slots.size()),
                               .btf_id = 0,
                               .global = true});
  object::Object object;
  object.programs.push_back(std::move(program));
  return object;
}

std::expected<void, Error> keep_only(object::Object& object, const InputOptions& options) {
  if (options.program.empty()) return {};
  std::string names;
  for (object::Program& program : object.programs) {
    if (program.name == options.program) {
      std::vector<object::Program> kept;
      kept.push_back(std::move(program));
      object.programs = std::move(kept);
      return {};
    }
    names += (names.empty() ? "" : ", ") + program.name;
  }
  return std::unexpected(Error{.where = options.file,
                               .what = fmt::format("no program named '{}'", options.program),
                               .hint = "it has: " + names});
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::expected<std::vector<uint8_t>, Error> read_bytes(const std::string& file) {
  const auto failure = [&](const std::string& what) {
    return std::unexpected(
        Error{.where = file, .what = what, .hint = "check the path and that it is a file"});
  };
  struct Close {
    void operator()(std::FILE* f) const {
      if (f != stdin) std::fclose(f);
    }
  };
  const std::unique_ptr<std::FILE, Close> in(file == "-" ? stdin : std::fopen(file.c_str(), "rb"));
  if (in == nullptr) return failure(std::strerror(errno));
  std::vector<uint8_t> bytes;
  for (;;) {
    uint8_t buffer[65536];
    const size_t n = std::fread(buffer, 1, sizeof buffer, in.get());
    bytes.insert(bytes.end(), buffer, buffer + n);
    if (bytes.size() > kMaxInputBytes) {
      return failure(fmt::format("larger than {} MiB", kMaxInputBytes >> 20));
    }
    if (n < sizeof buffer) break;
  }
  if (std::ferror(in.get()) != 0) return failure(std::strerror(errno));
  return bytes;
}

std::expected<std::vector<uint8_t>, Error> parse_hex(const std::string& text) {
  std::vector<uint8_t> bytes;
  int high = -1;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (std::strchr(" \t\r\n", c) != nullptr && high < 0) continue;
    const int digit = hex_digit(c);
    if (digit < 0) {
      return std::unexpected(Error{.where = fmt::format("hexadecimal input, character {}", i + 1),
                                   .what = "not two hexadecimal digits for each byte",
                                   .hint = "write bytes as in 'de ad be ef' or 'deadbeef'"});
    }
    if (high < 0) {
      high = digit;
    } else {
      bytes.push_back(static_cast<uint8_t>(high << 4 | digit));
      high = -1;
    }
  }
  if (high >= 0) {
    return std::unexpected(Error{.where = "hexadecimal input, its end",
                                 .what = "an odd number of digits",
                                 .hint = "write two digits for each byte"});
  }
  return bytes;
}

std::expected<std::vector<uint8_t>, Error> read_packet(const std::string& file) {
  auto bytes = read_bytes(file);
  if (!bytes || !file.ends_with(".hex")) return bytes;
  std::string digits;
  bool comment = false;
  for (const uint8_t byte : *bytes) {
    const char c = static_cast<char>(byte);
    if (c == '#') comment = true;
    if (c == '\n') comment = false;
    if (!comment) digits += c;
  }
  auto packet = parse_hex(digits);
  if (!packet) packet.error().where = file + ", " + packet.error().where;
  return packet;
}

std::optional<object::ProgramType> parse_type(const std::string& name) {
  for (const auto type : {object::ProgramType::kSocketFilter, object::ProgramType::kXdp,
                          object::ProgramType::kPlainMemory}) {
    if (name == object::name_of(type)) return type;
  }
  return std::nullopt;
}

std::expected<Input, Error> read_input(const InputOptions& options) {
  const auto bytes = read_bytes(options.file);
  if (!bytes) return std::unexpected(bytes.error());
  return parse_input(*bytes, options);
}

std::expected<Input, Error> parse_input(const std::vector<uint8_t>& bytes,
                                        const InputOptions& options) {
  auto object = options.raw ? raw_object(bytes, options) : object::load(bytes);
  if (!object) return std::unexpected(object.error());
  if (auto kept = keep_only(*object, options); !kept) return std::unexpected(kept.error());
  if (options.type) {
    for (object::Program& program : object->programs) program.type = *options.type;
  }
  return Input{.name = options.file == "-" ? "<stdin>" : options.file,
               .object = std::move(*object)};
}

}  // namespace zext::cli
