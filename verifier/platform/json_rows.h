// From JSON to rows: fields, structures and helpers of a host. Hosted; a part of load_json.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "verifier/platform/json_node.h"
#include "verifier/platform/platform.h"

namespace zext::verifier {

// Owns what rows point to.
class RowStore {
 public:
  const char* keep(std::string text) { return texts_.emplace_back(std::move(text)).c_str(); }
  std::span<const Field> keep(std::vector<Field> rows) {
    return fields_.emplace_back(std::move(rows));
  }
  std::span<const Structure> keep(std::vector<Structure> rows) {
    return structures_.emplace_back(std::move(rows));
  }
  std::span<const Helper> keep(std::vector<Helper> rows) {
    return helpers_.emplace_back(std::move(rows));
  }

 private:
  std::deque<std::string> texts_;
  std::deque<std::vector<Field>> fields_;
  std::deque<std::vector<Structure>> structures_;
  std::deque<std::vector<Helper>> helpers_;
};

// The structures that the file's rows may name: Linux's, then the host's.
class StructureNames {
 public:
  explicit StructureNames(std::span<const Structure> own);
  // An error at the node, where there is none of its name.
  StructureId find(const JsonNode& node) const;

 private:
  std::vector<std::string> names_;
};

// A list of fields, sorted by offset and without overlap.
std::vector<Field> read_fields(const std::vector<JsonNode>& nodes, const StructureNames& names,
                               RowStore& store);

// Structures behind `before`, whose fields may lead to each other.
std::vector<Structure> read_structures(const std::vector<JsonNode>& nodes,
                                       std::span<const Structure> before, RowStore& store);

// Helpers, ascending by number, merged with `before`: the new one of a number counts.
std::vector<Helper> read_helpers(const std::vector<JsonNode>& nodes, const StructureNames& names,
                                 std::span<const Helper> before, RowStore& store);

}  // namespace zext::verifier
