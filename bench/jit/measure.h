// One kernel in all its variants: on the interpreter, and as our code, clang's and gcc's on our
// core. All must agree on r0 and on memory; then their costs can be compared.
//
//   auto figures = measure(kernel, "bench/jit/");
//   if (!figures) return report(figures.error());
//   figures->of(Variant::kOurs).instructions
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <string>

#include "bench/jit/kernels.h"
#include "bench/jit/work.h"
#include "object/error.h"
#include "rtl_sim/model/presets.h"

namespace zext::bench {

// Who made the RV64 code; with ...B it may use Zba, Zbb and Zbs.
enum class Variant : uint8_t { kOurs, kOursB, kClang, kClangB, kGcc, kGccB };
inline constexpr size_t kVariantCount = 6;
inline constexpr Variant kVariants[kVariantCount] = {Variant::kOurs,  Variant::kOursB,
                                                     Variant::kClang, Variant::kClangB,
                                                     Variant::kGcc,   Variant::kGccB};

// "ours", "ours_b", "clang", ...
const char* name_of(Variant variant);

// Of the kernel's own code and of what it calls, without the start-up code.
struct Cost {
  uint64_t instructions = 0;
  uint64_t cycles = 0;
  uint64_t bytes = 0;
  WorkCounts work = {};
};

// What an eBPF instruction became in Variant::kOurs: how often it ran, and as how much RV64.
struct OpCost {
  uint64_t executed = 0;
  uint64_t instructions = 0;
};

struct Figures {
  Kernel kernel;
  bool verified = false;  // the verifier accepts it (the benchmark does not depend on that)
  uint64_t r0 = 0;
  uint64_t ebpf_executed = 0;
  uint64_t ebpf_length = 0;    // instructions of the program
  double compile_seconds = 0;  // of one compilation, without extensions
  std::array<Cost, kVariantCount> costs;
  std::map<std::string, OpCost> ops;  // by name and width ("Lsh32Imm"), and "(frame)"

  const Cost& of(Variant variant) const { return costs[static_cast<size_t>(variant)]; }
};

// `folder` holds NAME.bpf.o and NAME.clang.elf and so on.
// Errors: files that are missing or damaged, a variant that faults or does not end, or one that
// gives another result than this machine's own.
std::expected<Figures, object::Error> measure(const Kernel& kernel, const std::string& folder);

// What our code for the kernel costs on a preset of the core; it may use Zba, Zbb and Zbs.
// Errors: as above, or a preset that is not linked.
std::expected<Cost, object::Error> cost_on(rtl_sim::Preset preset, const Kernel& kernel,
                                           const std::string& folder);

}  // namespace zext::bench
