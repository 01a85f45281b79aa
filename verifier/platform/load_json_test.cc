#include "verifier/platform/load_json.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace zext::verifier {
namespace {

std::string file(const std::string& path) {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

// A file with one platform: these keys beside its name and type.
std::string with(const std::string& keys) {
  return R"({"platforms": [{"name": "a", "type": 200, )" + keys + "}]}";
}

class Example : public testing::Test {
 protected:
  void SetUp() override {
    auto loaded = load_json(file("examples/platform/my_os.json"), "my_os.json");
    ASSERT_TRUE(loaded.has_value()) << loaded.error().to_string();
    set = std::move(*loaded);
  }
  std::unique_ptr<PlatformSet> set;
};

TEST_F(Example, HasItsContext) {
  const Platform* row = set->find("my_os/syscall");
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(set->find(200, 0), row);
  EXPECT_EQ(row->entry, Entry::kContext);
  ASSERT_EQ(row->context.size(), 4U);
  EXPECT_TRUE(may_read(row->context, 1, 1));
  EXPECT_TRUE(may_read(row->context, 16, 8));
  EXPECT_FALSE(may_read(row->context, 4, 4));
  EXPECT_TRUE(may_write(row->context, 64, 8));
  EXPECT_FALSE(may_write(row->context, 64, 4));
  EXPECT_FALSE(may_write(row->context, 0, 4));
  EXPECT_EQ(row->result.low, 0);
  EXPECT_EQ(row->result.high, 1);
  const Field& thread = row->context[2];
  EXPECT_EQ(thread.kind, FieldKind::kStructure);
  EXPECT_STREQ(row->structure(thread.structure).name, "thread");
}

TEST_F(Example, HasItsStructures) {
  const Platform* row = set->find("my_os/syscall");
  ASSERT_EQ(row->own_structures.size(), 2U);
  const Structure& thread = row->own_structures[0];
  ASSERT_EQ(thread.fields.size(), 4U);
  // A structure may lead to one further down.
  EXPECT_STREQ(row->structure(thread.fields[3].structure).name, "process");
  EXPECT_TRUE(thread.fields[3].nullable);
  EXPECT_TRUE(may_read(thread.fields, 17, 8));
  EXPECT_STREQ(row->structure(StructureId::kTcpSock).name, "bpf_tcp_sock");
}

TEST_F(Example, HasItsHelpers) {
  const Platform* row = set->find("my_os/syscall");
  EXPECT_TRUE(row->allows(1));
  EXPECT_FALSE(row->allows(12));
  EXPECT_STREQ(row->helper(131)->name, "ringbuf_reserve");
  EXPECT_EQ(row->helper(12), nullptr);
  const Helper* find = row->helper(1000);
  ASSERT_NE(find, nullptr);
  EXPECT_STREQ(find->name, "thread_find");
  EXPECT_EQ(find->arguments[0].kind, ArgumentKind::kNumber);
  EXPECT_TRUE(find->result.nullable);
  EXPECT_TRUE(find->result.acquires);
  EXPECT_STREQ(row->structure(find->result.structure).name, "thread");
  const Helper* release = row->helper(1001);
  EXPECT_TRUE(release->arguments[0].releases);
  EXPECT_EQ(release->arguments[0].structures, bit(find->result.structure));
  EXPECT_EQ(release->result.kind, ResultKind::kNothing);
  const Helper* read = row->helper(1002);
  EXPECT_TRUE(read->arguments[0].uninitialised);
  EXPECT_TRUE(read->arguments[0].writes);
  EXPECT_EQ(read->result.low, -14);
  EXPECT_EQ(read->result.high, 0);
  EXPECT_EQ(row->helper(1100), nullptr);
}

TEST_F(Example, ExtendsXdp) {
  const Platform* row = set->find("my_os/packet");
  const Platform* xdp = set->find("xdp");
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(xdp, find_platform("xdp"));
  EXPECT_EQ(row->type, 201);
  EXPECT_EQ(row->context.data(), xdp->context.data());
  EXPECT_EQ(row->packet, PacketAccess::kWrite);
  EXPECT_EQ(row->packet_max, 2048U);
  EXPECT_EQ(row->meta_max, 64U);
  EXPECT_TRUE(row->allows(44));
  EXPECT_FALSE(row->allows(51));
  EXPECT_TRUE(row->helper(1100)->changes_packet);
  const Platform* filter = set->find(202, 7);
  EXPECT_EQ(filter->entry, Entry::kMemory);
  EXPECT_EQ(filter->memory_max, 4096U);
  EXPECT_EQ(set->find("no such"), nullptr);
  EXPECT_EQ(set->find(255, 0), find_platform("plain_memory"));
}

TEST(LoadJson, ARowMayExtendOneFurtherUp) {
  const auto set = load_json(R"({"platforms": [
    {"name": "a", "type": 200, "allowed_helpers": [1],
     "structures": [{"name": "s", "fields": [{"name": "x", "offset": 0, "bytes": 4}]}],
     "helpers": [{"number": 1000, "name": "one"}, {"number": 1001, "name": "two"}]},
    {"name": "b", "type": 201, "extends": "a", "more_helpers": ["ktime_get_ns"],
     "structures": [{"name": "t", "fields": [{"name": "s", "offset": 0, "bytes": 8,
                                              "kind": "structure", "structure": "s"}]}],
     "helpers": [{"number": 1001, "name": "other"}, {"number": 999, "name": "zero"}]}]})",
                             "f");
  ASSERT_TRUE(set.has_value()) << set.error().to_string();
  const Platform* row = (*set)->find("b");
  EXPECT_TRUE(row->allows(1));
  EXPECT_TRUE(row->allows(5));
  ASSERT_EQ(row->own_helpers.size(), 3U);
  EXPECT_STREQ(row->helper(999)->name, "zero");
  EXPECT_STREQ(row->helper(1000)->name, "one");
  EXPECT_STREQ(row->helper(1001)->name, "other");
  EXPECT_STREQ((*set)->find("a")->helper(1001)->name, "two");
  ASSERT_EQ(row->own_structures.size(), 2U);
  EXPECT_STREQ(row->structure(row->own_structures[1].fields[0].structure).name, "s");
}

