#include "verifier/subject/build.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "object/btf.h"
#include "verifier/subject/prototypes.h"
#include "verifier/subject/special_fields.h"
#include "verifier/subject/type_space.h"

namespace zext::verifier {

using object::Btf;
using object::Error;

// What all programs of an object have in common.
struct SubjectBuilder::Shared {
  Shared(const object::Object& source, const Kernel* with)
      : object(source), kernel(with == nullptr ? nullptr : &with->btf()) {}

  const Btf* own() const { return btf ? &*btf : nullptr; }

  const object::Object& object;
  const Btf* kernel;
  std::optional<Btf> btf;  // the object's
  std::optional<TypeSpace> types;
  std::vector<Map> maps;
  std::vector<std::vector<SpecialField>> fields;  // by map
  std::vector<std::vector<uint8_t>> constants;    // by map, where the object leaves out zeros
  bool gpl_compatible = false;
};

struct SubjectOwner::Parts {
  Parts(const ebpf::Code& code, const Platform& platform)
      : subject{.code = code, .platform = platform} {}

  std::shared_ptr<const SubjectBuilder::Shared> shared;
  std::vector<Function> functions;
  std::vector<Parameter> arguments;
  std::vector<KernelVariable> variables;
  std::vector<KernelFunction> kernel_functions;
  Subject subject;
};

namespace {

// Linux's license_is_gpl_compatible().
constexpr std::string_view kGplCompatible[] = {
    "GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL",
};

void add_map(SubjectBuilder::Shared& shared, size_t i, SpecialFields& special) {
  const object::Map& source = shared.object.maps[i];
  shared.fields[i] = special.of(source);
  Map& map = shared.maps[i];
  map = {.number = static_cast<int32_t>(i),
         .name = source.name.c_str(),
         .type = source.type,
         .key_size = source.key_size,
         .value_size = source.value_size,
         .max_entries = source.max_entries,
         .flags = source.flags,
         .fields = shared.fields[i]};
  if (source.inner) map.inner = &shared.maps[*source.inner];
  // Where the value holds addresses, it is the loader that says what is there.
  if (source.read_only && !source.host_value && source.pointers.empty()) {
    map.constant = source.value;
    if (source.value.size() == source.value_size) return;
    shared.constants[i] = source.value;
    shared.constants[i].resize(source.value_size);
    map.constant = shared.constants[i];
  }
}

void add_maps(SubjectBuilder::Shared& shared) {
  const size_t count = shared.object.maps.size();
  shared.maps.resize(count);
  shared.fields.resize(count);
  shared.constants.resize(count);
  SpecialFields special(shared.own(), *shared.types);
  for (size_t i = 0; i < count; ++i) add_map(shared, i, special);
}

// The parts of one program.
class Builder {
 public:
  Builder(std::shared_ptr<SubjectBuilder::Shared> shared, const object::Program& program,
          const ebpf::Code& code, const Platform& platform)
      : shared_(*shared),
        program_(program),
        parts_(std::make_unique<SubjectOwner::Parts>(code, platform)) {
    parts_->shared = std::move(shared);
  }

  std::expected<SubjectOwner, Error> build() {
    if (program_.broken) return std::unexpected(*program_.broken);
    add_functions();
    add_externs();
    Subject& subject = parts_->subject;
    if (subject.platform.entry == Entry::kBtf) {
      auto arguments = traced_arguments(program_, shared_.own(), shared_.kernel, *shared_.types);
      if (!arguments) return std::unexpected(arguments.error());
      parts_->arguments = *std::move(arguments);
    }
    subject.maps = shared_.maps;
    subject.functions = parts_->functions;
    subject.arguments = parts_->arguments;
    subject.variables = parts_->variables;
    subject.kernel_functions = parts_->kernel_functions;
    subject.types = shared_.types->types();
    subject.sleepable = program_.sleepable;
    subject.gpl_compatible = shared_.gpl_compatible;
    return SubjectOwner(std::move(parts_));
  }

 private:
  Prototypes declared() const { return Prototypes(*shared_.own(), *shared_.types); }
  Prototypes defined() const { return Prototypes(*shared_.kernel, *shared_.types); }

  // All but the entry, which nobody calls.
  void add_functions() {
    parts_->functions.reserve(program_.functions.size());
    for (size_t i = 1; i < program_.functions.size(); ++i) {
      const object::Function& source = program_.functions[i];
      Function function{.entry = source.first_slot, .name = source.name.c_str()};
      if (source.global && source.btf_id != 0 && shared_.own() != nullptr) {
        declared().set_global(source.btf_id, program_.type, function);
      }
      parts_->functions.push_back(function);
    }
  }

