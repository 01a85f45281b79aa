#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>
#include <string>

#include "object/load.h"
#include "verifier/subject/build.h"

namespace zext::verifier {
namespace {

using Field = SpecialField::Kind;
using Kind = Parameter::Kind;

// Read as the kernel that is to run the programs, where a test wants one.
std::vector<uint8_t> file_of(const std::string& name) {
  std::ifstream file("verifier/subject/" + name + ".bpf.o", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

constexpr Platform kContextPlatform = {.name = "context"};
constexpr Platform kBtfPlatform = {.name = "btf", .entry = Entry::kBtf};

// One program of a test's object.
class Built {
 public:
  Built(const std::string& file, const std::string& name, const Platform& platform,
        const Kernel* kernel = nullptr) {
    auto loaded = object::load(file_of(file));
    if (!loaded) throw std::runtime_error(loaded.error().to_string());
    object = *std::move(loaded);
    const auto found = std::ranges::find(object.programs, name, &object::Program::name);
    if (found == object.programs.end()) throw std::runtime_error("no program " + name);
    program = &*found;
    code = *ebpf::decode_program(program->slots);
    owner = build(object, *program, code, platform, kernel);
  }

  const Subject& subject() const { return owner.value().subject(); }

  const Map& map(const std::string& name) const {
    for (const Map& map : subject().maps) {
      if (map.name == name) return map;
    }
    throw std::runtime_error("no map " + name);
  }

  const Function& function(const std::string& name) const {
    for (const Function& function : subject().functions) {
      if (function.name == name) return function;
    }
    throw std::runtime_error("no function " + name);
  }

  std::string name_of(uint32_t type) const {
    const TypeInfo* info = subject().types[type];
    return info == nullptr ? "(none)" : info->name;
  }

  object::Object object;
  const object::Program* program;
  ebpf::Code code;
  std::expected<SubjectOwner, object::Error> owner = std::unexpected(object::Error());
};

TEST(Subject, MapsAreNumberedAsInstructionsNameThem) {
  const Built built("values", "use", kContextPlatform);
  ASSERT_EQ(built.subject().maps.size(), built.object.maps.size());
  for (size_t i = 0; i < built.object.maps.size(); ++i) {
    EXPECT_EQ(built.subject().maps[i].number, static_cast<int32_t>(i));
    EXPECT_FALSE(built.subject().maps[i].by_index);
  }
  const Map& values = built.map("values");
  EXPECT_EQ(values.type, uint32_t{BPF_MAP_TYPE_HASH});
  EXPECT_EQ(values.key_size, 4u);
  EXPECT_EQ(values.value_size, 96u);
  EXPECT_EQ(values.max_entries, 8u);
  EXPECT_EQ(values.flags, uint32_t{BPF_F_WRONLY_PROG});
}

TEST(Subject, FieldsThatProgramsMayNotTouch) {
  const Built built("values", "use", kContextPlatform);
  struct Expected {
    Field kind;
    uint32_t offset;
    uint32_t bytes;
    const char* type;
  };
  const Expected expected[] = {
      {Field::kSpinLock, 8, 4, "(none)"},      {Field::kKptr, 16, 8, "file"},
      {Field::kReferencedKptr, 24, 8, "file"}, {Field::kOther, 32, 8, "(none)"},
      {Field::kTimer, 56, 16, "(none)"},       {Field::kTimer, 80, 16, "(none)"},
  };
  const auto fields = built.map("values").fields;
  ASSERT_EQ(fields.size(), std::size(expected));
  for (size_t i = 0; i < fields.size(); ++i) {
    EXPECT_EQ(fields[i].kind, expected[i].kind) << i;
    EXPECT_EQ(fields[i].offset, expected[i].offset) << i;
    EXPECT_EQ(fields[i].bytes, expected[i].bytes) << i;
    EXPECT_EQ(built.name_of(fields[i].type), expected[i].type) << i;
  }
}

TEST(Subject, InnerMapsAndLocksInVariables) {
  const Built built("values", "use", kContextPlatform);
  const Map* inner = built.map("outer").inner;
  ASSERT_NE(inner, nullptr);
  EXPECT_EQ(inner->value_size, 24u);
  ASSERT_EQ(inner->fields.size(), 1u);
  EXPECT_EQ(inner->fields[0].offset, 8u);
  const Map& locked = built.map(".data.locked");
  ASSERT_EQ(locked.fields.size(), 1u);
  EXPECT_EQ(locked.fields[0].kind, Field::kSpinLock);
  EXPECT_EQ(locked.fields[0].offset, 8u);
}

TEST(Subject, ConstantsAreWhatNobodyChanges) {
  const Built built("values", "use", kContextPlatform);
  const Map& read_only = built.map(".rodata");
  const std::vector<uint8_t> bytes(read_only.constant.begin(), read_only.constant.end());
  EXPECT_EQ(bytes, (std::vector<uint8_t>{7, 0, 0, 0, 9, 0, 0, 0}));
  EXPECT_EQ(read_only.flags, uint32_t{BPF_F_RDONLY_PROG});
  // The loader fills it in, or the kernel; or the program writes it.
  EXPECT_TRUE(built.map(".rodata.addresses").constant.empty());
  EXPECT_TRUE(built.map(".kconfig").constant.empty());
  EXPECT_EQ(built.map(".kconfig").flags, uint32_t{BPF_F_RDONLY_PROG});
  EXPECT_TRUE(built.map(".data.locked").constant.empty());
  EXPECT_TRUE(built.map("values").constant.empty());
}

TEST(Subject, License) {
  EXPECT_TRUE(Built("values", "use", kContextPlatform).subject().gpl_compatible);
  EXPECT_FALSE(Built("functions", "entry", kContextPlatform).subject().gpl_compatible);
}

TEST(Subject, OnlyGlobalFunctionsHavePrototypes) {
  const Built built("functions", "entry", kContextPlatform);
  for (const char* name : {"numbers", "context", "memory", "unknown", "nothing", "address"}) {
    EXPECT_TRUE(built.function(name).global) << name;
  }
  EXPECT_FALSE(built.function("fixed").global);
  EXPECT_FALSE(built.function("hidden").global);
  EXPECT_TRUE(std::ranges::is_sorted(built.subject().functions, {}, &Function::entry));
  EXPECT_THROW(built.function("entry"), std::runtime_error);
}

TEST(Subject, ParametersOfGlobalFunctions) {
  const Built built("functions", "entry", kContextPlatform);
  const Function& numbers = built.function("numbers");
  ASSERT_EQ(numbers.parameter_count, 4);
  const uint32_t sizes[] = {4, 1, 4, 8};
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(numbers.parameters[i].kind, Kind::kNumber);
    EXPECT_EQ(numbers.parameters[i].bytes, sizes[i]);
  }
  EXPECT_EQ(built.function("context").parameters[0].kind, Kind::kContext);
  EXPECT_EQ(built.function("tagged_context").parameters[0].kind, Kind::kContext);
  EXPECT_EQ(built.function("not_context").parameters[0].kind, Kind::kMemory);
  EXPECT_EQ(built.function("unknown").parameters[0].kind, Kind::kUnknown);
  const Function& memory = built.function("memory");
  ASSERT_EQ(memory.parameter_count, 2);
  EXPECT_EQ(memory.parameters[0].kind, Kind::kMemory);
  EXPECT_EQ(memory.parameters[0].bytes, 24u);
  EXPECT_TRUE(memory.parameters[0].nullable);
  EXPECT_EQ(memory.parameters[1].bytes, 2u);
  EXPECT_FALSE(memory.parameters[1].nullable);
}

TEST(Subject, ResultsOfGlobalFunctions) {
  const Built built("functions", "entry", kContextPlatform);
  EXPECT_FALSE(built.function("numbers").returns_nothing);
  EXPECT_FALSE(built.function("numbers").returns_unknown);
  EXPECT_TRUE(built.function("nothing").returns_nothing);
  EXPECT_FALSE(built.function("nothing").returns_unknown);
  EXPECT_TRUE(built.function("address").returns_unknown);
}

struct Shape {
  Kind kind;
  uint32_t bytes = 8;
  std::string type = "(none)";
  bool nullable = false;
};

void expect_arguments(const Built& built, std::vector<Shape> expected) {
  ASSERT_TRUE(built.owner) << built.owner.error().to_string();
  const auto arguments = built.subject().arguments;
  ASSERT_EQ(arguments.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(arguments[i].kind, expected[i].kind) << i;
    EXPECT_EQ(arguments[i].bytes, expected[i].bytes) << i;
    EXPECT_EQ(built.name_of(arguments[i].type), expected[i].type) << i;
    if (expected[i].kind == Kind::kObject) {
      EXPECT_EQ(arguments[i].nullable, expected[i].nullable) << i;
    }
  }
}

TEST(Traced, TracepointsLessTheirData) {
  expect_arguments(Built("kernel", "traced", kBtfPlatform),
                   {{Kind::kNumber, 1},
                    {Kind::kObject, 8, "task_struct"},
                    {Kind::kObject, 8, "task_struct", true},
                    {Kind::kNumber}});
  expect_arguments(Built("kernel", "plainly", kBtfPlatform), {{Kind::kObject, 8, "task_struct"}});
}

TEST(Traced, FunctionsAndWhatTheyReturn) {
  const std::vector<Shape> parameters = {
      {Kind::kObject, 8, "task_struct"}, {Kind::kNumber}, {Kind::kNumber, 4}};
  expect_arguments(Built("kernel", "entered", kBtfPlatform), parameters);
  std::vector<Shape> with_result = parameters;
  with_result.push_back({Kind::kNumber, 8});
  const Built left("kernel", "left", kBtfPlatform);
  expect_arguments(left, with_result);
  EXPECT_TRUE(left.subject().sleepable);
}

TEST(Traced, HooksAndIterators) {
  expect_arguments(Built("kernel", "hook", kBtfPlatform),
                   {{Kind::kObject, 8, "linux_binprm"}, {Kind::kNumber, 4}});
  expect_arguments(Built("kernel", "iterator", kBtfPlatform),
                   {{Kind::kObject, 8, "point"}, {Kind::kObject, 8, "task_struct", true}});
}

TEST(Traced, MembersOfStructOps) {
  const Built begins("kernel", "begins", kBtfPlatform);
  EXPECT_EQ(begins.program->attach_target, "work_ops.begin");
  expect_arguments(
      begins, {{Kind::kObject, 8, "task_struct"}, {Kind::kObject, 8, "point"}, {Kind::kNumber, 4}});
  const Built none("kernel", "in_no_table", kBtfPlatform);
  ASSERT_FALSE(none.owner);
  EXPECT_NE(none.owner.error().hint.find(".struct_ops"), std::string::npos);
}

TEST(Traced, UnknownFunctionsAreNamed) {
  const Built missing("kernel", "missing", kBtfPlatform);
  ASSERT_FALSE(missing.owner);
  EXPECT_EQ(missing.owner.error().where, "program 'missing', section 'tp_btf/no_such_thing'");
  EXPECT_EQ(missing.owner.error().what, "the arguments of 'btf_trace_no_such_thing' are not known");
  EXPECT_NE(missing.owner.error().hint.find("--btf"), std::string::npos);
  const Built unnamed("kernel", "unnamed", kBtfPlatform);
  ASSERT_FALSE(unnamed.owner);
  EXPECT_NE(unnamed.owner.error().what.find("does not say which function"), std::string::npos);
}

TEST(Types, MembersByWhatProgramsCanDoWithThem) {
  const Built built("kernel", "traced", kBtfPlatform);
  const TypeInfo* task = built.subject().types[built.subject().types.named("task_struct")];
  ASSERT_NE(task, nullptr);
  EXPECT_EQ(task->bytes, 104u);
  struct Expected {
    Member::Kind kind;
    uint32_t offset;
    uint32_t bytes;
    uint32_t element;
    const char* type;
  };
  const Expected expected[] = {
      {Member::Kind::kNumber, 0, 1, 1, "(none)"},          // flags
      {Member::Kind::kNumber, 0, 2, 2, "(none)"},          // more
      {Member::Kind::kNumber, 4, 4, 4, "(none)"},          // pid
      {Member::Kind::kPointer, 8, 8, 8, "task_struct"},    // parent
      {Member::Kind::kAddress, 16, 8, 8, "(none)"},        // name
      {Member::Kind::kUser, 24, 8, 8, "(none)"},           // remote
      {Member::Kind::kStruct, 32, 8, 8, ""},               // the union
      {Member::Kind::kStruct, 40, 32, 8, "point"},         // path
      {Member::Kind::kNumber, 72, 12, 2, "(none)"},        // grid
      {Member::Kind::kPointer, 88, 16, 8, "task_struct"},  // children
  };
  ASSERT_EQ(task->members.size(), std::size(expected));
  for (size_t i = 0; i < std::size(expected); ++i) {
    const Member& member = task->members[i];
    EXPECT_EQ(member.kind, expected[i].kind) << i;
    EXPECT_EQ(member.offset, expected[i].offset) << i;
    EXPECT_EQ(member.bytes, expected[i].bytes) << i;
    EXPECT_EQ(member.element, expected[i].element) << i;
    EXPECT_EQ(built.name_of(member.type), expected[i].type) << i;
  }
}

TEST(Types, NamesAndIdsThatDoNotExist) {
  const Built built("kernel", "traced", kBtfPlatform);
  const Types types = built.subject().types;
  EXPECT_EQ(types.named("nobody"), kNoType);
  EXPECT_EQ(types.named("uint32_t"), kNoType);
  EXPECT_EQ(types[kNoType], nullptr);
  EXPECT_EQ(types[1u << 20], nullptr);
  EXPECT_NE(types.named("__sk_buff"), kNoType);
}

// The object "kernel" stands for a kernel that "values" is to run in.
Kernel other_kernel() {
  auto object = object::load(file_of("kernel"));
  return *Kernel::parse(object.value().btf);
}

TEST(WithAKernel, ItsTypesComeFirst) {
  const Kernel kernel = other_kernel();
  const Built built("kernel", "entered", kBtfPlatform, &kernel);
  const uint32_t task = built.subject().types.named("task_struct");
  EXPECT_EQ(task, kernel.btf().find("task_struct", BTF_KIND_STRUCT));
  const Built values("values", "use", kContextPlatform, &kernel);
  // That kernel has no struct file: the object's own declaration stays.
  EXPECT_EQ(values.name_of(values.map("values").fields[1].type), "file");
  EXPECT_GE(values.map("values").fields[1].type, kernel.btf().count());
  EXPECT_EQ(values.name_of(values.subject().types.named("point")), "point");
}

TEST(WithAKernel, ItsFunctionsAreTheOnlyOnes) {
  const Kernel kernel = other_kernel();
  const Built built("kernel", "missing", kBtfPlatform, &kernel);
  ASSERT_FALSE(built.owner);
  EXPECT_EQ(built.owner.error().what, "the kernel's types have no 'btf_trace_no_such_thing'");
}

TEST(Externs, KernelFunctionsByTheirDeclaration) {
  const Built built("kernel", "calls", kContextPlatform);
  ASSERT_EQ(built.subject().kernel_functions.size(), 1u);
  const KernelFunction& distance = built.subject().kernel_functions[0];
  EXPECT_STREQ(distance.name, "bpf_distance");
  ASSERT_EQ(distance.parameter_count, 3);
  EXPECT_EQ(distance.parameters[0].kind, Kind::kObject);
  EXPECT_EQ(built.name_of(distance.parameters[0].type), "point");
  EXPECT_EQ(distance.parameters[1].kind, Kind::kMemory);
  EXPECT_EQ(distance.parameters[1].bytes, 4u);
  EXPECT_EQ(distance.parameters[2].kind, Kind::kNumber);
  EXPECT_EQ(distance.result.kind, Kind::kNumber);
  EXPECT_EQ(distance.result.bytes, 4u);
}

TEST(Externs, KernelVariablesByTheKernelsTypes) {
  const Built alone("kernel", "calls", kContextPlatform);
  ASSERT_EQ(alone.subject().variables.size(), 2u);
  EXPECT_EQ(alone.subject().variables[0].value.kind, Kind::kUnknown);
  const Kernel kernel = other_kernel();
  const Built built("kernel", "calls", kContextPlatform, &kernel);
  for (const KernelVariable& variable : built.subject().variables) {
    const bool origin = variable.name == std::string("origin");
    EXPECT_EQ(variable.weak, origin);
    EXPECT_EQ(variable.value.kind, origin ? Kind::kObject : Kind::kUnknown);
    EXPECT_FALSE(variable.per_cpu);
  }
}

TEST(Kernel, FilesThatAreNone) {
  const auto missing = Kernel::load("verifier/subject/nothing");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().where, "verifier/subject/nothing");
  const auto wrong = Kernel::parse({1, 2, 3});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().where, ".BTF header");
}

TEST(Kernel, OfThisMachine) {
  const auto kernel = Kernel::load("/sys/kernel/btf/vmlinux");
  if (!kernel) GTEST_SKIP() << "no types of this machine's kernel: " << kernel.error().what;
  EXPECT_NE(kernel->btf().find("task_struct", BTF_KIND_STRUCT), 0u);
  EXPECT_NE(kernel->btf().find("btf_trace_sched_switch", BTF_KIND_TYPEDEF), 0u);
}

void expect_inside(const Subject& subject) {
  for (const Map& map : subject.maps) {
    for (const SpecialField& field : map.fields) {
      ASSERT_LE(uint64_t{field.offset} + field.bytes, map.value_size);
    }
  }
  for (uint32_t id = 0; id < 300; ++id) {
    const TypeInfo* type = subject.types[id];
    if (type == nullptr) continue;
    for (const Member& member : type->members) {
      ASSERT_LE(uint64_t{member.offset} + member.bytes, type->bytes);
    }
  }
}

// BTF may say anything: what is built of it keeps its promises, and nothing crashes or hangs.
TEST(DamagedTypes, OfTheObjectAndOfTheKernel) {
  std::mt19937 random(1);
  unsigned built = 0;
  for (const char* file : {"values", "functions", "kernel"}) {
    const object::Object original = *object::load(file_of(file));
    for (int run = 0; run < 400; ++run) {
      object::Object object = original;
      for (unsigned i = 0; i < 1 + random() % 4; ++i) {
        object.btf[24 + random() % (object.btf.size() - 24)] = static_cast<uint8_t>(random());
      }
      const auto kernel = Kernel::parse(object.btf);
      const auto builder = SubjectBuilder::of(object, kernel && run % 2 ? &*kernel : nullptr);
      if (!builder) continue;
      for (const object::Program& program : object.programs) {
        const auto code = ebpf::decode_program(program.slots);
        const auto owner = builder->build(program, code.value(), kBtfPlatform);
        const auto plain = builder->build(program, code.value(), kContextPlatform);
        ASSERT_TRUE(plain);
        expect_inside(plain->subject());
        built += owner ? 1 : 0;
      }
    }
  }
  EXPECT_GT(built, 100u);
}

}  // namespace
}  // namespace zext::verifier