struct Bad {
  std::string text;
  const char* where;
  const char* what;
};

std::string field(const std::string& keys) { return with(R"("context": [{)" + keys + "}]"); }
std::string helper(const std::string& keys) {
  return with(R"("helpers": [{"number": 1000, "name": "h", )" + keys + "}]");
}
std::string arguments(const std::string& list) { return helper(R"("arguments": [)" + list + "]"); }
std::string result(const std::string& value) { return helper(R"("result": )" + value); }

const Bad kBad[] = {
    {"", "f, line 1", "not JSON"},
    {"{\n\"platforms\": [\n}", "f, line 3", "not JSON"},
    {"[]", "f", "expected an object, not []"},
    {"{}", "f, platforms", "expected a list, not null"},
    {R"({"platforms": []})", "f, platforms", "no platform"},
    {R"({"platforms": [], "x": 1})", "f", "unknown key \"x\""},
    {R"({"platforms": [1]})", "f, platforms[0]", "expected an object, not 1"},
    {R"({"platforms": [{"type": 200}]})", "f, platforms[0]", "lacks \"name\""},
    {R"({"platforms": [{"name": "a"}]})", "f, platforms[0]", "lacks \"type\""},
    {R"({"platforms": [{"name": "", "type": 1}]})", "f, platforms[0].name", "an empty string"},
    {R"({"platforms": [{"name": 7, "type": 1}]})", "f, platforms[0].name",
     "expected a string, not 7"},
    {R"({"platforms": [{"name": "xdp", "type": 1}]})", "f, platforms[0].name",
     "a second platform \"xdp\""},
    {R"({"platforms": [{"name": "a", "type": 256}]})", "f, platforms[0].type",
     "expected a whole number, not 256"},
    {R"({"platforms": [{"name": "a", "type": 1.5}]})", "f, platforms[0].type",
     "expected a whole number, not 1.5"},
    {R"({"platforms": [{"name": "a", "type": 1e999}]})", "f", "a number that nothing can hold"},
    {R"({"platforms": [{"name": "a", "type": 18446744073709551615}]})", "f, platforms[0].type",
     "expected a whole number"},
    {R"({"platforms": [{"name": "a", "type": 1, "type": 2}]})", "f", "\"type\" comes twice"},
    {R"({"platforms": [{"name": "a", "type": 1}, {"name": "a", "type": 2}]})",
     "f, platforms[1].name", "a second platform \"a\""},
    {R"({"platforms": [{"name": "a", "type": 1}, {"name": "b", "type": 1}]})", "f, platforms[1]",
     "has the numbers of \"a\""},
    {with(R"("extends": "xpd")"), "f, platforms[0].extends", "no platform \"xpd\""},
    {with(R"("entry": "stack")"), "f, platforms[0].entry", "\"stack\" is not known here"},
    {with(R"("entry": "memory")"), "f, platforms[0]", "lacks \"memory_max\""},
    {with(R"("may_sleep": 1)"), "f, platforms[0].may_sleep", "expected true or false, not 1"},
    {with(R"("result": {"low": 3, "high": 1})"), "f, platforms[0].result", "\"low\" is above"},
    {with(R"("result": {"low": 3})"), "f, platforms[0].result", "lacks \"high\""},
    {with(R"("packet": {"access": "read"})"), "f, platforms[0].packet", "lacks \"max\""},
    {with(R"("packet": {"access": "read", "max": 100})"), "f, platforms[0]",
     "a packet in \"context\" or in \"packet\", but not in both"},
    {with(R"("allowed_helpers": ["bpf_loop"])"), "f, platforms[0].allowed_helpers[0]",
     "no helper \"bpf_loop\" of Linux"},
    {with(R"("allowed_helpers": [212])"), "f, platforms[0].allowed_helpers[0]",
     "expected a whole number, not 212"},
    {with(R"("context": {})"), "f, platforms[0].context", "expected a list, not {}"},
    {field(R"("name": "x", "offset": 0)"), "f, platforms[0].context[0]", "lacks \"bytes\""},
    {field(R"("name": "x", "offset": -4, "bytes": 4)"), "f, platforms[0].context[0].offset",
     "expected a whole number, not -4"},
    {field(R"("name": "x", "offset": 0, "bytes": 3)"), "f, platforms[0].context[0].bytes",
     "no instruction reads 3 bytes"},
    {field(R"("name": "x", "offset": 2, "bytes": 4)"), "f, platforms[0].context[0].offset",
     "is no multiple of the field's 4 bytes"},
    {field(R"("name": "x", "offset": 65532, "bytes": 8, "kind": "bytes")"),
     "f, platforms[0].context[0]", "ends behind byte 65536"},
    {field(R"("name": "x", "offset": 0, "bytes": 4, "kind": "text")"),
     "f, platforms[0].context[0].kind", "\"text\" is not known here"},
    {field(R"("name": "x", "offset": 0, "bytes": 8, "kind": "structure")"),
     "f, platforms[0].context[0]", "lacks \"structure\""},
    {field(R"("name": "x", "offset": 0, "bytes": 8, "kind": "structure", "structure": "s")"),
     "f, platforms[0].context[0].structure", "no structure \"s\""},
    {field(R"("name": "x", "offset": 0, "bytes": 8, "structure": "bpf_sock")"),
     "f, platforms[0].context[0]", "only pointers to structures"},
    {field(R"("name": "x", "offset": 0, "bytes": 4, "kind": "structure",
              "structure": "bpf_sock")"),
     "f, platforms[0].context[0].bytes", "an address of 4 bytes"},
    {field(R"("name": "x", "offset": 0, "bytes": 8, "kind": "packet_start", "writable": true)"),
     "f, platforms[0].context[0]", "an address cannot be written"},
    {field(R"("name": "x", "offset": 0, "bytes": 8, "kind": "packet_start")"), "f, platforms[0]",
     "one field for each end"},
    {field(R"("name": "x", "offset": 0, "bytes": 4, "narrow_write": true)"),
     "f, platforms[0].context[0]", "\"narrow_write\" without \"writable\""},
    {field(R"("name": "x", "offset": 0, "bytes": 4}, {"name": "y", "offset": 2, "bytes": 2)"),
     "f, platforms[0].context[1]", "\"y\" overlaps \"x\""},
    {with(R"("structures": [{"name": "s", "fields": []}])"), "f, platforms[0].structures[0]",
     "has no fields"},
    {with(R"("structures": [{"name": "bpf_sock", "fields": []}])"),
     "f, platforms[0].structures[0].name", "a second structure \"bpf_sock\""},
    {with(R"("structures": [{"name": "s", "fields": [{"name": "x", "offset": 0, "bytes": 8,
              "kind": "packet_end"}]}])"),
     "f, platforms[0].structures[0]", "\"x\" leads to the packet"},
    {with(R"("helpers": [{"number": 0, "name": "h"}])"), "f, platforms[0].helpers[0].number",
     "expected a whole number, not 0"},
    {with(R"("helpers": [{"number": 9, "name": "h"}, {"number": 9, "name": "i"}])"),
     "f, platforms[0].helpers[1].number", "a second helper 9"},
    {arguments(R"("pointer")"), "f, platforms[0].helpers[0].arguments[0]",
     "\"pointer\" is not known here"},
    {arguments(R"("number", "number", "number", "number", "number", "number")"),
     "f, platforms[0].helpers[0].arguments", "has 6 items"},
    {arguments(R"("memory")"), "f, platforms[0].helpers[0].arguments[0]", "memory of unknown size"},
    {arguments(R"("size")"), "f, platforms[0].helpers[0].arguments[0]",
     "a size without memory before it"},
    {arguments(R"("map_key")"), "f, platforms[0].helpers[0].arguments[0]",
     "a key or a value without its map"},
    {arguments(R"({"kind": "map", "maps": ["tree"]})"),
     "f, platforms[0].helpers[0].arguments[0].maps[0]", "\"tree\" is not known here"},
    {arguments(R"("structure")"), "f, platforms[0].helpers[0].arguments[0]",
     "a structure of no name"},
    {arguments(R"({"kind": "function"})"), "f, platforms[0].helpers[0].arguments[0]",
     "a function that is called nobody says how"},
    {arguments(R"({"kind": "number", "releases": true})"),
     "f, platforms[0].helpers[0].arguments[0]", "only a structure"},
    {arguments(R"({"kind": "number", "writes": true})"), "f, platforms[0].helpers[0].arguments[0]",
     "only memory is written"},
    {result(R"({"kind": "number", "acquires": true})"), "f, platforms[0].helpers[0].result",
     "only a pointer is nullable"},
    {result(R"("map_value")"), "f, platforms[0].helpers[0].result", "a value of no map"},
    {result(R"("record")"), "f, platforms[0].helpers[0].result", "memory of unknown size"},
    {result(R"("btf")"), "f, platforms[0].helpers[0].result", "a kernel object of no type"},
    {result(R"({"kind": "number", "low": 1, "high": 0})"), "f, platforms[0].helpers[0].result",
     "\"low\" is above \"high\""},
};

