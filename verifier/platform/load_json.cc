#include "verifier/platform/load_json.h"

#include <algorithm>
#include <cstring>
#include <set>

#include "verifier/platform/json_rows.h"

namespace zext::verifier {
namespace {

constexpr size_t kMostPlatforms = 256;
constexpr size_t kMostHelpers = 4096;
constexpr size_t kMostFields = 4096;
// Addresses of a region are compared within 2^29 bytes; half of that is plenty.
constexpr int64_t kMostMemory = int64_t{1} << 28;

constexpr JsonWord<Entry> kEntries[] = {
    {"context", Entry::kContext}, {"memory", Entry::kMemory}, {"btf", Entry::kBtf}};
constexpr JsonWord<PacketAccess> kAccesses[] = {
    {"none", PacketAccess::kNone}, {"read", PacketAccess::kRead}, {"write", PacketAccess::kWrite}};
constexpr JsonWord<PacketArguments> kPacketArguments[] = {{"by_helper", PacketArguments::kByHelper},
                                                          {"never", PacketArguments::kNever},
                                                          {"always", PacketArguments::kAlways}};

const Platform* find_named(std::span<const Platform> rows, const char* name) {
  for (const Platform& row : rows) {
    if (std::strcmp(row.name, name) == 0) return &row;
  }
  return nullptr;
}

class Loaded : public PlatformSet {
 public:
  std::span<const Platform> platforms() const override { return rows; }

  std::vector<Platform> rows;
  RowStore store;
};

Platform read_base(const JsonNode& node, std::span<const Platform> before) {
  if (!node.has("extends")) return {};
  const std::string name = node.text("extends");
  const Platform* base = find_named(before, name.c_str());
  if (base == nullptr) base = find_platform(name.c_str());
  if (base != nullptr) return *base;
  node.at("extends").fail("no platform \"" + name + "\"",
                          "name one of zext's, such as xdp, or one further up in this file");
  return {};
}

void read_packet(const JsonNode& node, Platform& row) {
  if (!node.has("packet")) return;
  const JsonNode packet = node.at("packet");
  packet.only({"access", "max", "meta_max", "arguments"});
  row.packet = packet.at("access").word(kAccesses);
  const bool any = row.packet != PacketAccess::kNone;
  row.packet_max = static_cast<uint64_t>(any ? packet.number("max", {1, kMostMemory})
                                             : packet.number("max", {0, 0}, 0));
  row.meta_max = static_cast<uint64_t>(packet.number("meta_max", {0, any ? kMostMemory : 0}, 0));
  if (packet.has("arguments")) {
    row.packet_arguments = packet.at("arguments").word(kPacketArguments);
  }
}

void read_result(const JsonNode& node, Platform& row) {
  if (!node.has("result")) return;
  const JsonNode result = node.at("result");
  if (result.is_string()) {
    constexpr JsonWord<ResultRange> kAny[] = {{"any", {}}};
    row.result = result.word(kAny);
    return;
  }
  result.only({"low", "high"});
  row.result.low = result.number("low", {INT64_MIN, INT64_MAX});
  row.result.high = result.number("high", {INT64_MIN, INT64_MAX});
  if (row.result.low > row.result.high) result.fail("\"low\" is above \"high\"", "exchange them");
}

// Helpers of Linux, by number or name: instead of the base's, or beside them.
void read_allowed(const JsonNode& node, Platform& row) {
  if (node.has("allowed_helpers")) row.helpers = {};
  for (const char* key : {"allowed_helpers", "more_helpers"}) {
    for (const JsonNode& item : node.items(key, kMostHelpers)) {
      uint32_t number = 0;
      if (item.is_number()) {
        number = static_cast<uint32_t>(
            item.number({1, static_cast<int64_t>(verifier::helpers().size())}));
      } else {
        const std::string name = item.text();
        for (const Helper& helper : verifier::helpers()) {
          if (name == helper.name) number = helper.number;
        }
        if (number == 0) {
          item.fail("no helper \"" + name + "\" of Linux",
                    "write its name without \"bpf_\"; describe one of your own in \"helpers\"");
        }
      }
      row.helpers[number / 64] |= uint64_t{1} << (number % 64);
    }
  }
}

void read_flags(const JsonNode& node, Platform& row) {
  row.may_sleep = node.flag("may_sleep", row.may_sleep);
  row.tracing = node.flag("tracing", row.tracing);
  row.spin_locks = node.flag("spin_locks", row.spin_locks);
  row.packet_loads = node.flag("packet_loads", row.packet_loads);
  row.updates_sockets = node.flag("updates_sockets", row.updates_sockets);
  row.deletes_sockets = node.flag("deletes_sockets", row.deletes_sockets);
}

void check_context(const JsonNode& node, const Platform& row) {
  const auto count = [&](FieldKind kind) {
    return std::count_if(row.context.begin(), row.context.end(),
                         [&](const Field& field) { return field.kind == kind; });
  };
  const auto starts = count(FieldKind::kPacketStart), ends = count(FieldKind::kPacketEnd);
  const auto metas = count(FieldKind::kPacketMeta);
  if (row.entry == Entry::kMemory && !row.context.empty()) {
    node.fail("a context, though programs get a buffer", "remove \"context\", or \"entry\"");
  }
  if (row.entry == Entry::kMemory && row.memory_max == 0) {
    node.fail("lacks \"memory_max\"", "say how many bytes the buffer has at most");
  }
  if (starts != ends || starts > 1 || metas > 1) {
    node.fail("one field for each end of the packet is needed",
              "add \"packet_start\" and \"packet_end\" once each, or neither");
  }
  if ((starts == 0) != (row.packet == PacketAccess::kNone)) {
    node.fail("a packet in \"context\" or in \"packet\", but not in both",
              "describe it in both: fields to its ends, and how it may be used");
  }
  if ((metas == 0) != (row.meta_max == 0)) {
    node.fail("metadata of the packet in \"context\" or in \"packet\", but not in both",
              "add a field of kind \"packet_meta\" and \"meta_max\", or neither");
  }
}

Platform read_platform(const JsonNode& node, Loaded& set) {
  node.only({"name", "type", "attach_type", "extends", "entry", "memory_max", "context", "packet",
             "result", "allowed_helpers", "more_helpers", "helpers", "structures", "may_sleep",
             "tracing", "spin_locks", "packet_loads", "updates_sockets", "deletes_sockets"});
  Platform row = read_base(node, set.rows);
  const std::string name = node.text("name");
  if (find_platform(name.c_str()) != nullptr || find_named(set.rows, name.c_str()) != nullptr) {
    node.at("name").fail("a second platform \"" + name + "\"", "give it a name of its own");
  }
  row.name = set.store.keep(name);
  if (!node.has("extends") || node.has("type")) {
    row.type = static_cast<uint8_t>(node.number("type", {1, 255}));
  }
  row.attach_type = static_cast<uint8_t>(node.number("attach_type", {0, 254}, row.attach_type));
  if (node.has("entry")) row.entry = node.at("entry").word(kEntries);
  row.memory_max = static_cast<uint64_t>(
      node.number("memory_max", {1, kMostMemory}, static_cast<int64_t>(row.memory_max)));
  row.own_structures = set.store.keep(
      read_structures(node.items("structures", kMostFields), row.own_structures, set.store));
  const StructureNames names(row.own_structures);
  if (node.has("context")) {
    row.context = set.store.keep(read_fields(node.items("context", kMostFields), names, set.store));
  }
  read_packet(node, row);
  read_result(node, row);
  read_allowed(node, row);
  row.own_helpers = set.store.keep(
      read_helpers(node.items("helpers", kMostHelpers), names, row.own_helpers, set.store));
  read_flags(node, row);
  check_context(node, row);
  return row;
}

void read_file(const JsonNode& root, Loaded& set) {
  root.only({"platforms"});
  const std::vector<JsonNode> nodes = root.at("platforms").items(kMostPlatforms);
  if (nodes.empty()) root.at("platforms").fail("no platform", "describe one");
  for (const JsonNode& node : nodes) {
    const Platform row = read_platform(node, set);
    for (const Platform& other : set.rows) {
      if (other.type == row.type && other.attach_type == row.attach_type) {
        node.fail("has the numbers of \"" + std::string(other.name) + "\"",
                  "give it another \"type\" or \"attach_type\"");
      }
    }
    set.rows.push_back(row);
  }
}

// Says no to keys that come twice, of which the parser would silently keep the last, and to depth,
// which no row has and printing would recurse in.
class Shape {
 public:
  bool operator()(int depth, nlohmann::json::parse_event_t event, nlohmann::json& value) {
    using Event = nlohmann::json::parse_event_t;
    constexpr int kMostDepth = 32;
    const bool starts = event == Event::object_start || event == Event::array_start;
    if (depth > kMostDepth) deep_ = true;
    if (event == Event::object_start) seen_.emplace_back();
    if (event == Event::object_end && !seen_.empty()) seen_.pop_back();
    if (event == Event::key && !seen_.empty()) {
      const auto key = value.get<std::string>();
      if (!seen_.back().insert(key).second && twice_.empty()) twice_ = key;
    }
    return !starts || depth <= kMostDepth;
  }
  const std::string& twice() const { return twice_; }
  bool deep() const { return deep_; }

