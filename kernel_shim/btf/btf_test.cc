#include <errno.h>

#include "kernel_shim/btf/btf_blob.h"
#include "kernel_shim/btf/btf_fixture.h"
#include "kernel_shim/maps/map.h"

namespace zext::shim {
namespace {

struct Case {
  const char* what;
  void (*build)(Blob& blob);
  int error;
  const char* told;  // in the log
};

// One mistake each; what comes before it in the log is as Linux prints it.
const Case kCases[] = {
    {"nothing", [](Blob&) {}, -EINVAL, "No type found"},
    {"an int", [](Blob& b) { b.integer("int", 4); }, 0,
     "[1] INT int size=4 bits_offset=0 nr_bits=32 encoding=(none)\n"},
    {"bits that mean nothing", [](Blob& b) { b.record(0, 1u << 20 | 1u << 24, 4, {32}); }, -EINVAL,
     "[1] Invalid btf_info:1100000"},
    {"kind 0", [](Blob& b) { b.record(0, 0, 4); }, -EINVAL, "[1] Invalid kind:0"},
    {"ENUM64", [](Blob& b) { b.record(0, Blob::info(BTF_KIND_ENUM64), 8); }, -EINVAL,
     "[1] Invalid kind:19"},
    {"a name outside", [](Blob& b) { b.record(100, Blob::info(BTF_KIND_INT), 4, {32}); }, -EINVAL,
     "[1] Invalid name_offset:100"},
    {"an int cut off", [](Blob& b) { b.record(0, Blob::info(BTF_KIND_INT), 4); }, -EINVAL,
     "[1] INT (anon) meta_left:0 meta_needed:4\n"},
    {"a record cut off", [](Blob& b) { b.words() = {0, 0}; }, -EINVAL,
     "[1] meta_left:8 meta_needed:12"},
    {"an int with members", [](Blob& b) { b.record(0, Blob::info(BTF_KIND_INT, 1), 4, {32}); },
     -EINVAL, "vlen != 0\n"},
    {"an int's spare bits",
     [](Blob& b) { b.record(0, Blob::info(BTF_KIND_INT), 4, {1u << 28 | 32}); }, -EINVAL,
     "[1] INT (anon) Invalid int_data:10000020\n"},
    {"an int that is too small", [](Blob& b) { b.record(0, Blob::info(BTF_KIND_INT), 3, {32}); },
     -EINVAL, "nr_bits exceeds type_size"},
    {"an int of 200 bits", [](Blob& b) { b.record(0, Blob::info(BTF_KIND_INT), 32, {200}); },
     -EINVAL, "nr_bits exceeds 128"},
    {"an int's two encodings",
     [](Blob& b) { b.record(0, Blob::info(BTF_KIND_INT), 4, {3u << 24 | 32}); }, -kNotSupported,
     "Unsupported encoding"},
    {"a pointer with a name", [](Blob& b) { b.refer(BTF_KIND_PTR, b.integer("int", 4), "p"); },
     -EINVAL, "[2] PTR p type_id=1 Invalid name\n"},
    {"a typedef without one", [](Blob& b) { b.refer(BTF_KIND_TYPEDEF, b.integer("int", 4)); },
     -EINVAL, "[2] TYPEDEF (anon) type_id=1 Invalid name\n"},
    {"a typedef's name", [](Blob& b) { b.refer(BTF_KIND_TYPEDEF, b.integer("int", 4), "1x"); },
     -EINVAL, "Invalid name"},
    {"a name of 128",
     [](Blob& b) { b.refer(BTF_KIND_TYPEDEF, b.integer("int", 4), std::string(128, 'x')); }, 0, ""},
    {"a name of 129",
     [](Blob& b) { b.refer(BTF_KIND_TYPEDEF, b.integer("int", 4), std::string(129, 'x')); },
     -EINVAL, "Invalid name"},
    {"a pointer to nothing", [](Blob& b) { b.refer(BTF_KIND_PTR, 7); }, -EINVAL,
     "[1] PTR (anon) type_id=7 Invalid type_id\n"},
    {"a pointer to void", [](Blob& b) { b.refer(BTF_KIND_PTR, 0); }, 0, ""},
    {"a type that is itself", [](Blob& b) { b.refer(BTF_KIND_CONST, 1); }, -EEXIST,
     "[1] CONST (anon) type_id=1 Loop detected\n"},
    {"a pointer that is itself", [](Blob& b) { b.refer(BTF_KIND_PTR, 1); }, -EEXIST,
     "Loop detected"},
    {"a struct in itself",
     [](Blob& b) { b.record(b.name("s"), Blob::info(BTF_KIND_STRUCT, 1), 8, {b.name("m"), 1, 0}); },
     -EEXIST, "[1] STRUCT s size=8 vlen=1 Loop detected\n"},
    {"a struct that points to itself",
     [](Blob& b) {
       b.record(b.name("s"), Blob::info(BTF_KIND_STRUCT, 1), 8, {b.name("m"), 2, 0});
       b.refer(BTF_KIND_PTR, 1);
     },
     0, "\tm type_id=2 bits_offset=0\n"},
    {"33 pointers",
     [](Blob& b) {
       for (uint32_t i = 2; i < 35; ++i) b.refer(BTF_KIND_PTR, i);
       b.integer("int", 4);
     },
     -E2BIG, "Exceeded max resolving depth:32\n"},
    {"a member of void", [](Blob& b) { b.record(0, Blob::info(BTF_KIND_STRUCT, 1), 8, {0, 0, 0}); },
     -EINVAL, "\t(anon) type_id=0 bits_offset=0 Invalid type_id\n"},
    {"members out of order",
     [](Blob& b) {
       const uint32_t i = b.integer("int", 4);
       b.record(0, Blob::info(BTF_KIND_STRUCT, 2), 8, {0, i, 32, 0, i, 0});
     },
     -EINVAL, "Invalid member bits_offset"},
    {"a member behind the end",
     [](Blob& b) {
       const uint32_t i = b.integer("int", 4);
       b.record(0, Blob::info(BTF_KIND_STRUCT, 1), 8, {0, i, 72});
     },
     -EINVAL, "Member bits_offset exceeds its struct size"},
    {"a member over the end",
     [](Blob& b) {
       const uint32_t i = b.integer("int", 4);
       b.record(0, Blob::info(BTF_KIND_STRUCT, 1), 8, {0, i, 40});
     },
     -EINVAL,
     "[2] STRUCT (anon) size=8 vlen=1\n\t(anon) type_id=1 bits_offset=40 "
     "Member exceeds struct_size\n"},
    {"a bit field that is too wide",
     [](Blob& b) {
       const uint32_t i = b.integer("int", 4);
       b.record(0, Blob::info(BTF_KIND_STRUCT, 1, true), 8, {0, i, 33u << 24});
     },
     -EINVAL, "\t(anon) type_id=1 bitfield_size=33 bits_offset=0 Invalid member bitfield_size\n"},
    {"a union's offset",
     [](Blob& b) {
       const uint32_t i = b.integer("int", 4);
       b.record(0, Blob::info(BTF_KIND_UNION, 1), 8, {0, i, 8});
     },
     -EINVAL, "Invalid member bits_offset"},
    {"an array of void", [](Blob& b) { b.array(0, b.integer("int", 4), 1); }, -EINVAL,
     "Invalid elem"},
    {"an array by struct",
     [](Blob& b) {
       const uint32_t i = b.integer("int", 4);
       const uint32_t s = b.record(0, Blob::info(BTF_KIND_STRUCT), 4);
       b.array(i, s, 1);
     },
     -EINVAL, "[3] ARRAY (anon) type_id=1 index_type_id=2 nr_elems=1 Invalid index\n"},
    {"a huge array",
     [](Blob& b) {
       const uint32_t i = b.integer("int", 4);
       b.array(b.array(i, i, 1u << 30), i, 4);
     },
     -EINVAL, "Array size overflows U32_MAX"},
    {"an enum with a flag", [](Blob& b) { b.record(0, Blob::info(BTF_KIND_ENUM, 0, true), 4); },
     -EINVAL, "Invalid btf_info kind_flag"},
    {"an enum of 3 bytes", [](Blob& b) { b.record(0, Blob::info(BTF_KIND_ENUM), 3); }, -EINVAL,
     "Unexpected size"},
    {"an enum",
     [](Blob& b) { b.record(b.name("e"), Blob::info(BTF_KIND_ENUM, 1), 4, {b.name("A"), ~0u}); }, 0,
     "[1] ENUM e size=4 vlen=1\n\tA val=-1\n"},
    {"a function of an int", [](Blob& b) { b.refer(BTF_KIND_FUNC, b.integer("int", 4), "f"); },
     -EINVAL, "[2] FUNC f type_id=1 Invalid type_id\n"},
    {"a function whose argument has no name",
     [](Blob& b) {
       const uint32_t i = b.integer("int", 4);
       b.refer(BTF_KIND_FUNC, b.record(0, Blob::info(BTF_KIND_FUNC_PROTO, 1), i, {0, i}), "f");
     },
     -EINVAL, "[3] FUNC f type_id=2 Invalid arg#1\n"},
    {"varargs",
     [](Blob& b) {
       const uint32_t i = b.integer("int", 4);
       b.record(0, Blob::info(BTF_KIND_FUNC_PROTO, 2), 0, {b.name("a"), i, 0, 0});
     },
     0, "[2] FUNC_PROTO (anon) return=0 args=(1 a, vararg)\n"},
    {"varargs with a name",
     [](Blob& b) { b.record(0, Blob::info(BTF_KIND_FUNC_PROTO, 1), 0, {b.name("a"), 0}); }, -EINVAL,
     "args=(vararg) Invalid arg#1\n"},
    {"a prototype that gives a tag",
     [](Blob& b) {
       const uint32_t i = b.integer("int", 4);
       const uint32_t s = b.record(b.name("s"), Blob::info(BTF_KIND_STRUCT, 1), 4, {0, i, 0});
       const uint32_t t = b.record(b.name("t"), Blob::info(BTF_KIND_DECL_TAG), s, {~0u});
       b.record(0, Blob::info(BTF_KIND_FUNC_PROTO), t);
     },
     -EINVAL, "Invalid return type"},
    {"an external function",
     [](Blob& b) {
       b.record(b.name("f"), Blob::info(BTF_KIND_FUNC, BTF_FUNC_EXTERN),
                b.record(0, Blob::info(BTF_KIND_FUNC_PROTO), 0));
     },
     -EINVAL, "Invalid func linkage"},
    {"an external variable",
     [](Blob& b) {
       b.record(b.name("v"), Blob::info(BTF_KIND_VAR), b.integer("int", 4),
                {BTF_VAR_GLOBAL_EXTERN});
     },
     -EINVAL, "[2] VAR v type_id=1 linkage=2 Linkage not supported\n"},
    {"a section",
     [](Blob& b) {
       const uint32_t v = b.record(b.name("v"), Blob::info(BTF_KIND_VAR), b.integer("int", 4), {1});
       b.record(b.name(".bss"), Blob::info(BTF_KIND_DATASEC, 1), 4, {v, 0, 4});
     },
     0, "[3] DATASEC .bss size=4 vlen=1\n\t type_id=2 offset=0 size=4\n"},
    {"a section's size", [](Blob& b) { b.record(b.name(".bss"), Blob::info(BTF_KIND_DATASEC), 0); },
     -EINVAL, "size == 0"},
    {"a variable that is smaller than its type",
     [](Blob& b) {
       const uint32_t v = b.record(b.name("v"), Blob::info(BTF_KIND_VAR), b.integer("int", 4), {1});
       b.record(b.name(".bss"), Blob::info(BTF_KIND_DATASEC, 1), 4, {v, 0, 3});
     },
     -EINVAL, "\t type_id=2 offset=0 size=3 Invalid size\n"},
    {"a section of an int",
     [](Blob& b) {
       const uint32_t i = b.integer("int", 4);
       b.record(b.name(".bss"), Blob::info(BTF_KIND_DATASEC, 1), 4, {i, 0, 4});
     },
     -EINVAL, "Not a VAR kind member"},
    {"variables that overlap",
     [](Blob& b) {
       const uint32_t v = b.record(b.name("v"), Blob::info(BTF_KIND_VAR), b.integer("int", 4), {1});
       b.record(b.name(".bss"), Blob::info(BTF_KIND_DATASEC, 2), 8, {v, 0, 4, v, 2, 4});
     },
     -EINVAL, "Invalid offset"},
    {"a float of 3 bytes", [](Blob& b) { b.record(b.name("f"), Blob::info(BTF_KIND_FLOAT), 3); },
     -EINVAL, "[1] FLOAT f size=3 Invalid type_size\n"},
    {"a float", [](Blob& b) { b.record(b.name("f"), Blob::info(BTF_KIND_FLOAT), 8); }, 0, ""},
    {"a forward declaration",
     [](Blob& b) { b.record(b.name("f"), Blob::info(BTF_KIND_FWD, 0, true), 0); }, 0,
     "[1] FWD f union\n"},
    {"a tag of an int",
     [](Blob& b) {
       b.record(b.name("t"), Blob::info(BTF_KIND_DECL_TAG), b.integer("int", 4), {~0u});
     },
     -EINVAL, "[2] DECL_TAG t type=1 component_idx=-1 Invalid type_id\n"},
    {"a tag of a member that is not there",
     [](Blob& b) {
       const uint32_t i = b.integer("int", 4);
       const uint32_t s = b.record(b.name("s"), Blob::info(BTF_KIND_STRUCT, 1), 4, {0, i, 0});
       b.record(b.name("t"), Blob::info(BTF_KIND_DECL_TAG), s, {1});
     },
     -EINVAL, "component_idx=1 Invalid component_idx\n"},
    {"a tag without a value",
     [](Blob& b) { b.record(0, Blob::info(BTF_KIND_DECL_TAG), b.integer("int", 4), {~0u}); },
     -EINVAL, "Invalid value"},
    {"a tag behind const",
     [](Blob& b) {
       const uint32_t t = b.refer(BTF_KIND_TYPE_TAG, b.integer("int", 4), "user");
       b.refer(BTF_KIND_CONST, t);
     },
     -EINVAL, "Type tags don't precede modifiers"},
    {"a tag before const",
     [](Blob& b) {
       const uint32_t c = b.refer(BTF_KIND_CONST, b.integer("int", 4));
       b.refer(BTF_KIND_TYPE_TAG, c, "user");
     },
     0, "[3] TYPE_TAG user type_id=2\n"},
};

using BtfCaseTest = BtfTest;

TEST_F(BtfCaseTest, AreToldAsLinuxTellsThem) {
  for (const Case& one : kCases) {
    Blob blob;
    one.build(blob);
    const ProcessHost::Counts before = host_.counts();
    const int error = load(blob.bytes());
    EXPECT_EQ(error, one.error) << one.what << "\n" << log();
    EXPECT_NE(log().find(one.told), std::string::npos) << one.what << "\n" << log();
    loaded_.reset();
    EXPECT_EQ(host_.counts().bytes, before.bytes) << one.what;
  }
}

TEST_F(BtfTest, TheHeaderIsChecked) {
  Blob blob;
  blob.integer("int", 4);
  const std::vector<uint8_t> good = blob.bytes();
  struct Row {
    size_t at;
    uint32_t value;  // of 4 bytes there
    int error;
    const char* told;
  };
  const Row rows[] = {
      {0, 0x0001eb9e, -EINVAL, "Invalid magic"},
      {0, 0x0002eb9f, -kNotSupported, "Unsupported version"},
      {0, 0x0101eb9f, -kNotSupported, "Unsupported flags"},
      {4, 1000, -EINVAL, "btf_header not found"},
      {4, 45, -E2BIG, "Unsupported btf_header"},
      {8, 4, -EINVAL, "Unsupported section found"},
      {12, 12, -EINVAL, "Unsupported section found"},
      {12, 20, -EINVAL, "Section overlap found"},
      {16, 100, -EINVAL, "Invalid section offset"},
      {20, 6, -EINVAL, "Total section length too long"},
      {20, 4, -EINVAL, "Unsupported section found"},
  };
  for (const Row& row : rows) {
    std::vector<uint8_t> bytes = good;
    std::memcpy(bytes.data() + row.at, &row.value, 4);
    EXPECT_EQ(load(bytes), row.error) << row.at << " " << row.value << "\n" << log();
    EXPECT_NE(log().find(row.told), std::string::npos) << row.told << "\n" << log();
  }
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_EQ(load({good.begin(), good.begin() + static_cast<long>(size)}), -EINVAL) << size;
  }
  std::vector<uint8_t> longer = good;
  longer.push_back('x');
  EXPECT_EQ(load(longer), -EINVAL);
  EXPECT_EQ(load(good), 0);
}

TEST_F(BtfTest, ALongerHeaderMustBeZero) {
  Blob blob;
  blob.integer("int", 4);
  std::vector<uint8_t> bytes = blob.bytes();
  // So that records are at odd addresses.
  for (uint32_t extra = 1; extra < 9; ++extra) {
    bytes.insert(bytes.begin() + sizeof(btf_header), 0);
    bytes[4] = static_cast<uint8_t>(sizeof(btf_header) + extra);
    EXPECT_EQ(load(bytes), 0) << extra << "\n" << log();
    EXPECT_EQ(std::vector<uint8_t>(loaded().data, loaded().data + loaded().size), bytes);
  }
  bytes[sizeof(btf_header)] = 1;
  EXPECT_EQ(load(bytes), -E2BIG);
  EXPECT_NE(log().find("Unsupported btf_header"), std::string::npos);
}

TEST_F(BtfTest, IsRead) {
  Blob blob;
  const uint32_t i = blob.integer("int", 4);
  const uint32_t array = blob.array(i, i, 3);
  const uint32_t constant = blob.refer(BTF_KIND_CONST, array);
  const uint32_t name = blob.refer(BTF_KIND_TYPEDEF, constant, "three");
  const uint32_t pointer = blob.refer(BTF_KIND_PTR, 0);
  ASSERT_EQ(load(blob.bytes()), 0) << log();
  EXPECT_EQ(loaded().type_count, 6u);
  EXPECT_EQ(loaded().find("three", BTF_KIND_TYPEDEF), name);
  EXPECT_EQ(loaded().find("three", BTF_KIND_INT), 0u);
  EXPECT_EQ(loaded().resolve(name), array);
  EXPECT_EQ(loaded().size_of(name), 12u);
  EXPECT_EQ(loaded().size_of(pointer), 8u);
  EXPECT_EQ(loaded().size_of(0), 0u);
  EXPECT_EQ(loaded().type(6), nullptr);
  EXPECT_STREQ(loaded().string(~0u), "");
}

// --- maps' types

class MapTypesTest : public BtfTest {
 protected:
  int check(uint32_t map_type, uint32_t key, uint32_t value, uint32_t key_size = 4,
            uint32_t value_size = 8) {
    fields_ = {};
    return btf_check_map(loaded(), map_type, key, value, key_size, value_size, &fields_);
  }
  ValueFields fields_;
};

TEST_F(MapTypesTest, SizesAreTheMaps) {
  Blob blob;
  const uint32_t four = blob.integer("int", 4);
  const uint32_t eight = blob.refer(BTF_KIND_TYPEDEF, blob.integer("long", 8), "u64");
  const uint32_t forward = blob.record(blob.name("f"), Blob::info(BTF_KIND_FWD), 0);
  ASSERT_EQ(load(blob.bytes()), 0);
  EXPECT_EQ(check(BPF_MAP_TYPE_HASH, four, eight), 0);
  EXPECT_EQ(check(BPF_MAP_TYPE_HASH, eight, eight), -EINVAL);
  EXPECT_EQ(check(BPF_MAP_TYPE_HASH, four, four), -EINVAL);
  EXPECT_EQ(check(BPF_MAP_TYPE_HASH, 0, eight), -EINVAL);
  EXPECT_EQ(check(BPF_MAP_TYPE_HASH, four, forward, 4, 0), -EINVAL);
  EXPECT_EQ(check(BPF_MAP_TYPE_HASH, four, 77, 4, 0), -EINVAL);
  EXPECT_EQ(check(BPF_MAP_TYPE_ARRAY, four, eight), 0);
  EXPECT_EQ(check(BPF_MAP_TYPE_ARRAY, 0, eight), -EINVAL);
  EXPECT_EQ(check(BPF_MAP_TYPE_LPM_TRIE, four, eight), -EINVAL);
  EXPECT_EQ(check(BPF_MAP_TYPE_BLOOM_FILTER, 0, eight), 0);
  EXPECT_EQ(check(BPF_MAP_TYPE_BLOOM_FILTER, four, eight), -EINVAL);
  EXPECT_EQ(check(BPF_MAP_TYPE_STACK_TRACE, four, eight), -kNotSupported);
  EXPECT_EQ(check(BPF_MAP_TYPE_PERF_EVENT_ARRAY, four, four, 4, 4), -kNotSupported);
}

TEST_F(MapTypesTest, SectionsOfDataHaveNoKey) {
  Blob blob;
  const uint32_t four = blob.integer("int", 4);
  const uint32_t variable = blob.record(blob.name("v"), Blob::info(BTF_KIND_VAR), four, {1});
  const uint32_t section =
      blob.record(blob.name(".data"), Blob::info(BTF_KIND_DATASEC, 1), 4, {variable, 0, 4});
  ASSERT_EQ(load(blob.bytes()), 0);
  EXPECT_EQ(check(BPF_MAP_TYPE_ARRAY, 0, section, 4, 4), 0);
  EXPECT_EQ(check(BPF_MAP_TYPE_PERCPU_ARRAY, 0, section, 4, 4), -EINVAL);
  EXPECT_EQ(check(BPF_MAP_TYPE_HASH, 0, section, 4, 4), -EINVAL);
}

TEST_F(MapTypesTest, LocksAndTimersAreFound) {
  Blob blob;
  const uint32_t four = blob.integer("int", 4);
  const uint32_t eight = blob.integer("long", 8);
  const uint32_t lock =
      blob.record(blob.name("bpf_spin_lock"), Blob::info(BTF_KIND_STRUCT, 1), 4, {0, four, 0});
  const uint32_t timer = blob.record(blob.name("bpf_timer"), Blob::info(BTF_KIND_STRUCT, 2), 16,
                                     {0, eight, 0, 0, eight, 64});
  const uint32_t both =
      blob.record(0, Blob::info(BTF_KIND_STRUCT, 3), 32, {0, eight, 0, 0, lock, 64, 0, timer, 128});
  const uint32_t twice =
      blob.record(0, Blob::info(BTF_KIND_STRUCT, 2), 8, {0, lock, 0, 0, lock, 32});
  const uint32_t crooked = blob.record(0, Blob::info(BTF_KIND_STRUCT, 1), 24, {0, timer, 32});
  ASSERT_EQ(load(blob.bytes()), 0) << log();
  EXPECT_EQ(check(BPF_MAP_TYPE_HASH, four, both, 4, 32), 0);
  EXPECT_EQ(fields_.spin_lock, 8u);
  EXPECT_EQ(fields_.timer, 16u);
  EXPECT_EQ(check(BPF_MAP_TYPE_HASH, four, twice, 4, 8), 0);
  EXPECT_EQ(fields_.spin_lock, ~0u);
  EXPECT_EQ(check(BPF_MAP_TYPE_HASH, four, crooked, 4, 24), 0);
  EXPECT_EQ(fields_.timer, ~0u);
}

// --- the host's own

TEST_F(BtfTest, TheHostsOwnMayBeNewer) {
  Blob blob;
  const uint32_t i = blob.integer("int", 4);
  const uint32_t e =
      blob.record(blob.name("e"), Blob::info(BTF_KIND_ENUM64, 1), 8, {blob.name("A"), 1, 0});
  blob.record(blob.name("flagged"), Blob::info(BTF_KIND_ENUM, 0, true), 4);
  const std::vector<uint8_t> bytes = blob.bytes();
  BtfObject* btf = nullptr;
  ASSERT_EQ(btf_load_host(kernel_, bytes.data(), bytes.size(), "vmlinux", &btf), 0);
  const Ref<BtfObject> held = Ref<BtfObject>::take(kernel_, btf);
  EXPECT_TRUE(btf->of_kernel);
  EXPECT_STREQ(btf->name, "vmlinux");
  EXPECT_EQ(btf->data, bytes.data());
  EXPECT_EQ(btf->memory.load(), sizeof *btf);
  EXPECT_EQ(btf->find("int", BTF_KIND_INT), i);
  EXPECT_EQ(btf->size_of(e), 8u);
  std::vector<uint8_t> cut(bytes.begin(), bytes.end() - 3);
  EXPECT_EQ(btf_load_host(kernel_, cut.data(), cut.size(), "cut", &btf), -EINVAL);
}

}  // namespace
}  // namespace zext::shim
