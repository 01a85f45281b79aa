// .BTF.ext: which function, which source line and which CO-RE relocation an instruction belongs to.
//
//   auto ext = read_btf_ext(section.bytes, *btf);
//   for (const SourceLine& line : ext->lines["xdp"]) ...    // line.offset, line.file, line.line
//
// libbpf can read this section only as a whole and for its own use, so it is read here. The format
// is Linux's Documentation/bpf/btf.rst, section 4. Views point into the .BTF section.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <string_view>
#include <vector>

#include "object/btf.h"
#include "object/bytes.h"
#include "object/error.h"

namespace zext::object {

struct FunctionInfo {
  uint32_t offset = 0;  // in bytes from the section's begin, as in the next two
  uint32_t btf_id = 0;  // a BTF_KIND_FUNC
};

struct SourceLine {
  uint32_t offset = 0;
  uint32_t line = 0;
  uint32_t column = 0;
  std::string_view file;
  std::string_view text;
};

struct CoreInfo {
  uint32_t offset = 0;
  uint32_t btf_id = 0;      // the local type
  std::string_view access;  // "0:1:2", by index
  uint32_t kind = 0;        // enum bpf_core_relo_kind
};

// Each by section name, sorted by offset, at most one for an instruction.
struct BtfExt {
  std::map<std::string_view, std::vector<FunctionInfo>> functions;
  std::map<std::string_view, std::vector<SourceLine>> lines;
  std::map<std::string_view, std::vector<CoreInfo>> core;
};

// Errors: a header or record that is malformed, goes beyond its part or names what BTF has not.
std::expected<BtfExt, Error> read_btf_ext(Bytes section, const Btf& btf);

}  // namespace zext::object