TEST(LoadJson, BadFilesSayWhere) {
  for (const Bad& bad : kBad) {
    const auto set = load_json(bad.text, "f");
    ASSERT_FALSE(set.has_value()) << bad.text;
    const object::Error& error = set.error();
    EXPECT_EQ(error.where, bad.where) << bad.text << "\n" << error.to_string();
    EXPECT_NE(error.what.find(bad.what), std::string::npos) << error.to_string();
    EXPECT_FALSE(error.hint.empty()) << bad.text;
  }
}

TEST(LoadJson, StructuresAreCounted) {
  std::string list;
  for (int i = 0; i < 40; ++i) {
    list += (i == 0 ? "" : ", ") + (R"({"name": "s)" + std::to_string(i)) +
            R"(", "fields": [{"name": "x", "offset": 0, "bytes": 4}]})";
  }
  const auto set = load_json(with(R"("structures": [)" + list + "]"), "f");
  ASSERT_FALSE(set.has_value());
  EXPECT_EQ(set.error().where, "f, platforms[0].structures[26]");
}

TEST(LoadJson, DepthDoesNotMatter) {
  EXPECT_FALSE(load_json(std::string(100000, '['), "f").has_value());
  const std::string deep = std::string(100000, '[') + std::string(100000, ']');
  const auto set = load_json(with(R"("context": )" + deep), "f");
  ASSERT_FALSE(set.has_value());
  EXPECT_EQ(set.error().what, "nested too deeply");
}

// Each byte of a good file damaged: an error or a platform, never a crash.
TEST(LoadJson, DamageIsAnError) {
  const std::string good = file("examples/platform/my_os.json");
  size_t loaded = 0;
  for (size_t i = 0; i < good.size(); i += 3) {
    for (const char damage : {'}', '"', '9', '-', '\xff'}) {
      std::string text = good;
      text[i] = damage;
      loaded += load_json(text, "f").has_value() ? 1 : 0;
    }
  }
  EXPECT_GT(loaded, 0U);
}

}  // namespace
}  // namespace zext::verifier
