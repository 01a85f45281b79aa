#include <fmt/core.h>

#include "bench/jit/summary.h"

namespace zext::bench {
namespace {

double ratio(uint64_t a, uint64_t b) { return static_cast<double>(a) / static_cast<double>(b); }

nlohmann::json json_of(const Cost& cost) {
  nlohmann::json work;
  for (size_t i = 0; i < kWorkCount; ++i) work[name_of(static_cast<Work>(i))] = cost.work[i];
  return {{"instructions", cost.instructions},
          {"cycles", cost.cycles},
          {"bytes", cost.bytes},
          {"work", work}};
}

nlohmann::json json_of(const Figures& figures) {
  nlohmann::json result = {{"kernel", figures.kernel.name},
                           {"group", figures.kernel.group},
                           {"r0", fmt::format("{:#x}", figures.r0)},
                           {"verified", figures.verified},
                           {"ebpf_executed", figures.ebpf_executed},
                           {"ebpf_length", figures.ebpf_length},
                           {"compile_seconds", figures.compile_seconds}};
  for (const Variant variant : kVariants) result[name_of(variant)] = json_of(figures.of(variant));
  for (const auto& [name, op] : figures.ops) {
    if (op.instructions == 0 && op.executed == 0) continue;
    result["ops"][name] = {{"executed", op.executed}, {"instructions", op.instructions}};
  }
  return result;
}

std::string scaling(const Summary& s) {
  if (s.scaling.empty()) return "";
  std::string text = fmt::format(
      "Compiling one long program, for each of its eBPF instructions\n{:<32} {:>8} {:>8}"
      "\n",
      "instructions", "ns", "bytes");
  for (const ScalingPoint& point : s.scaling) {
    text += fmt::format("{:<32} {:>8.1f} {:>8.1f}\n", point.instructions, point.nanoseconds,
                        point.bytes);
  }
  return text +
         fmt::format("{:<32} {:>8.1f} {:>8}\n\n", "target", 1e9 / kTargetCompileRate, "level");
}

}  // namespace

std::string table(std::span<const Figures> all) {
  std::string text =
      fmt::format("{:<17} {:>7} {:>5} {:>5} {:>5} | {:>6} {:>6} {:>6} {:>6} | {:>6} {:>6} | {}\n",
                  "kernel", "eBPF", "RV64", "RV64B", "bytes", "clang", "clangB", "gcc", "gccB",
                  "cycles", "cycB", "verified");
  for (const Figures& f : all) {
    const Cost& ours = f.of(Variant::kOurs);
    const Cost& ours_b = f.of(Variant::kOursB);
    const auto times = [&](const Cost& a, Variant b) {
      return ratio(a.instructions, f.of(b).instructions);
    };
    text += fmt::format(
        "{:<17} {:>7} {:>5.2f} {:>5.2f} {:>5.2f} | {:>6.2f} {:>6.2f} {:>6.2f} {:>6.2f} | {:>6.2f} "
        "{:>6.2f} | {}\n",
        f.kernel.name, f.ebpf_executed, ratio(ours.instructions, f.ebpf_executed),
        ratio(ours_b.instructions, f.ebpf_executed), ratio(ours.bytes, f.ebpf_length),
        times(ours, Variant::kClang), times(ours_b, Variant::kClangB), times(ours, Variant::kGcc),
        times(ours_b, Variant::kGccB), ratio(ours.cycles, f.of(Variant::kClang).cycles),
        ratio(ours_b.cycles, f.of(Variant::kClangB).cycles), f.verified ? "yes" : "no");
  }
  return text;
}

std::string text(const Summary& s) {
  std::string text = fmt::format(
      "{:<17} {:>7} {:>5.2f} {:>5.2f} {:>5.2f} | {:>6.2f} {:>6.2f} {:>6.2f} {:>6.2f} | {:>6.2f} "
      "{:>6.2f} |\n\n"
      "eBPF: instructions executed; RV64: of ours for each; bytes: of ours for each in the program;"
      "\nclang, gcc: instructions executed, ours over theirs; cycles: on our core, over clang's; B:"
      "\nboth with Zba, Zbb and Zbs. The last line: geometric means, for bytes the mean.\n\n",
      "(all)", "", s.rv64_ebpf, s.rv64_ebpf_b, s.bytes, s.ours_clang, s.ours_clang_b, s.ours_gcc,
      s.ours_gcc_b, s.cycles_clang, s.cycles_clang_b);
  text += fmt::format("{:<32} {:>8} {:>8}\n", "", "measured", "target");
  text += fmt::format("{:<32} {:>8.2f} {:>8.2f}\n", "instructions, ours / clang", s.ours_clang,
                      kTargetInstructions);
  text +=
      fmt::format("{:<32} {:>8.2f} {:>8}\n", "  both with Zba, Zbb and Zbs", s.ours_clang_b, "");
  text +=
      fmt::format("{:<32} {:>8.2f} {:>8.2f}\n", "bytes / eBPF instruction", s.bytes, kTargetBytes);
  text += fmt::format("{:<32} {:>8.2f} {:>8}\n", "  of clang's code", s.bytes_clang, "");
  text += fmt::format("{:<32} {:>8.1f} {:>8.1f}\n\n", "million instructions compiled / s",
                      s.compile_rate / 1e6, kTargetCompileRate / 1e6);
  text += scaling(s);
  text += "RV64 instructions executed for 100 of eBPF, by their work\n";
  text += fmt::format("{:<10}", "");
  for (const Variant variant : kVariants) text += fmt::format(" {:>8}", name_of(variant));
  text += "\n";
  for (size_t work = 0; work < kWorkCount; ++work) {
    text += fmt::format("{:<10}", name_of(static_cast<Work>(work)));
    for (const auto& shares : s.work) text += fmt::format(" {:>8.1f}", 100 * shares[work]);
    text += "\n";
  }
  text += "\neBPF instructions that take more than one of RV64: the rest's share of all\n";
  for (const auto& [name, share] : s.excess) {
    if (share > 0.0005) text += fmt::format("{:<18} {:>6.2f} %\n", name, 100 * share);
  }
  return text;
}

nlohmann::json json(std::span<const Figures> all, const Summary& s) {
  nlohmann::json result;
  for (const Figures& figures : all) result["kernels"].push_back(json_of(figures));
  result["summary"] = {{"instructions_ours_clang", s.ours_clang},
                       {"instructions_ours_clang_b", s.ours_clang_b},
                       {"instructions_ours_gcc", s.ours_gcc},
                       {"instructions_ours_gcc_b", s.ours_gcc_b},
                       {"cycles_ours_clang", s.cycles_clang},
                       {"cycles_ours_clang_b", s.cycles_clang_b},
                       {"rv64_per_ebpf", s.rv64_ebpf},
                       {"rv64_per_ebpf_b", s.rv64_ebpf_b},
                       {"bytes_per_ebpf", s.bytes},
                       {"bytes_per_ebpf_b", s.bytes_b},
                       {"bytes_per_ebpf_clang", s.bytes_clang},
                       {"ebpf_compiled_per_second", s.compile_rate}};
  for (const auto& [name, share] : s.excess) result["summary"]["excess"][name] = share;
  for (const ScalingPoint& point : s.scaling) {
    result["summary"]["compilation"].push_back({{"instructions", point.instructions},
                                                {"nanoseconds_per_instruction", point.nanoseconds},
                                                {"bytes_per_instruction", point.bytes}});
  }
  return result;
}

}  // namespace zext::bench
