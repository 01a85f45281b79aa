#include "kernel_shim/hosts/poison/scenario.h"

#include <vector>

namespace zext::shim {
namespace {

using Shape = SystemCalls::MapShape;

struct NamedShape {
  const char* name;
  Shape shape;
};

const NamedShape kTables[] = {
    {"Hash", {.type = BPF_MAP_TYPE_HASH, .key = 4, .value = 8, .entries = 4}},
    {"HashOnDemand",
     {.type = BPF_MAP_TYPE_HASH, .key = 4, .value = 8, .entries = 4, .flags = BPF_F_NO_PREALLOC}},
    {"PerCpuHash", {.type = BPF_MAP_TYPE_PERCPU_HASH, .key = 4, .value = 8, .entries = 4}},
    {"PerCpuHashOnDemand",
     {.type = BPF_MAP_TYPE_PERCPU_HASH,
      .key = 4,
      .value = 8,
      .entries = 4,
      .flags = BPF_F_NO_PREALLOC}},
    {"Lru", {.type = BPF_MAP_TYPE_LRU_HASH, .key = 4, .value = 8, .entries = 64}},
    {"LruPerCpu", {.type = BPF_MAP_TYPE_LRU_PERCPU_HASH, .key = 4, .value = 8, .entries = 64}},
    {"Trie",
     {.type = BPF_MAP_TYPE_LPM_TRIE,
      .key = 8,
      .value = 8,
      .entries = 4,
      .flags = BPF_F_NO_PREALLOC}},
    {"Array", {.type = BPF_MAP_TYPE_ARRAY, .key = 4, .value = 8, .entries = 4}},
    {"PerCpuArray", {.type = BPF_MAP_TYPE_PERCPU_ARRAY, .key = 4, .value = 8, .entries = 4}},
};

class Tables : public testing::TestWithParam<NamedShape> {};

TEST_P(Tables, EveryCallFailsCleanly) {
  Scenario scenario;
  SystemCalls& calls = scenario.calls();
  const Shape& shape = GetParam().shape;
  const bool is_array = shape.type == BPF_MAP_TYPE_ARRAY || shape.type == BPF_MAP_TYPE_PERCPU_ARRAY;
  const bool is_trie = shape.type == BPF_MAP_TYPE_LPM_TRIE;
  const long map = scenario.opens("create", [&] { return calls.map_create(shape); });
  const uint32_t key[2] = {is_trie ? 32u : 1u, 7};
  std::vector<uint64_t> value(scenario.instance().kernel().cpu_count(), 5);
  const auto remove = [&] {
    std::vector<uint64_t> zero(value.size(), 0);
    if (is_array) {
      calls.map_update(map, key, zero.data());
    } else {
      calls.map_delete(map, key);
    }
  };
  scenario.does("update", [&] { return calls.map_update(map, key, value.data()); },
                {.undo = remove, .keeps_memory = true});
  scenario.does("replace", [&] { return calls.map_update(map, key, value.data(), BPF_EXIST); },
                {.keeps_memory = true});
  scenario.does("lookup", [&] { return calls.map_lookup(map, key, value.data()); });
  uint32_t next[2] = {};
  scenario.does("first key", [&] { return calls.map_next_key(map, nullptr, next); });
  if (is_array) return;
  const auto restore = [&] { calls.map_update(map, key, value.data()); };
  scenario.does("delete", [&] { return calls.map_delete(map, key); },
                {.undo = restore, .keeps_memory = true});
  restore();
  if (!is_trie) {
    // What is taken is gone, even if nobody could be given it.
    scenario.does("take",
                  [&] {
                    restore();
                    return calls.map_take(map, key, value.data());
                  },
                  {.may_change = true, .any_error = true});
  }
  EXPECT_GT(scenario.failures(), 10);
}

TEST_P(Tables, BatchesFailCleanly) {
  Scenario scenario;
  SystemCalls& calls = scenario.calls();
  const Shape& shape = GetParam().shape;
  if (shape.type == BPF_MAP_TYPE_LPM_TRIE) return;
  const long map = scenario.opens("create", [&] { return calls.map_create(shape); });
  const size_t cpus = scenario.instance().kernel().cpu_count();
  std::vector<uint32_t> keys = {0, 1, 2};
  std::vector<uint64_t> values(cpus * 8, 3);
  uint32_t count = 0;
  const auto batch = [&](int command, uint32_t* out) {
    count = 3;
    return calls.batch(
        command,
        {.map = map, .out = out, .keys = keys.data(), .values = values.data(), .count = &count});
  };
  scenario.does("update batch", [&] { return batch(BPF_MAP_UPDATE_BATCH, nullptr); },
                {.may_change = true});
  uint32_t next = 0;
  std::vector<uint32_t> more(8);
  keys.resize(8);
  scenario.does("lookup batch", [&] {
    count = 8;
    const long result = calls.batch(
        BPF_MAP_LOOKUP_BATCH,
        {.map = map, .out = &next, .keys = keys.data(), .values = values.data(), .count = &count});
    return result == -ENOENT ? 0 : result;
  });
}

INSTANTIATE_TEST_SUITE_P(All, Tables, testing::ValuesIn(kTables),
                         [](const auto& info) { return info.param.name; });

TEST(ScenarioTest, QueuesStacksFiltersAndRings) {
  Scenario scenario;
  SystemCalls& calls = scenario.calls();
  uint64_t value = 9;
  for (const uint32_t type : {BPF_MAP_TYPE_QUEUE, BPF_MAP_TYPE_STACK}) {
    const long map = scenario.opens(
        "create", [&] { return calls.map_create({.type = type, .value = 8, .entries = 4}); });
    scenario.does("push", [&] { return calls.map_update(map, nullptr, &value); },
                  {.undo = [&] { calls.map_take(map, nullptr, &value); }});
    scenario.does("peek", [&] { return calls.map_lookup(map, nullptr, &value); });
  }
  const long filter = scenario.opens("filter", [&] {
    return calls.map_create({.type = BPF_MAP_TYPE_BLOOM_FILTER, .value = 8, .entries = 4});
  });
  scenario.does("add", [&] { return calls.map_update(filter, nullptr, &value); });
  scenario.does("is there", [&] { return calls.map_lookup(filter, nullptr, &value); });
  const long ring = scenario.opens(
      "ring", [&] { return calls.map_create({.type = BPF_MAP_TYPE_RINGBUF, .entries = 4096}); });
  const long stacks = scenario.opens("stacks", [&] {
    return calls.map_create(
        {.type = BPF_MAP_TYPE_STACK_TRACE, .key = 4, .value = 80, .entries = 4});
  });
  EXPECT_GE(ring, 3);
  EXPECT_GE(stacks, 3);
}

TEST(ScenarioTest, MapsOfMaps) {
  Scenario scenario;
  SystemCalls& calls = scenario.calls();
  const Shape inner_shape{.type = BPF_MAP_TYPE_ARRAY, .key = 4, .value = 8, .entries = 4};
  const long inner = scenario.opens("inner", [&] { return calls.map_create(inner_shape); });
  for (const uint32_t type : {BPF_MAP_TYPE_HASH_OF_MAPS, BPF_MAP_TYPE_ARRAY_OF_MAPS}) {
    const long outer = scenario.opens("outer", [&] {
      return calls.map_create({.type = type, .key = 4, .value = 4, .entries = 4, .inner = inner});
    });
    const uint32_t key = 2;
    const auto fd = static_cast<uint32_t>(inner);
    scenario.does("put in", [&] { return calls.map_update(outer, &key, &fd); },
                  {.undo = [&] { calls.map_delete(outer, &key); }});
    uint32_t id = 0;
    scenario.does("look up", [&] { return calls.map_lookup(outer, &key, &id); });
    scenario.does("replace", [&] { return calls.map_update(outer, &key, &fd); });
  }
}

TEST(ScenarioTest, ProgramsAndWhatTheyUse) {
  Scenario scenario;
  SystemCalls& calls = scenario.calls();
  const long map = scenario.opens("map", [&] {
    return calls.map_create({.type = BPF_MAP_TYPE_HASH, .key = 4, .value = 8, .entries = 4});
  });
  const long array = scenario.opens("array", [&] {
    return calls.map_create({.type = BPF_MAP_TYPE_PROG_ARRAY, .key = 4, .value = 4, .entries = 4});
  });
  const auto filter = [](const std::vector<bpf_insn>& insns) {
    return SystemCalls::ProgramShape{.type = BPF_PROG_TYPE_SOCKET_FILTER, .insns = insns};
  };
  const long counter = scenario.opens("a program that counts",
                                      [&] { return calls.prog_load(filter(insns::count(map))); });
  const long caller = scenario.opens(
      "a program that calls on", [&] { return calls.prog_load(filter(insns::tail_call(array))); });
  std::string log;
  scenario.opens("a program with its log",
                 [&] { return calls.prog_load(filter(insns::loop(5)), &log); });
  const uint32_t key = 0;
  const auto fd = static_cast<uint32_t>(counter);
  scenario.does("into the array", [&] { return calls.map_update(array, &key, &fd); },
                {.undo = [&] { calls.map_delete(array, &key); }});
  std::vector<uint8_t> out(64);
  uint32_t result = 0;
  scenario.does("run",
                [&] { return calls.test_run(caller, std::vector<uint8_t>(64), &result, &out); });
  scenario.does("bind", [&] { return calls.bind_map(counter, array); }, {.may_change = true});
  bpf_prog_info info{};
  scenario.does("information", [&] {
    info = {};
    uint32_t length = sizeof info;
    return calls.info(counter, &info, &length);
  });
}

TEST(ScenarioTest, Links) {
  Scenario scenario;
  SystemCalls& calls = scenario.calls();
  const auto load = [&](uint32_t type, uint32_t attach_type = 0) {
    return scenario.opens("program", [&, type, attach_type] {
      return calls.prog_load({.type = type, .insns = insns::give(1), .attach_type = attach_type});
    });
  };
  const long raw = load(BPF_PROG_TYPE_RAW_TRACEPOINT);
  scenario.opens("raw tracepoint", [&] { return calls.raw_tracepoint(raw, "sys_enter"); });
  const long probe = load(BPF_PROG_TYPE_KPROBE);
  const long event = scenario.opens("kprobe", [&] { return calls.perf_kprobe("do_unlinkat"); });
  const long link =
      scenario.opens("link", [&] { return calls.link_create(probe, event, BPF_PERF_EVENT, 77); });
  scenario.does("information", [&] {
    bpf_link_info info{};
    uint32_t length = sizeof info;
    return calls.info(link, &info, &length);
  });
  const long tracepoint = load(BPF_PROG_TYPE_TRACEPOINT);
  scenario.opens("an event with its program", [&] {
    const long fd = calls.perf_tracepoint("sys_exit");
    if (fd < 0) return fd;
    const long error = calls.set_bpf(fd, tracepoint);
    if (error == 0) return fd;
    calls.close(fd);
    return error;
  });
  const long first = load(BPF_PROG_TYPE_XDP, BPF_XDP);
  const long second = load(BPF_PROG_TYPE_XDP, BPF_XDP);
  const long xdp = scenario.opens("XDP", [&] { return calls.link_create(first, 1, BPF_XDP); });
  scenario.does("update", [&] { return calls.link_update(xdp, second); },
                {.undo = [&] { calls.link_update(xdp, first); }});
  scenario.does("detach", [&] { return calls.link_detach(xdp); }, {.may_change = true});
}

TEST(ScenarioTest, PinsAndIds) {
  Scenario scenario;
  SystemCalls& calls = scenario.calls();
  const long map = scenario.opens("map", [&] {
    return calls.map_create({.type = BPF_MAP_TYPE_HASH, .key = 4, .value = 8, .entries = 4});
  });
  const std::string path = "/sys/fs/bpf/pin";
  scenario.does("pin", [&] { return calls.pin(map, path); },
                {.undo = [&] { scenario.instance().host().remove(path); }});
  scenario.opens("open the pin", [&] { return calls.open_pin(path); });
  scenario.opens("open it to read", [&] { return calls.open_pin(path, BPF_F_RDONLY); });
  const long id = scenario.does("next id", [&] { return calls.next_id(BPF_MAP_GET_NEXT_ID, 0); });
  scenario.opens("by id",
                 [&] { return calls.fd_by_id(BPF_MAP_GET_FD_BY_ID, static_cast<uint32_t>(id)); });
  bpf_map_info info{};
  scenario.does("information", [&] {
    info = {};
    uint32_t length = sizeof info;
    return calls.info(map, &info, &length);
  });
}

TEST(ScenarioTest, Types) {
  Scenario scenario;
  SystemCalls& calls = scenario.calls();
  const long btf = scenario.opens("BTF", [&] { return calls.btf_load(int_btf()); });
  scenario.opens("a map of it", [&] {
    return calls.map_create({.type = BPF_MAP_TYPE_ARRAY,
                             .key = 4,
                             .value = 4,
                             .entries = 2,
                             .btf = btf,
                             .btf_key = 1,
                             .btf_value = 1});
  });
}

}  // namespace
}  // namespace zext::shim
