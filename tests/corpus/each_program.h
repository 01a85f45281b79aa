// The programs of an object, decoded, one by one.
//
//   each_program(read(build), [](const Loaded& loaded) {
//     const auto verification = cli::verify(loaded.object, loaded.program, loaded.code);
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <stdexcept>
#include <vector>

#include "isa/ebpf/decode.h"
#include "object/error.h"
#include "object/load.h"

namespace zext::corpus {

struct Loaded {
  const object::Object& object;
  const object::Program& program;
  const ebpf::Code& code;
};

// Throws when the bytes are no object, or hold no program that can be asked about.
void each_program(const std::vector<uint8_t>& bytes,
                  const std::function<void(const Loaded& loaded)>& see);

// What a result has; throws for an error.
template <typename T>
T value_of(std::expected<T, object::Error> result) {
  if (!result) throw std::runtime_error(result.error().to_string());
  return *std::move(result);
}

}  // namespace zext::corpus
