// What a program costs on a preset of the core, and how fast that is simulated.
//
//   auto run = run_program(Preset::kSmall, "rtl_sim/core/bench/crc.elf", {});
//   run->cpi();
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "rtl_sim/image/error.h"
#include "rtl_sim/model/model.h"

namespace zext::bench {

// Cycles and instructions of a program, or of the part of it that was asked for.
struct Run {
  std::string name;
  uint64_t instructions = 0;
  uint64_t cycles = 0;
  std::array<uint64_t, rtl_sim::kLostCauses> lost = {};  // cycles without a retirement, by cause
  uint64_t simulated = 0;                                // cycles of the whole run
  double seconds = 0;                                    // of processor time that those took
  std::string console = {};                              // what the program printed
  std::vector<uint64_t> report = {};                     // 64-bit words from `begin_signature` on

  double cpi() const;
  uint64_t lost_cycles() const;
  // Cycles that retired two instructions.
  uint64_t pairs() const;
};

// Which part counts: from the first time that the one symbol is reached until the other is.
struct Part {
  std::string from = {};  // empty: the first instruction
  std::string to = {};    // empty: the program's end
  uint64_t max_cycles = 2'000'000'000;
};

// Runs an ELF file to its end. Errors: a file that cannot be read or run, a symbol that it has not
// or does not reach, no end within max_cycles, an exit code other than 0.
std::expected<Run, rtl_sim::Error> run_program(rtl_sim::Preset preset, const std::string& file,
                                               const Part& part);

// The score by which programs of that kind are compared, for a core of 1 MHz.
enum class Score : uint8_t { kCoreMark, kDhrystone };

// Iterations a second at 1 MHz; Dhrystone's divided by 1757, what a VAX 11/780 made.
double score_of(Score score, uint64_t iterations, uint64_t cycles);

struct Scored {
  uint64_t iterations = 0;
  uint64_t cycles = 0;
};

// What the program itself has counted: iterations and cycles, the first two words behind its symbol
// `begin_signature`. Nothing if it has no such words or they are zero.
std::optional<Scored> own_count(const Run& run);

}  // namespace zext::bench
