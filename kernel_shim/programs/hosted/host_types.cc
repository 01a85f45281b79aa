#include "kernel_shim/programs/hosted/host_types.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>

#include "verifier/subject/kernel.h"
#include "verifier/subject/prototypes.h"
#include "verifier/subject/type_space.h"

namespace zext::shim {

// The readers below keep what they have looked up: hence the lock.
struct HostTypes::Parsed {
  explicit Parsed(verifier::Kernel&& from)
      : kernel(std::move(from)), space(nullptr, &kernel.btf()) {}

  std::mutex lock;
  verifier::Kernel kernel;
  verifier::TypeSpace space;
};

namespace {

// What a BTF was parsed from. Objects come and go; bytes at one address are the same ones if they
// are as many and look alike at some places.
struct Source {
  const uint8_t* data = nullptr;
  uint64_t size = 0;
  uint64_t created = 0;
  uint64_t sample = 0;
  friend bool operator==(const Source&, const Source&) = default;
};

Source source_of(const BtfObject& btf) {
  Source source{.data = btf.data, .size = btf.size, .created = btf.created};
  constexpr uint64_t kSamples = 64;
  for (uint64_t i = 0; i < kSamples && btf.size != 0; ++i) {
    // FNV-1a's step.
    source.sample = (source.sample ^ btf.data[(btf.size - 1) * i / kSamples]) * 0x100'0000'01b3;
  }
  return source;
}

constexpr std::string_view kHook = "bpf_lsm_";
constexpr std::string_view kIterator = "bpf_iter_";

std::string without(std::string_view prefix, std::string_view name) {
  if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  return std::string(name);
}

// What the section's name would say.
std::string target_of(const Program& program) {
  if (program.type == BPF_PROG_TYPE_LSM) return without(kHook, program.attach_name);
  if (program.attach_type == BPF_TRACE_ITER) return without(kIterator, program.attach_name);
  return program.attach_name;
}

bool is_per_cpu(const object::Btf& btf, uint32_t variable) {
  const btf_type* section = btf.type(btf.find(".data..percpu", BTF_KIND_DATASEC));
  if (section == nullptr || !btf_is_datasec(section)) return false;
  const std::span places(btf_var_secinfos(section), btf_vlen(section));
  return std::ranges::any_of(places, [&](const auto& place) { return place.type == variable; });
}

}  // namespace

HostTypes::~HostTypes() = default;

HostTypes::Locked::Locked(Parsed& parsed) : parsed_(parsed) { parsed_.lock.lock(); }
HostTypes::Locked::~Locked() { parsed_.lock.unlock(); }
const object::Btf& HostTypes::Locked::btf() const { return parsed_.kernel.btf(); }

HostTypes::Parsed* HostTypes::parsed() {
  if (!tried_ && kernel_.vmlinux != nullptr) {
    parsed_ = parse(static_cast<const BtfObject&>(*kernel_.vmlinux));
  }
  tried_ = true;
  return parsed_.get();
}

std::shared_ptr<HostTypes::Parsed> HostTypes::parse(const BtfObject& btf) {
  static std::mutex lock;
  static Source source;
  static std::shared_ptr<Parsed> kept;
  const std::scoped_lock guard(lock);
  const Source wanted = source_of(btf);
  if (kept != nullptr && source == wanted) return kept;
  auto kernel = verifier::Kernel::parse({btf.data, btf.data + btf.size});
  if (!kernel) return nullptr;
  kept = std::make_shared<Parsed>(*std::move(kernel));
  source = wanted;
  return kept;
}

verifier::Types HostTypes::types() {
  verifier::Types types{.context = this};
  types.find = [](void* context, uint32_t id) -> const verifier::TypeInfo* {
    Parsed* parsed = static_cast<HostTypes*>(context)->parsed();
    if (parsed == nullptr) return nullptr;
    const std::scoped_lock guard(parsed->lock);
    return parsed->space.types()[id];
  };
  types.by_name = [](void* context, const char* name) {
    Parsed* parsed = static_cast<HostTypes*>(context)->parsed();
    if (parsed == nullptr) return verifier::kNoType;
    const std::scoped_lock guard(parsed->lock);
    return parsed->space.named(name);
  };
  return types;
}

std::expected<std::vector<verifier::Parameter>, std::string> HostTypes::arguments_of(
    const Program& program) {
  Parsed* all = parsed();
  if (all == nullptr) return std::unexpected("the host has no types");
  object::Program traced;
  traced.name = program.name;
  traced.type = static_cast<object::ProgramType>(program.type);
  traced.attach_type = static_cast<uint8_t>(program.attach_type);
  traced.attach_target = target_of(program);
  const std::scoped_lock guard(all->lock);
  auto arguments = verifier::traced_arguments(traced, nullptr, &all->kernel.btf(), all->space);
  if (!arguments) return std::unexpected(arguments.error().to_string());
  return *std::move(arguments);
}

std::vector<verifier::KernelVariable> HostTypes::variables_of(const Program& program) {
  std::vector<verifier::KernelVariable> variables;
  Parsed* all = parsed();
  if (all == nullptr) return variables;
  const std::scoped_lock guard(all->lock);
  const object::Btf& btf = all->kernel.btf();
  const verifier::Prototypes prototypes(btf, all->space);
  for (uint32_t pc = 0; pc < program.slots; ++pc) {
    const ebpf::Slot& slot = program.insns[pc];
    if (slot.opcode != ebpf::row_of(ebpf::Op::kLoadImm64).opcode) continue;
    ++pc;
    const btf_type* type = btf.type(static_cast<uint32_t>(slot.imm));
    if (slot.src() != BPF_PSEUDO_BTF_ID || type == nullptr || !btf_is_var(type)) continue;
    variables.push_back({.number = slot.imm,
                         .name = btf.name(type->name_off),
                         .value = prototypes.variable(type->type),
                         .per_cpu = is_per_cpu(btf, static_cast<uint32_t>(slot.imm))});
  }
  std::ranges::sort(variables, {}, &verifier::KernelVariable::number);
  const auto twice = std::ranges::unique(variables, {}, &verifier::KernelVariable::number);
  variables.erase(twice.begin(), twice.end());
  return variables;
}

}  // namespace zext::shim
