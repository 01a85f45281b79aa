#include "jit/install/install.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "jit/placement.h"

namespace zext::jit {
namespace {

using Kind = InstallError::Kind;

// Addresses that allocate may give before install gives up.
constexpr unsigned kAttempts = 4;
constexpr uint64_t kAlignment = 4;

// A block from allocate on: released, unless it is installed.
class Claimed {
 public:
  explicit Claimed(const TextHooks& hooks) : hooks_(hooks) {}
  Claimed(const Claimed&) = delete;
  Claimed& operator=(const Claimed&) = delete;
  ~Claimed() {
    if (held_) hooks_.release(hooks_.context, &block_);
  }

  int allocate(uint64_t size, uint64_t near) {
    const int status = hooks_.allocate(hooks_.context, size, near, &block_);
    held_ = status == 0;
    return status;
  }
  TextBlock& block() { return block_; }
  TextBlock keep() {
    held_ = false;
    return block_;
  }

 private:
  const TextHooks& hooks_;
  TextBlock block_;
  bool held_ = false;
};

std::unexpected<InstallError> failure(Kind kind, int status = 0, const char* why = "") {
  return std::unexpected(InstallError{.kind = kind, .status = status, .why = why});
}
std::unexpected<InstallError> failure(const Error& error) {
  return std::unexpected(InstallError{.kind = Kind::kCompile, .compile = error});
}

// Null, or what is wrong with the block.
const char* flaw(const TextBlock& block, uint64_t wanted) {
  if (block.writable == nullptr) return "it cannot be written";
  if (block.address % kAlignment != 0) return "its address is not a multiple of 4";
  if (block.size < wanted) return "it is smaller than asked for";
  if (block.address + (block.size - 1) < block.address)
    return "it goes past the address space's end";
  return nullptr;
}

// Steps 4 to 7.
std::expected<Installed, InstallError> commit(const TextHooks& hooks, Claimed& claimed, Code code) {
  TextBlock& block = claimed.block();
  const size_t size = code.bytes.size();
  auto* to = static_cast<uint8_t*>(block.writable);
  std::memcpy(to, code.bytes.data(), size);
  std::memset(to + size, 0, block.size - size);
  if (const int status = hooks.protect(hooks.context, &block)) {
    return failure(Kind::kProtect, status);
  }
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  if (const int status = hooks.synchronise(hooks.context, &block)) {
    return failure(Kind::kSynchronise, status);
  }
  std::vector<uint8_t>().swap(code.bytes);
  return Installed(hooks, claimed.keep(), std::move(code), size);
}

}  // namespace

Installed& Installed::operator=(Installed&& other) noexcept {
  if (this == &other) return *this;
  uninstall();
  hooks_ = other.hooks_;
  block_ = other.block_;
  code_ = std::move(other.code_);
  size_ = other.size_;
  installed_ = std::exchange(other.installed_, false);
  return *this;
}

void Installed::uninstall() {
  if (std::exchange(installed_, false)) hooks_.release(hooks_.context, &block_);
}

std::expected<Installed, InstallError> install(const ebpf::Code& program, const Options& options,
                                               const TextHooks& hooks) {
  if (hooks.allocate == nullptr || hooks.protect == nullptr || hooks.synchronise == nullptr ||
      hooks.release == nullptr) {
    return failure(Kind::kMissingHook);
  }
  if (options.relocatable) return failure(Kind::kRelocatable);
  Options placed = options;
  placed.text_address.reset();
  placed.helper_reach = HelperReach::kAnywhere;
  const auto anywhere = compile(program, placed);
  if (!anywhere) return failure(anywhere.error());
  uint64_t size = anywhere->bytes.size();
  const uint64_t near = best_place(program, options);
  placed.helper_reach = options.helper_reach;
  for (unsigned attempt = 0; attempt < kAttempts; ++attempt) {
    Claimed claimed(hooks);
    if (const int status = claimed.allocate(size, near)) return failure(Kind::kAllocate, status);
    if (const char* why = flaw(claimed.block(), size)) return failure(Kind::kBadBlock, 0, why);
    placed.text_address = claimed.block().address;
    auto code = compile(program, placed);
    if (!code) return failure(code.error());
    size = code->bytes.size();
    if (size <= claimed.block().size) return commit(hooks, claimed, std::move(*code));
  }
  return failure(Kind::kUnsettled);
}

uint64_t best_place(const ebpf::Code& program, const Options& options) {
  const HelperTable helpers(options.helpers), functions(options.kernel_functions);
  const PacketLoads loads = options.packet_loads.value_or(PacketLoads());
  std::vector<uint64_t> called;
  for (uint32_t pc = 0; pc < program.size(); pc = program.next(pc)) {
    const ebpf::Instruction<>& insn = program.insns[pc];
    const ebpf::Kind kind = insn.row().kind;
    if (kind == ebpf::Kind::kLoadAbs || kind == ebpf::Kind::kLoadInd) called.push_back(loads.load8);
    if (kind != ebpf::Kind::kCallHelper && kind != ebpf::Kind::kCallBtf) continue;
    const HelperTable& table = kind == ebpf::Kind::kCallHelper ? helpers : functions;
    const HelperAddress* helper = table.find(insn.imm.signed_value());
    if (helper != nullptr) called.push_back(helper->address);
  }
  if (called.empty()) return 0;
  const auto middle = called.begin() + static_cast<ptrdiff_t>(called.size() / 2);
  std::nth_element(called.begin(), middle, called.end());
  return *middle;
}

}  // namespace zext::jit
