#include "object/btf_ext.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace zext::object {
namespace {

// The section's layout; linux/btf.h has no structures for it.
struct Header {
  uint16_t magic;
  uint8_t version;
  uint8_t flags;
  uint32_t length;
  uint32_t function_offset;
  uint32_t function_length;
  uint32_t line_offset;
  uint32_t line_length;
};
struct CoreHeader {
  uint32_t offset;
  uint32_t length;
};
struct Block {
  uint32_t section_name;
  uint32_t count;
};
struct RawFunction {
  uint32_t offset;
  uint32_t type;
};
struct RawLine {
  uint32_t offset;
  uint32_t file;
  uint32_t text;
  uint32_t line_column;
};
struct RawCore {
  uint32_t offset;
  uint32_t type;
  uint32_t access;
  uint32_t kind;
};

Error wrong(const std::string& part, std::string what) {
  return {".BTF.ext, " + part, std::move(what),
          "compile again with -g, or remove it with `llvm-objcopy -R .BTF.ext`"};
}

bool convert(const RawFunction& raw, const Btf& btf, FunctionInfo& info) {
  info = {raw.offset, raw.type};
  const btf_type* type = btf.type(raw.type);
  return type != nullptr && btf_is_func(type);
}

bool convert(const RawLine& raw, const Btf& btf, SourceLine& line) {
  line = {.offset = raw.offset,
          .line = raw.line_column >> 10,
          .column = raw.line_column & 0x3ff,
          .file = btf.string(raw.file),
          .text = btf.string(raw.text)};
  return true;
}

bool convert(const RawCore& raw, const Btf& btf, CoreInfo& core) {
  core = {raw.offset, raw.type, btf.string(raw.access), raw.kind};
  return raw.type != 0 && btf.type(raw.type) != nullptr;
}

// Of several records for one instruction the last one stays: it is the innermost line.
template <class Record>
void sort_by_offset(std::vector<Record>& list) {
  std::ranges::reverse(list);
  std::ranges::stable_sort(list, {}, &Record::offset);
  const auto rest = std::ranges::unique(list, {}, &Record::offset);
  list.erase(rest.begin(), rest.end());
}

// Reads one of the three parts: the size of its records, then blocks of them, one for a section.
template <class Raw, class Record>
std::optional<Error> read_part(const std::string& part, std::optional<Bytes> bytes, const Btf& btf,
                               std::map<std::string_view, std::vector<Record>>& records) {
  if (!bytes) return wrong(part, "goes beyond the section");
  if (bytes->empty()) return std::nullopt;
  const auto record_size = read<uint32_t>(*bytes, 0);
  if (!record_size || *record_size < sizeof(Raw) || *record_size % 4 != 0) {
    return wrong(part, "records of a size that is not possible");
  }
  uint64_t at = sizeof(uint32_t);
  while (at < bytes->size()) {
    const auto block = read<Block>(*bytes, at);
    if (!block) return wrong(part, "ends inside a block's header");
    at += sizeof(Block);
    const uint64_t size = uint64_t{block->count} * *record_size;
    if (!slice(*bytes, at, size)) return wrong(part, "its records go beyond the section");
    std::vector<Record>& list = records[btf.string(block->section_name)];
    for (const uint64_t end = at + size; at < end; at += *record_size) {
      Record record;
      if (!convert(*read<Raw>(*bytes, at), btf, record)) {
        return wrong(part, "names a type that BTF does not have");
      }
      if (record.offset % 8 != 0) return wrong(part, "names a place inside an instruction");
      list.push_back(record);
    }
  }
  for (auto& [section, list] : records) sort_by_offset(list);
  return std::nullopt;
}

}  // namespace

std::expected<BtfExt, Error> read_btf_ext(Bytes section, const Btf& btf) {
  const auto header = read<Header>(section, 0);
  if (!header) return std::unexpected(wrong("header", "the section ends inside it"));
  if (header->magic != BTF_MAGIC || header->version != BTF_VERSION || header->flags != 0) {
    return std::unexpected(wrong("header", "magic, version or flags are not BTF's"));
  }
  if (header->length < sizeof(Header) || header->length > section.size()) {
    return std::unexpected(wrong("header", "its length is not possible"));
  }
  const Bytes body = section.subspan(header->length);
  BtfExt ext;
  auto failed = read_part<RawFunction>(
      "function information", slice(body, header->function_offset, header->function_length), btf,
      ext.functions);
  if (!failed) {
    failed = read_part<RawLine>(
        "line information", slice(body, header->line_offset, header->line_length), btf, ext.lines);
  }
  // Compilers before CO-RE wrote a shorter header.
  if (!failed && header->length >= sizeof(Header) + sizeof(CoreHeader)) {
    const CoreHeader core = *read<CoreHeader>(section, sizeof(Header));
    failed = read_part<RawCore>("CO-RE relocations", slice(body, core.offset, core.length), btf,
                                ext.core);
  }
  if (failed) return std::unexpected(*std::move(failed));
  return ext;
}

}  // namespace zext::object