  void add_externs() {
    std::vector<const object::Extern*> uses;
    uses.reserve(program_.externs.size());
    for (const object::Extern& use : program_.externs) uses.push_back(&use);
    std::ranges::stable_sort(uses, {}, &object::Extern::btf_id);
    const auto twice = std::ranges::unique(uses, {}, &object::Extern::btf_id);
    uses.erase(twice.begin(), twice.end());
    for (const object::Extern* use : uses) {
      switch (use->kind) {
        case object::Extern::Kind::kFunction:
          add_kernel_function(*use);
          break;
        case object::Extern::Kind::kVariable:
          add_kernel_variable(*use);
          break;
        case object::Extern::Kind::kConfig:
          break;  // a place in a map
      }
    }
  }

  uint32_t known(const object::Extern& use, uint32_t kind) const {
    return shared_.kernel == nullptr
               ? 0
               : shared_.kernel->find(object::without_flavour(use.name), kind);
  }

  void add_kernel_function(const object::Extern& use) {
    KernelFunction function{
        .number = static_cast<int32_t>(use.btf_id), .name = use.name.c_str(), .weak = use.weak};
    const uint32_t id = known(use, BTF_KIND_FUNC);
    function.missing = shared_.kernel != nullptr && id == 0;
    if (id != 0) {
      defined().set_kernel(id, function);
    } else if (shared_.own() != nullptr) {
      declared().set_kernel(use.btf_id, function);
    }
    parts_->kernel_functions.push_back(function);
  }

  // Only the kernel's types say whether there is one for each CPU.
  void add_kernel_variable(const object::Extern& use) {
    KernelVariable variable{
        .number = static_cast<int32_t>(use.btf_id), .name = use.name.c_str(), .weak = use.weak};
    const btf_type* declaration =
        shared_.own() == nullptr ? nullptr : shared_.own()->type(use.btf_id);
    const bool typed =
        declaration != nullptr && shared_.own()->resolved(declaration->type) != nullptr;
    const uint32_t id = known(use, BTF_KIND_VAR);
    variable.missing = typed && shared_.kernel != nullptr && id == 0;
    if (typed && id != 0) {
      variable.value = defined().variable(shared_.kernel->type(id)->type);
      variable.per_cpu = is_per_cpu(id);
    }
    parts_->variables.push_back(variable);
  }

  bool is_per_cpu(uint32_t variable) const {
    const Btf& kernel = *shared_.kernel;
    const btf_type* section = kernel.type(kernel.find(".data..percpu", BTF_KIND_DATASEC));
    if (section == nullptr || !btf_is_datasec(section)) return false;
    const std::span places(btf_var_secinfos(section), btf_vlen(section));
    return std::ranges::any_of(places, [&](const auto& place) { return place.type == variable; });
  }

  SubjectBuilder::Shared& shared_;
  const object::Program& program_;
  std::unique_ptr<SubjectOwner::Parts> parts_;
};

}  // namespace

SubjectOwner::SubjectOwner(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
SubjectOwner::SubjectOwner(SubjectOwner&&) noexcept = default;
SubjectOwner& SubjectOwner::operator=(SubjectOwner&&) noexcept = default;
SubjectOwner::~SubjectOwner() = default;

const Subject& SubjectOwner::subject() const { return parts_->subject; }

std::expected<SubjectBuilder, Error> SubjectBuilder::of(const object::Object& object,
                                                        const Kernel* kernel) {
  auto shared = std::make_shared<Shared>(object, kernel);
  if (!object.btf.empty()) {
    auto btf = Btf::parse(object.btf);
    if (!btf) return std::unexpected(btf.error());
    shared->btf = *std::move(btf);
  }
  shared->types.emplace(shared->own(), shared->kernel);
  shared->gpl_compatible =
      std::ranges::find(kGplCompatible, object.license) != std::end(kGplCompatible);
  add_maps(*shared);
  return SubjectBuilder(std::move(shared));
}

std::expected<SubjectOwner, Error> SubjectBuilder::build(const object::Program& program,
                                                         const ebpf::Code& code,
                                                         const Platform& platform) const {
  return Builder(shared_, program, code, platform).build();
}

std::expected<SubjectOwner, Error> build(const object::Object& object,
                                         const object::Program& program, const ebpf::Code& code,
                                         const Platform& platform, const Kernel* kernel) {
  const auto builder = SubjectBuilder::of(object, kernel);
  if (!builder) return std::unexpected(builder.error());
  return builder->build(program, code, platform);
}

}  // namespace zext::verifier
