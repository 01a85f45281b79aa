#include "cli/helper.h"

#include "cli/setting.h"

namespace zext::cli {
namespace {

constexpr int32_t kConformanceHelper = 5;
constexpr int32_t kConformanceKernelFunction = 42;
constexpr uint64_t kBodySize = 16;

std::optional<uint64_t> first_argument(void* /*context*/, ebpf::Memory& /*memory*/,
                                       const ebpf::Arguments& arguments) {
  return arguments[0];
}

std::optional<uint64_t> zero(void* /*context*/, ebpf::Memory& /*memory*/,
                             const ebpf::Arguments& /*arguments*/) {
  return 0;
}

}  // namespace

std::vector<Helper> conformance_helpers() {
  // a0 is the first argument and the result: the body is its return.
  const rv64::Instruction<> ret = {.op = rv64::Op::kJalr, .rs1 = rv64::kRa, .imm = Bits<64>::of(0)};
  const rv64::Instruction<> clear = {.op = rv64::Op::kAddi, .rd = rv64::kA0};
  return {{.id = kConformanceHelper,
           .btf = false,
           .call = first_argument,
           .body = {ret},
           .address = kHelperAddress},
          {.id = kConformanceKernelFunction,
           .btf = true,
           .call = zero,
           .body = {clear, ret},
           .address = kHelperAddress + kBodySize}};
}

std::vector<jit::HelperAddress> addresses_of(const std::vector<Helper>& helpers, bool btf) {
  std::vector<jit::HelperAddress> addresses;
  for (const Helper& helper : helpers) {
    if (helper.btf == btf) addresses.push_back({.id = helper.id, .address = helper.address});
  }
  return addresses;
}

std::vector<ebpf::Helper> interpreted(const std::vector<Helper>& helpers) {
  std::vector<ebpf::Helper> result;
  result.reserve(helpers.size());
  for (const Helper& helper : helpers) {
    result.push_back({.id = helper.id, .call = helper.call, .context = nullptr, .btf = helper.btf});
  }
  return result;
}

}  // namespace zext::cli
