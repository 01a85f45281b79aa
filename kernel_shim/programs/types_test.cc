// Programs that need types: of the kernel (traced functions, variables, CO-RE), and their own
// (global functions, lines).
#include <bpf/btf.h>
#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "kernel_shim/programs/testing/loads.h"

namespace zext::shim {
namespace {

using testing::HasSubstr;

struct FreeBtf {
  void operator()(struct btf* btf) const { btf__free(btf); }
};
using Types = std::unique_ptr<struct btf, FreeBtf>;

std::vector<uint8_t> bytes_of(const struct btf* btf) {
  uint32_t size = 0;
  const auto* data = static_cast<const uint8_t*>(btf__raw_data(btf, &size));
  return {data, data + size};
}

// Ids of the kernel's types below.
struct Ids {
  uint32_t tracepoint = 0;
  uint32_t function = 0;
  uint32_t variable = 0;
  uint32_t task = 0;
};

// struct task_struct { int pid; int tgid; struct task_struct* parent; };
// int wake(struct task_struct* task, int why); typedef of a tracepoint; int jiffies_like;
std::vector<uint8_t> kernel_types(Ids* ids) {
  const Types btf(btf__new_empty());
  const int number = btf__add_int(btf.get(), "int", 4, BTF_INT_SIGNED);
  const int task = btf__add_struct(btf.get(), "task_struct", 16);
  btf__add_field(btf.get(), "tgid", number, 0, 0);
  btf__add_field(btf.get(), "pid", number, 32, 0);
  btf__add_field(btf.get(), "parent", task + 1, 64, 0);
  const int pointer = btf__add_ptr(btf.get(), task);
  const int prototype = btf__add_func_proto(btf.get(), number);
  btf__add_func_param(btf.get(), "task", pointer);
  btf__add_func_param(btf.get(), "why", number);
  ids->function =
      static_cast<uint32_t>(btf__add_func(btf.get(), "wake", BTF_FUNC_GLOBAL, prototype));
  const int nothing = btf__add_ptr(btf.get(), 0);
  const int traced = btf__add_func_proto(btf.get(), 0);
  btf__add_func_param(btf.get(), nullptr, nothing);
  btf__add_func_param(btf.get(), nullptr, pointer);
  const int to = btf__add_ptr(btf.get(), traced);
  ids->tracepoint = static_cast<uint32_t>(btf__add_typedef(btf.get(), "btf_trace_sched_wake", to));
  ids->variable =
      static_cast<uint32_t>(btf__add_var(btf.get(), "ticks", BTF_VAR_GLOBAL_ALLOCATED, number));
  ids->task = static_cast<uint32_t>(task);
  return bytes_of(btf.get());
}

class TypesTest : public testing::Test {
 protected:
  TypesTest() : kernel_(kernel_types(&ids_)), loads_({.btf = kernel_}) {
    loads_.host().add_symbol("wake", 0xffff'8000);
    loads_.host().add_symbol("ticks", 0xffff'9000);
  }

  Loaded traced(uint32_t attach_type, uint32_t id, const std::string& text) {
    return loads_.load(
        {.type = BPF_PROG_TYPE_TRACING, .text = text, .attach_type = attach_type, .level = 1},
        [&](bpf_attr& attr) { attr.attach_btf_id = id; });
  }

  Ids ids_;
  std::vector<uint8_t> kernel_;
  Loads loads_;
};

constexpr char kReadsPid[] = "r1 = *(u64 *)(r1 + 0)\nr0 = *(u32 *)(r1 + 4)\nr0 = 0\nexit\n";

TEST_F(TypesTest, ArgumentsOfTracedFunctionsAreTyped) {
  const Loaded entry = traced(BPF_TRACE_FENTRY, ids_.function, kReadsPid);
  ASSERT_GE(entry.result, 3) << entry.log;
  const Program& program = loads_.program(entry.result);
  EXPECT_STREQ(program.attach_name, "wake");
  // The object may be gone: its load is probed.
  ASSERT_EQ(program.probe_count, 1u);
  EXPECT_EQ(program.probes[0], 1u);
  EXPECT_GE(traced(BPF_TRACE_RAW_TP, ids_.tracepoint, kReadsPid).result, 3);
  // Beyond the struct.
  const Loaded beyond = traced(BPF_TRACE_FENTRY, ids_.function,
                               "r1 = *(u64 *)(r1 + 0)\nr0 = *(u32 *)(r1 + 16)\nr0 = 0\nexit\n");
  EXPECT_EQ(beyond.result, -EACCES);
  EXPECT_THAT(beyond.log, HasSubstr("[object-access]"));
  // The third of two arguments, and the result that fexit alone sees.
  const std::string third = "r1 = *(u64 *)(r1 + 16)\nr0 = 0\nexit\n";
  EXPECT_EQ(traced(BPF_TRACE_FENTRY, ids_.function, third).result, -EACCES);
  EXPECT_GE(traced(BPF_TRACE_FEXIT, ids_.function, third).result, 3);
}

TEST_F(TypesTest, AttachTargetsAreCheckedAsLinuxDoes) {
  const auto log = [&](uint32_t attach, uint32_t id, long expected) {
    const Loaded loaded = traced(attach, id, kReadsPid);
    EXPECT_EQ(loaded.result, expected) << loaded.log;
    return loaded.log;
  };
  // libbpf's probe of the type looks for this.
  EXPECT_THAT(log(BPF_TRACE_FENTRY, 1, -EINVAL), HasSubstr("attach_btf_id 1 is not a function"));
  EXPECT_THAT(log(BPF_TRACE_RAW_TP, ids_.function, -EINVAL), HasSubstr("is not a typedef"));
  EXPECT_THAT(log(BPF_TRACE_FENTRY, 4711, -EINVAL), HasSubstr("attach_btf_id 4711 is invalid"));
  EXPECT_THAT(log(BPF_MODIFY_RETURN, ids_.function, -EINVAL), HasSubstr("is not modifiable"));
  log(BPF_TRACE_ITER, ids_.function, -EINVAL);
  const Loaded extension = loads_.load({.type = BPF_PROG_TYPE_EXT, .level = 1},
                                       [&](bpf_attr& attr) { attr.attach_btf_id = ids_.function; });
  EXPECT_EQ(extension.result, -EINVAL);
  EXPECT_THAT(extension.log, HasSubstr("Cannot replace kernel functions"));
  const Loaded hook =
      loads_.load({.type = BPF_PROG_TYPE_LSM, .attach_type = BPF_LSM_MAC, .level = 1},
                  [&](bpf_attr& attr) { attr.attach_btf_id = ids_.function; });
  EXPECT_EQ(hook.result, -EINVAL);
  EXPECT_THAT(hook.log, HasSubstr("points to wrong type name wake"));
}

TEST_F(TypesTest, FunctionsThatTheHostDoesNotHaveAreNotFound) {
  ProcessHost::Options options{.btf = kernel_};
  Loads other(options);
  const Loaded loaded =
      other.load({.type = BPF_PROG_TYPE_TRACING, .attach_type = BPF_TRACE_FENTRY, .level = 1},
                 [&](bpf_attr& attr) { attr.attach_btf_id = ids_.function; });
  EXPECT_EQ(loaded.result, -ENOENT);
}

TEST_F(TypesTest, VariablesOfTheKernelAreReadThroughProbes) {
  const std::string name = "ld_pseudo r1, 3, ";
  const std::string text = name + std::to_string(ids_.variable) + "\n";
  const Loaded loaded = loads_.load(
      {.type = BPF_PROG_TYPE_KPROBE, .text = text + "r0 = *(u32 *)(r1 + 0)\nexit\n", .level = 1});
  ASSERT_GE(loaded.result, 3) << loaded.log;
  const Program& program = loads_.program(loaded.result);
  EXPECT_EQ(program.insns[0].imm, 0xffff9000);
  EXPECT_EQ(program.insns[0].src(), 0);
  EXPECT_EQ(program.probe_count, 1u);
  const Loaded written = loads_.load(
      {.type = BPF_PROG_TYPE_KPROBE, .text = text + "r0 = 0\n*(u32 *)(r1 + 0) = r0\nexit\n"});
  EXPECT_EQ(written.result, -EACCES);
  const Loaded type = loads_.load(
      {.type = BPF_PROG_TYPE_KPROBE, .text = "ld_pseudo r1, 3, 1\nr0 = 0\nexit\n", .level = 1});
  EXPECT_EQ(type.result, -EINVAL);
  EXPECT_THAT(type.log, HasSubstr("pseudo btf_id 1 in ldimm64 isn't KIND_VAR."));
}

// A program's own types: "int twice(int)" is global, and its lines are shown.
class OwnTypesTest : public TypesTest {
 protected:
  OwnTypesTest() {
    const Types btf(btf__new_empty());
    const int number = btf__add_int(btf.get(), "int", 4, BTF_INT_SIGNED);
    const int skb = btf__add_struct(btf.get(), "__sk_buff", 4);
    btf__add_field(btf.get(), "len", number, 0, 0);
    const int context = btf__add_ptr(btf.get(), skb);
    const int main = btf__add_func_proto(btf.get(), number);
    btf__add_func_param(btf.get(), "ctx", context);
    main_ = static_cast<uint32_t>(btf__add_func(btf.get(), "main", BTF_FUNC_GLOBAL, main));
    const int twice = btf__add_func_proto(btf.get(), number);
    btf__add_func_param(btf.get(), "n", number);
    twice_ = static_cast<uint32_t>(btf__add_func(btf.get(), "twice", BTF_FUNC_GLOBAL, twice));
    const int task = btf__add_struct(btf.get(), "task_struct", 8);
    btf__add_field(btf.get(), "pid", number, 0, 0);
    task_ = static_cast<uint32_t>(task);
    file_ = static_cast<uint32_t>(btf__add_str(btf.get(), "twice.c"));
    text_ = static_cast<uint32_t>(btf__add_str(btf.get(), "return n + bad;"));
    access_ = static_cast<uint32_t>(btf__add_str(btf.get(), "0:0"));
    const std::vector<uint8_t> bytes = bytes_of(btf.get());
    btf_ = loads_.btf(bytes.data(), static_cast<uint32_t>(bytes.size()));
  }

  template <typename Change>
  Loaded load(const std::string& text, Change&& change) {
    const bpf_func_info functions[] = {{0, main_}, {2, twice_}};
    const bpf_line_info lines[] = {{0, file_, 0, 1 << 10 | 1}, {2, file_, text_, 4 << 10 | 3}};
    return loads_.load({.text = text, .level = 1}, [&](bpf_attr& attr) {
      attr.prog_btf_fd = static_cast<uint32_t>(btf_);
      attr.func_info = user(functions);
      attr.func_info_cnt = 2;
      attr.func_info_rec_size = sizeof functions[0];
      attr.line_info = user(lines);
      attr.line_info_cnt = 2;
      attr.line_info_rec_size = sizeof lines[0];
      change(attr);
    });
  }
  Loaded load(const std::string& text) {
    return load(text, [](bpf_attr&) {});
  }

  long btf_ = -1;
  uint32_t main_ = 0, twice_ = 0, task_ = 0, file_ = 0, text_ = 0, access_ = 0;
};

constexpr char kTwice[] = "call local +1\nexit\nr0 = r1\nr0 += r1\nexit\n";

TEST_F(OwnTypesTest, GlobalFunctionsAreVerifiedByTheirPrototype) {
  ASSERT_GE(btf_, 3);
  // r1 is the context, where a number is wanted: as Linux, an address is no int.
  EXPECT_LT(load(kTwice).result, 0);
  // On its own the function knows nothing of r2.
  const Loaded second = load("r1 = 1\ncall local +1\nexit\nr0 = r2\nexit\n", [&](bpf_attr& attr) {
    auto* functions = reinterpret_cast<bpf_func_info*>(attr.func_info);
    functions[1].insn_off = 3;
    reinterpret_cast<bpf_line_info*>(attr.line_info)[1].insn_off = 3;
  });
  EXPECT_EQ(second.result, -EACCES);
  EXPECT_THAT(second.log, HasSubstr("twice.c:4:3: error: [uninitialised-register]"));
  EXPECT_THAT(second.log, HasSubstr("return n + bad;"));
  EXPECT_THAT(second.log, HasSubstr("R2 !read_ok\n"));
}

TEST_F(OwnTypesTest, InformationIsCheckedStrictly) {
  const std::string text = "r0 = 0\nexit\nr0 = 0\nexit\n";
  // Two functions are named, and none is called.
  EXPECT_THAT(load(text).log, HasSubstr("number of funcs in func_info doesn't match"));
  const auto failing = [&](void (*change)(bpf_attr&)) {
    const Loaded loaded = load("call local +1\nexit\nr0 = 0\nexit\n", change);
    EXPECT_EQ(loaded.result, -EINVAL);
    return loaded.log;
  };
  const auto functions = [](bpf_attr& attr) {
    return reinterpret_cast<bpf_func_info*>(attr.func_info);
  };
  static const auto kFunctions = functions;
  static const auto kLines = [](bpf_attr& attr) {
    return reinterpret_cast<bpf_line_info*>(attr.line_info);
  };
  EXPECT_THAT(failing([](bpf_attr& attr) { attr.func_info_rec_size = 6; }),
              HasSubstr("invalid func info rec size 6"));
  EXPECT_THAT(failing([](bpf_attr& attr) { kFunctions(attr)[0].insn_off = 1; }),
              HasSubstr("nonzero insn_off 1 for the first func info record"));
  EXPECT_THAT(failing([](bpf_attr& attr) { kFunctions(attr)[1].insn_off = 3; }),
              HasSubstr("func_info BTF section doesn't match subprog layout"));
  EXPECT_THAT(failing([](bpf_attr& attr) { kFunctions(attr)[1].type_id = 1; }),
              HasSubstr("invalid type id 1 in func info"));
  EXPECT_THAT(failing([](bpf_attr& attr) { kLines(attr)[1].insn_off = 9; }),
              HasSubstr("Invalid line_info[1].insn_off:9 (prev_offset:0 prog->len:4)"));
  EXPECT_THAT(failing([](bpf_attr& attr) { kLines(attr)[1].insn_off = 3; }),
              HasSubstr("missing bpf_line_info for func#1"));
  EXPECT_THAT(failing([](bpf_attr& attr) { attr.line_info_cnt = 1; }),
              HasSubstr("missing bpf_line_info for 1 funcs starting from func#1"));
  EXPECT_THAT(failing([](bpf_attr& attr) { kLines(attr)[1].line_off = 1 << 20; }),
              HasSubstr("Invalid line_info[1].line_off or .file_name_off"));
}

TEST_F(OwnTypesTest, RelocationsThatAreLeftToTheKernelAreApplied) {
  const bpf_core_relo relocation{.insn_off = 0,
                                 .type_id = task_,
                                 .access_str_off = access_,
                                 .kind = BPF_CORE_FIELD_BYTE_OFFSET};
  const Loaded loaded = load("r1 = 0\ncall local +1\nexit\nr0 = r1\nexit\n", [&](bpf_attr& attr) {
    reinterpret_cast<bpf_func_info*>(attr.func_info)[1].insn_off = 3;
    reinterpret_cast<bpf_line_info*>(attr.line_info)[1].insn_off = 3;
    attr.core_relos = user(&relocation);
    attr.core_relo_cnt = 1;
    attr.core_relo_rec_size = sizeof relocation;
  });
  ASSERT_GE(loaded.result, 3) << loaded.log;
  // The kernel's pid is at 4, ours at 0.
  EXPECT_EQ(loads_.program(loaded.result).insns[0].imm, 4);
}

}  // namespace
}  // namespace zext::shim
