// The way of a program through the house, as the subcommands walk it: decode, verify, compile.
#pragma once

#include <expected>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/placement.h"
#include "cli/setting.h"
#include "cli/verification.h"
#include "isa/ebpf/decode.h"
#include "jit/compile.h"
#include "object/error.h"
#include "object/program.h"

namespace zext::cli {

// What the core has (rtl_sim/core), so that every machine can run the code.
inline constexpr const char* kDefaultMarch = "rv64imac_zicsr_zifencei";

// The program's instructions. Errors: a malformed encoding, with its slot.
std::expected<ebpf::Code, object::Error> decode(const object::Program& program);

// "filter.c:12, instruction 7" where the object has line information, else "filter, instruction 7".
std::string place_of(const object::Program& program, uint32_t slot);

// What `zext verify` shows beside the verdict.
struct Look {
  unsigned log = 0;              // 1: states; 2: relations as well
  uint64_t log_lines = 100'000;  // at most so many
  bool dot = false;
};

struct Inspection {
  verifier::Verdict verdict;
  std::string log;
  std::string dot;
  std::string text;     // what the verdict says, of all registers where there is a log
  nlohmann::json json;  // all of it
  // As Verification::certificate.
  std::expected<verifier::certificate::Certificate, std::string> certificate = {};
};

// Errors: as verify().
std::expected<Inspection, object::Error> inspect(const object::Object& object,
                                                 const object::Program& program,
                                                 const ebpf::Code& code, verifier::Options options,
                                                 const Host& host, const Look& look);

// What a verdict says to people: accepted, or why not, as a compiler would say it: file, line,
// instruction, obligation, registers, hint. And the same as JSON.
std::string explanation(const object::Program& program, const ebpf::Code& code,
                        const verifier::Verdict& verdict);
nlohmann::json explanation_json(const object::Program& program, const ebpf::Code& code,
                                const verifier::Verdict& verdict);

// kAccepted, kRejected or kResourceLimit.
int exit_code_of(const verifier::Verdict& verdict);

// kAccepted (and nothing printed), or the verdict's exit code after its explanation, which goes to
// standard error, or to standard output as JSON.
int require_accepted(const object::Object& object, const object::Program& program,
                     const ebpf::Code& code, bool json);

// What a user may ask of the compiler besides the extensions.
struct CodeOptions {
  std::span<const uint32_t> probes = {};  // slots of loads that may fault, ascending
  std::optional<uint64_t> blinding = {};  // constants are blinded, by words that this seed gives
  bool relocatable = false;               // it may call all helpers, and a linker finds them
};

// Nothing, if `probes` are loads of the program that may be marked. Errors: the slot that is not,
// and why.
std::expected<void, object::Error> check_probes(const object::Program& program,
                                                const ebpf::Code& code,
                                                std::span<const uint32_t> probes);

// The program as RV64 code that runs at any address; `maps` are where its global variables are.
// Errors: extensions without a meaning, instructions without a lowering, unknown helpers and maps.
std::expected<jit::Code, object::Error> compile(const object::Program& program,
                                                const ebpf::Code& code, const std::string& march,
                                                std::span<const ebpf::MapAddress> maps = {},
                                                const CodeOptions& wanted = {});

// The same for text and functions where `placement` says.
std::expected<jit::Code, object::Error> compile_at(const TextPlacement& placement,
                                                   const object::Program& program,
                                                   const ebpf::Code& code, const std::string& march,
                                                   std::span<const ebpf::MapAddress> maps,
                                                   const CodeOptions& wanted = {});

// The same for one run: for kTextAddress, with the setting's helpers, maps and packet.
std::expected<jit::Code, object::Error> compile_for(const Setting& setting,
                                                    const object::Program& program,
                                                    const ebpf::Code& code,
                                                    const std::string& march,
                                                    const CodeOptions& wanted = {});

}  // namespace zext::cli