 private:
  bool deep_ = false;
  std::vector<std::set<std::string>> seen_;
  std::string twice_;
};

std::string line_of(std::string_view text, size_t byte) {
  const auto end = text.begin() + static_cast<ptrdiff_t>(std::min(byte, text.size()));
  return "line " + std::to_string(1 + std::count(text.begin(), end, '\n'));
}

}  // namespace

const Platform* PlatformSet::find(const char* name) const {
  const Platform* own = find_named(platforms(), name);
  return own != nullptr ? own : find_platform(name);
}

const Platform* PlatformSet::find(uint8_t type, uint8_t attach_type) const {
  const Platform* any = nullptr;
  for (const Platform& row : platforms()) {
    if (row.type != type) continue;
    if (row.attach_type == attach_type) return &row;
    if (row.attach_type == kAnyAttachType) any = &row;
  }
  return any != nullptr ? any : find_platform(type, attach_type);
}

std::expected<std::unique_ptr<PlatformSet>, object::Error> load_json(std::string_view text,
                                                                     const std::string& name) {
  nlohmann::json file;
  Shape shape;
  try {
    file = nlohmann::json::parse(text, std::ref(shape));
  } catch (const nlohmann::json::parse_error& error) {
    return std::unexpected(object::Error{.where = name + ", " + line_of(text, error.byte),
                                         .what = "not JSON",
                                         .hint = "mend what is there or just before"});
  } catch (const nlohmann::json::exception&) {
    return std::unexpected(object::Error{.where = name,
                                         .what = "has a number that nothing can hold",
                                         .hint = "write whole numbers of at most 64 bits"});
  }
  JsonErrors errors{.file = name, .first = {}};
  const JsonNode root(&file, "", &errors);
  if (shape.deep()) root.fail("nested too deeply", "take out what is no row");
  if (!shape.twice().empty()) {
    root.fail("the key \"" + shape.twice() + "\" comes twice in one object", "remove one of them");
  }
  auto set = std::make_unique<Loaded>();
  read_file(root, *set);
  if (errors.first) return std::unexpected(*errors.first);
  return set;
}

}  // namespace zext::verifier
