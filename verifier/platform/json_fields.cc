#include <algorithm>

#include "verifier/platform/json_rows.h"

namespace zext::verifier {
namespace {

constexpr size_t kMostFields = 4096;
// A mask of structures has 32 bits.
constexpr size_t kMostStructures = 32;

constexpr JsonWord<FieldKind> kKinds[] = {
    {"number", FieldKind::kNumber},           {"packet_start", FieldKind::kPacketStart},
    {"packet_end", FieldKind::kPacketEnd},    {"packet_meta", FieldKind::kPacketMeta},
    {"structure", FieldKind::kStructure},     {"bytes", FieldKind::kBytes},
    {"buffer", FieldKind::kTracepointBuffer},
};

bool is_address(FieldKind kind) { return kind != FieldKind::kNumber && kind != FieldKind::kBytes; }

bool is_access(int64_t bytes) { return bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8; }

void check_address(const JsonNode& node, const Field& field) {
  const bool packet = field.kind == FieldKind::kPacketStart ||
                      field.kind == FieldKind::kPacketEnd || field.kind == FieldKind::kPacketMeta;
  if (field.bytes != 8 && !(packet && field.bytes == 4)) {
    node.at("bytes").fail("an address of " + std::to_string(field.bytes) + " bytes",
                          packet ? "write 4 or 8" : "write 8");
  }
  if (field.writable || field.narrow || field.narrow_write) {
    node.fail("an address cannot be written or read in parts",
              "remove \"writable\", \"narrow\" and \"narrow_write\"");
  }
}

void check_number(const JsonNode& node, const Field& field) {
  if (field.kind == FieldKind::kNumber && !is_access(field.bytes) && !field.narrow) {
    node.at("bytes").fail("no instruction reads " + std::to_string(field.bytes) + " bytes",
                          "write 1, 2, 4 or 8, or add \"narrow\": true to read it in parts");
  }
  if (field.narrow_write && !field.writable) {
    node.fail("\"narrow_write\" without \"writable\"", "add \"writable\": true");
  }
  if (field.narrow_end > field.bytes) {
    node.at("narrow_end").fail("is behind the field's end", "write less than its bytes");
  }
}

void check_alignment(const JsonNode& node, const Field& field) {
  if (field.kind == FieldKind::kBytes || !is_access(field.bytes)) return;
  if (field.offset % field.bytes == 0) return;
  node.at("offset").fail("is no multiple of the field's " + std::to_string(field.bytes) + " bytes",
                         "align it; accesses of contexts and structures are aligned");
}

Field read_field(const JsonNode& node, const StructureNames& names, RowStore& store) {
  node.only({"name", "offset", "bytes", "kind", "structure", "narrow", "narrow_at_start",
             "narrow_end", "least_read", "writable", "narrow_write", "least_write", "readable",
             "nullable"});
  Field field;
  field.name = store.keep(node.text("name"));
  field.offset = static_cast<uint16_t>(node.number("offset", {0, 65535}));
  field.bytes = static_cast<uint16_t>(node.number("bytes", {1, 65535}));
  if (node.has("kind")) field.kind = node.at("kind").word(kKinds);
  // Parts of bytes need no word of their own.
  const bool bytes = field.kind == FieldKind::kBytes;
  field.narrow = node.flag("narrow", bytes);
  field.narrow_at_start = node.flag("narrow_at_start");
  field.narrow_end = static_cast<uint8_t>(node.number("narrow_end", {0, 255}, 0));
  field.least_read = static_cast<uint8_t>(node.number("least_read", {1, 8}, 1));
  field.writable = node.flag("writable");
  field.narrow_write = node.flag("narrow_write", bytes && field.writable);
  field.least_write = static_cast<uint8_t>(node.number("least_write", {1, 8}, 1));
  field.readable = node.flag("readable", true);
  field.nullable = node.flag("nullable");
  if (field.kind == FieldKind::kStructure) {
    if (!node.has("structure")) node.fail("lacks \"structure\"", "name what the pointer leads to");
    field.structure = names.find(node.at("structure"));
  } else if (node.has("structure") || field.nullable) {
    node.fail("only pointers to structures have \"structure\" and \"nullable\"",
              "write \"kind\": \"structure\"");
  }
  is_address(field.kind) ? check_address(node, field) : check_number(node, field);
  check_alignment(node, field);
  return field;
}

}  // namespace

StructureNames::StructureNames(std::span<const Structure> own) {
  for (const Structure& row : structures()) names_.emplace_back(row.name ? row.name : "");
  for (const Structure& row : own) names_.emplace_back(row.name);
}

StructureId StructureNames::find(const JsonNode& node) const {
  const std::string name = node.text();
  const auto found = std::find(names_.begin() + 1, names_.end(), name);
  if (found != names_.end()) return static_cast<StructureId>(found - names_.begin());
  std::string known;
  for (size_t i = 1; i < names_.size(); ++i) known += (i == 1 ? "" : ", ") + names_[i];
  node.fail("no structure \"" + name + "\"",
            "describe it in \"structures\", or write one of: " + known);
  return StructureId::kNone;
}

std::vector<Field> read_fields(const std::vector<JsonNode>& nodes, const StructureNames& names,
                               RowStore& store) {
  std::vector<std::pair<Field, const JsonNode*>> read;
  read.reserve(nodes.size());
  for (const JsonNode& node : nodes) read.emplace_back(read_field(node, names, store), &node);
  std::stable_sort(read.begin(), read.end(),
                   [](const auto& a, const auto& b) { return a.first.offset < b.first.offset; });
  std::vector<Field> fields;
  for (const auto& [field, node] : read) {
    if (!fields.empty() && fields.back().offset + fields.back().bytes > field.offset) {
      node->fail("\"" + std::string(field.name) + "\" overlaps \"" + fields.back().name + "\"",
                 "move one of them");
    }
    if (field.offset + field.bytes > 65536) node->fail("ends behind byte 65536", "make it shorter");
    fields.push_back(field);
  }
  return fields;
}

std::vector<Structure> read_structures(const std::vector<JsonNode>& nodes,
                                       std::span<const Structure> before, RowStore& store) {
  std::vector<Structure> rows(before.begin(), before.end());
  for (const JsonNode& node : nodes) {
    node.only({"name", "fields"});
    const std::string name = node.text("name");
    const auto same = [&](const Structure& row) { return row.name != nullptr && row.name == name; };
    if (std::any_of(rows.begin(), rows.end(), same) ||
        std::any_of(structures().begin(), structures().end(), same)) {
      node.at("name").fail("a second structure \"" + name + "\"", "give it a name of its own");
    }
    if (structures().size() + rows.size() >= kMostStructures) {
      node.fail("is one structure too many",
                "at most " + std::to_string(kMostStructures - structures().size()) +
                    " are allowed beside Linux's");
      return rows;
    }
    rows.push_back({.name = store.keep(name), .fields = {}});
  }
  const StructureNames names(rows);
  for (size_t i = 0; i < nodes.size(); ++i) {
    Structure& row = rows[before.size() + i];
    row.fields = store.keep(read_fields(nodes[i].items("fields", kMostFields), names, store));
    if (row.fields.empty()) nodes[i].fail("has no fields", "add \"fields\": [...]");
    for (const Field& field : row.fields) {
      if (is_address(field.kind) && field.kind != FieldKind::kStructure) {
        nodes[i].fail("\"" + std::string(field.name) + "\" leads to the packet",
                      "only contexts have such fields");
      }
    }
  }
  return rows;
}

}  // namespace zext::verifier
