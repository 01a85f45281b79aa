#include <algorithm>

#include "verifier/platform/json_rows.h"

namespace zext::verifier {
namespace {

constexpr JsonWord<ArgumentKind> kArguments[] = {
    {"anything", ArgumentKind::kAnything},
    {"number", ArgumentKind::kNumber},
    {"context", ArgumentKind::kContext},
    {"map", ArgumentKind::kMap},
    {"map_key", ArgumentKind::kMapKey},
    {"map_value", ArgumentKind::kMapValue},
    {"memory", ArgumentKind::kMemory},
    {"size", ArgumentKind::kSize},
    {"size_or_zero", ArgumentKind::kSizeOrZero},
    {"constant_size", ArgumentKind::kConstantSize},
    {"structure", ArgumentKind::kStructure},
    {"btf", ArgumentKind::kBtf},
    {"record", ArgumentKind::kRecord},
    {"spin_lock", ArgumentKind::kSpinLock},
    {"timer", ArgumentKind::kTimer},
    {"kptr", ArgumentKind::kKptr},
    {"function", ArgumentKind::kFunction},
    {"stack_or_null", ArgumentKind::kStackOrNull},
    {"string", ArgumentKind::kString},
    {"dynptr", ArgumentKind::kDynptr},
    {"per_cpu_btf", ArgumentKind::kPerCpuBtf},
};

constexpr JsonWord<ResultKind> kResults[] = {
    {"number", ResultKind::kNumber},
    {"nothing", ResultKind::kNothing},
    {"map_value", ResultKind::kMapValue},
    {"memory", ResultKind::kMemory},
    {"record", ResultKind::kRecord},
    {"structure", ResultKind::kStructure},
    {"btf", ResultKind::kBtf},
    {"per_cpu", ResultKind::kPerCpu},
    {"dynptr_data", ResultKind::kDynptrData},
    {"kptr", ResultKind::kKptr},
};

constexpr JsonWord<Callback> kCallbacks[] = {
    {"loop", Callback::kLoop},          {"map_element", Callback::kMapElement},
    {"timer", Callback::kTimer},        {"find_vma", Callback::kFindVma},
    {"user_ring", Callback::kUserRing},
};

constexpr JsonWord<DynptrKind> kDynptrs[] = {
    {"any", DynptrKind::kAny},
    {"local", DynptrKind::kLocal},
    {"ring_buffer", DynptrKind::kRingBuffer},
};

// The types of maps, by Linux's numbers.
constexpr JsonWord<unsigned> kMaps[] = {
    {"hash", 1},
    {"array", 2},
    {"prog_array", 3},
    {"perf_event_array", 4},
    {"percpu_hash", 5},
    {"percpu_array", 6},
    {"stack_trace", 7},
    {"cgroup_array", 8},
    {"lru_hash", 9},
    {"lru_percpu_hash", 10},
    {"lpm_trie", 11},
    {"array_of_maps", 12},
    {"hash_of_maps", 13},
    {"devmap", 14},
    {"sockmap", 15},
    {"cpumap", 16},
    {"xskmap", 17},
    {"sockhash", 18},
    {"cgroup_storage", 19},
    {"reuseport_sockarray", 20},
    {"percpu_cgroup_storage", 21},
    {"queue", 22},
    {"stack", 23},
    {"sk_storage", 24},
    {"devmap_hash", 25},
    {"ringbuf", 27},
    {"inode_storage", 28},
    {"task_storage", 29},
    {"bloom_filter", 30},
    {"user_ringbuf", 31},
    {"cgrp_storage", 32},
};

bool is_size(ArgumentKind kind) {
  return kind == ArgumentKind::kSize || kind == ArgumentKind::kSizeOrZero;
}

Argument read_argument(const JsonNode& node, const StructureNames& names, RowStore& store) {
  Argument argument;
  if (node.is_string()) {
    argument.kind = node.word(kArguments);
    return argument;
  }
  node.only({"kind", "nullable", "uninitialised", "writes", "releases", "acquires", "aligned",
             "map_value", "bytes", "structures", "maps", "type_name", "callback", "dynptr"});
  argument.kind = node.at("kind").word(kArguments);
  argument.nullable = node.flag("nullable");
  argument.uninitialised = node.flag("uninitialised");
  // Memory that need not be initialised is there to be filled.
  argument.writes = node.flag("writes", argument.uninitialised);
  argument.releases = node.flag("releases");
  argument.acquires = node.flag("acquires");
  argument.aligned = node.flag("aligned");
  argument.map_value = node.flag("map_value");
  argument.bytes = static_cast<uint16_t>(node.number("bytes", {1, 65535}, 0));
  if (node.has("dynptr")) argument.dynptr = node.at("dynptr").word(kDynptrs);
  if (node.has("callback")) argument.callback = node.at("callback").word(kCallbacks);
  if (node.has("type_name")) argument.type_name = store.keep(node.text("type_name"));
  for (const JsonNode& item : node.items("structures", 32)) {
    argument.structures |= bit(names.find(item));
  }
  for (const JsonNode& item : node.items("maps", 32)) {
    argument.maps |= uint64_t{1} << item.word(kMaps);
  }
  return argument;
}

void check_argument(const JsonNode& node, const Argument& argument) {
  using enum ArgumentKind;
  const ArgumentKind kind = argument.kind;
  if (kind == kStructure && argument.structures == 0) {
    node.fail("a structure of no name", "add \"structures\": [\"name\", ...]");
  }
  if (kind == kFunction && argument.callback == Callback::kNone) {
    node.fail("a function that is called nobody says how", "add \"callback\": \"loop\"");
  }
  if (argument.uninitialised && !argument.writes) {
    node.fail("memory that is neither initialised nor written", "remove \"writes\": false");
  }
  const bool memory = kind == kMemory || kind == kMapValue || kind == kDynptr;
  if ((argument.uninitialised || argument.writes) && !memory) {
    node.fail("only memory is written", "remove \"uninitialised\" and \"writes\"");
  }
  const bool reference = kind == kStructure || kind == kBtf || kind == kRecord || kind == kDynptr;
  if (argument.releases && !reference) {
    node.fail("only a structure, a kernel object, a record or a dynptr can be released",
              "remove \"releases\"");
  }
  if (argument.bytes != 0 && kind != kMemory) {
    node.fail("only memory has bytes", "remove \"bytes\"");
  }
}

// Arguments that need others before or behind them.
void check_order(const std::vector<JsonNode>& nodes, const std::array<Argument, 5>& arguments) {
  bool map = false;
  for (size_t i = 0; i < nodes.size(); ++i) {
    const ArgumentKind kind = arguments[i].kind;
    const bool open = kind == ArgumentKind::kMemory && arguments[i].bytes == 0;
    const bool sized = i + 1 < nodes.size() && is_size(arguments[i + 1].kind);
    if (open && !sized) {
      nodes[i].fail("memory of unknown size", "add \"bytes\", or a \"size\" argument behind it");
    }
    if (is_size(kind) &&
        (i == 0 || arguments[i - 1].kind != ArgumentKind::kMemory || arguments[i - 1].bytes != 0)) {
      nodes[i].fail("a size without memory before it",
                    "put a \"memory\" argument before it, or write \"number\"");
    }
    map |= kind == ArgumentKind::kMap;
    if ((kind == ArgumentKind::kMapKey || kind == ArgumentKind::kMapValue) && !map) {
      nodes[i].fail("a key or a value without its map", "put a \"map\" argument before it");
    }
  }
}

Result read_result(const JsonNode& node, const StructureNames& names, RowStore& store) {
  Result result;
  if (node.is_string()) {
    result.kind = node.word(kResults);
    return result;
  }
  node.only({"kind", "nullable", "acquires", "casts", "read_only", "low", "high", "at_most_size",
             "bytes", "structure", "type_name"});
  result.kind = node.at("kind").word(kResults);
  result.nullable = node.flag("nullable");
  result.acquires = node.flag("acquires");
  result.casts = node.flag("casts");
  result.read_only = node.flag("read_only");
  result.at_most_size = node.flag("at_most_size");
  result.bytes = static_cast<uint16_t>(node.number("bytes", {1, 65535}, 0));
  if (node.has("low") || node.has("high")) {
    result.low = node.number("low", {INT64_MIN, INT64_MAX});
    result.high = node.number("high", {INT64_MIN, INT64_MAX});
    if (result.low > result.high) node.fail("\"low\" is above \"high\"", "exchange them");
  }
  if (node.has("structure")) result.structure = names.find(node.at("structure"));
  if (node.has("type_name")) result.type_name = store.keep(node.text("type_name"));
  return result;
}

void check_result(const JsonNode& node, const Helper& helper) {
  const Result& result = helper.result;
  const auto takes = [&](ArgumentKind kind) {
    return std::any_of(helper.arguments.begin(), helper.arguments.end(),
                       [&](const Argument& argument) { return argument.kind == kind; });
  };
  switch (result.kind) {
    case ResultKind::kNumber:
    case ResultKind::kNothing:
      if (result.nullable || result.acquires || result.casts) {
        node.fail("only a pointer is nullable, acquired or cast", "write another \"kind\"");
      }
      break;
    case ResultKind::kMapValue:
      if (!takes(ArgumentKind::kMap)) node.fail("a value of no map", "add a \"map\" argument");
      break;
    case ResultKind::kMemory:
    case ResultKind::kRecord:
      if (result.bytes == 0 && !takes(ArgumentKind::kConstantSize)) {
        node.fail("memory of unknown size", "add \"bytes\" or a \"constant_size\" argument");
      }
      break;
    case ResultKind::kStructure:
      if (result.structure == StructureId::kNone) {
        node.fail("a structure of no name", "add \"structure\": \"name\"");
      }
      break;
    case ResultKind::kBtf:
      if (result.type_name == nullptr) {
        node.fail("a kernel object of no type", "add \"type_name\": \"task_struct\"");
      }
      break;
    case ResultKind::kPerCpu:
      if (!takes(ArgumentKind::kPerCpuBtf)) node.fail("of no variable", "add its argument");
      break;
    case ResultKind::kDynptrData:
      if (!takes(ArgumentKind::kDynptr) || !takes(ArgumentKind::kConstantSize)) {
        node.fail("of no dynptr, or of unknown size", "add both arguments");
      }
      break;
    case ResultKind::kKptr:
      if (!takes(ArgumentKind::kKptr)) node.fail("of no kptr", "add a \"kptr\" argument");
      break;
  }
}

Helper read_helper(const JsonNode& node, const StructureNames& names, RowStore& store) {
  node.only({"number", "name", "arguments", "result", "takes_packet", "changes_packet", "may_sleep",
             "gpl_only"});
  Helper helper;
  helper.number = static_cast<uint32_t>(node.number("number", {1, INT32_MAX}));
  helper.name = store.keep(node.text("name"));
  const std::vector<JsonNode> arguments = node.items("arguments", helper.arguments.size());
  for (size_t i = 0; i < arguments.size(); ++i) {
    helper.arguments[i] = read_argument(arguments[i], names, store);
    check_argument(arguments[i], helper.arguments[i]);
  }
  check_order(arguments, helper.arguments);
  if (node.has("result")) {
    helper.result = read_result(node.at("result"), names, store);
    check_result(node.at("result"), helper);
  }
  helper.takes_packet = node.flag("takes_packet");
  helper.changes_packet = node.flag("changes_packet");
  helper.may_sleep = node.flag("may_sleep");
  helper.gpl_only = node.flag("gpl_only");
  return helper;
}

}  // namespace

std::vector<Helper> read_helpers(const std::vector<JsonNode>& nodes, const StructureNames& names,
                                 std::span<const Helper> before, RowStore& store) {
  std::vector<Helper> own;
  for (const JsonNode& node : nodes) {
    const Helper helper = read_helper(node, names, store);
    for (const Helper& other : own) {
      if (other.number == helper.number) {
        node.at("number").fail("a second helper " + std::to_string(helper.number), "renumber it");
      }
    }
    own.push_back(helper);
  }
  for (const Helper& inherited : before) {
    const auto same = [&](const Helper& row) { return row.number == inherited.number; };
    if (std::none_of(own.begin(), own.end(), same)) own.push_back(inherited);
  }
  std::sort(own.begin(), own.end(),
            [](const Helper& a, const Helper& b) { return a.number < b.number; });
  return own;
}

}  // namespace zext::verifier
