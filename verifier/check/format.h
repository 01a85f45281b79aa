// Formats of bpf_snprintf: how many words a constant format takes.
//
//   words_of_format(bytes_of("%d of %llu\0"));     // 2
//   words_of_format(bytes_of("%n\0"));             // none: not a conversion that helpers know
//
// The conversions are those of Linux's bpf_snprintf (bpf-helpers(7)).
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace zext::verifier {

// Of the text up to its first 0. None for a conversion that is not known, and for bytes that are no
// printable ASCII.
std::optional<uint32_t> words_of_format(std::span<const uint8_t> text);

}  // namespace zext::verifier
