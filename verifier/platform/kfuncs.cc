#include <array>
#include <cstring>
#include <iterator>

#include "verifier/platform/kfunc.h"
#include "verifier/platform/prototype.h"

namespace zext::verifier {
namespace prototype {
namespace {

using enum KfuncEffect;

// Types of programs, by the numbers of BPF_PROG_TYPE_*.
constexpr uint64_t kEverywhere = ~uint64_t{0};
constexpr uint64_t kTracing = maps(5, 7, 26, 29);
constexpr uint64_t kLsm = maps(29);
constexpr uint64_t kTc = maps(3);
constexpr uint64_t kXdp = maps(6);
constexpr uint64_t kStructOps = maps(27);
constexpr uint64_t kSyscall = maps(31);
constexpr uint64_t kCgroup = maps(8, 9, 15, 18, 23, 25);
constexpr uint64_t kGeneric = kTracing | kTc | kXdp | kStructOps | kSyscall | kCgroup;
constexpr uint64_t kCpumask = kTracing | kStructOps | kSyscall;
constexpr uint64_t kSkbs = kTc | kTracing | maps(1, 4, 8, 10, 11, 12, 14, 19, 32);

// Traits beside those of helpers.
constexpr unsigned kInRcu = 1u << 16;
constexpr unsigned kIterators = 1u << 17;

constexpr Argument with(Trust trust, Argument argument) {
  argument.trust = trust;
  return argument;
}
constexpr Argument rcu(Argument argument) { return with(Trust::kRcu, argument); }
constexpr Argument trusted(Argument argument) { return with(Trust::kTrusted, argument); }
constexpr Argument iterator(const char* name, uint16_t bytes) {
  return {.kind = ArgumentKind::kIterator, .bytes = bytes, .type_name = name};
}
constexpr Argument new_iterator(const char* name, uint16_t bytes) {
  Argument argument = iterator(name, bytes);
  argument.uninitialised = argument.writes = argument.acquires = true;
  return argument;
}
constexpr Argument kMask = rcu(btf("cpumask"));
constexpr Argument kOwnMask = rcu(btf("bpf_cpumask"));
// The context; or, of a function that is traced, its packet.
constexpr Argument kSkb = {
    .kind = ArgumentKind::kContext, .trust = Trust::kTrusted, .type_name = "sk_buff"};

constexpr Result held(Result result) {
  result.acquires = true;
  return result;
}
constexpr Result read_only(Result result) {
  result.read_only = true;
  return result;
}
constexpr Result kNextNumber{
    .kind = ResultKind::kMemory, .nullable = true, .read_only = true, .bytes = 4};

constexpr Kfunc kfunc(const char* name, uint64_t programs, unsigned traits, KfuncEffect effect,
                      Result result, auto... arguments) {
  return {.prototype = row(0, name, traits, result, arguments...),
          .effect = effect,
          .in_rcu = (traits & kInRcu) != 0,
          .iterators_only = (traits & kIterators) != 0,
          .programs = programs};
}

constexpr auto numbered(auto rows) {
  for (uint32_t i = 0; i < rows.size(); ++i) rows[i].prototype.number = kFirstKfunc + i;
  return rows;
}

constexpr auto kRows = numbered(std::to_array<Kfunc>({
#define KFUNC(name, programs, traits, effect, result, ...) \
  kfunc(#name, programs, traits, effect, result __VA_OPT__(, ) __VA_ARGS__),
#include "verifier/platform/kfuncs.def"
}));

}  // namespace
}  // namespace prototype

namespace {

// The length of the name up to what libbpf takes for a flavour: "___" and what follows.
size_t without_flavour(const char* name) {
  const size_t length = std::strlen(name);
  for (size_t i = 0; i + 2 < length; ++i) {
    if (name[i] == '_' && name[i + 1] == '_' && name[i + 2] == '_') return i;
  }
  return length;
}

}  // namespace

std::span<const Kfunc> kfuncs() { return prototype::kRows; }

const Kfunc* find_kfunc(const char* name) {
  const size_t length = without_flavour(name);
  for (const Kfunc& row : prototype::kRows) {
    const bool same = std::strlen(row.prototype.name) == length &&
                      std::memcmp(row.prototype.name, name, length) == 0;
    if (same) return &row;
  }
  return nullptr;
}

}  // namespace zext::verifier
