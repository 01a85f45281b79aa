// Certificates as files: write() and read().
//
//   std::vector<uint8_t> bytes = write(certificate);
//   std::expected<Certificate, FormatError> again = read(bytes);
//   if (!again) return again.error().to_string();    // "byte 5: version 2, this zext reads ..."
//   *again == renumbered(certificate)                 // true
//
// A file is the word "zcert", a version, Certificate::subject (8 bytes), the number of cut points,
// the cut points (layout.h), zeros up to one byte for each kMemoryPerByte that the certificate
// takes in memory, and a checksum of all that (8 bytes, FNV-1a). Numbers are little-endian, seven
// bits a byte (LEB128), signed ones zig-zag. A cut point is told by what is different from an
// earlier one, numbers by the views that do not follow from others (implied.h).
//
// Any bytes are either read or refused, in time and memory that their size bounds. What is read has
// the shape that certificate.h describes, within the limits below; indices into the subject, and
// whether any of it is true, are for a checker to look at.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <vector>

#include "object/error.h"
#include "verifier/certificate/certificate.h"

namespace zext::verifier::certificate {

using FormatError = object::Error;

inline constexpr uint64_t kVersion = 1;
inline constexpr uint32_t kMaxCutPoints = 1'000'000;
inline constexpr uint32_t kMaxFrames = 8;
inline constexpr uint32_t kMaxTerms = 64;  // of a sum
inline constexpr uint32_t kStackBytes = 512;
inline constexpr uint64_t kMemoryPerByte = 1024;

// Symbols below this and objects 0 and from this on mean the same in every program.
inline constexpr uint32_t kFirstOwnSymbol = 4;
inline constexpr uint32_t kFirstFixedObject = uint32_t{1} << 31;

// Of a certificate of that shape, in any order: read() refuses the file of another.
std::vector<uint8_t> write(const Certificate& certificate);

std::expected<Certificate, FormatError> read(std::span<const uint8_t> file);

// The same in the words of a file: parents before their children; ranges, terms and slots
// ascending; symbols and objects of the program's own numbered in the order of their first use
// there; nothing in fields that mean nothing where they are, such as the form of what has none.
Certificate renumbered(Certificate certificate);

}  // namespace zext::verifier::certificate
