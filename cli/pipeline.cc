#include "cli/pipeline.h"

#include <fmt/core.h>

#include "cli/exit_code.h"
#include "verifier/platform/platform.h"

namespace zext::cli {
namespace {

// "filter.c:12" where the object has line information, else "filter, instruction 7".
std::string place(const object::Program& program, uint32_t slot) {
  const object::Line* line = object::line_at(program, slot);
  if (line == nullptr) return fmt::format("{}, instruction {}", program.name, slot);
  return fmt::format("{}:{}, instruction {}", line->file, line->line, slot);
}

}  // namespace

std::expected<ebpf::Code, object::Error> decode(const object::Program& program) {
  auto code = ebpf::decode_program(program.slots);
  if (!code) {
    return std::unexpected(object::Error{.where = place(program, code.error().slot),
                                         .what = ebpf::describe(code.error()),
                                         .hint = "the bytecode is malformed: compile it anew"});
  }
  return std::move(*code);
}

std::expected<jit::Code, object::Error> compile(const object::Program& program,
                                                const ebpf::Code& code, const std::string& march) {
  const auto extensions = jit::parse_march(march);
  if (!extensions) {
    return std::unexpected(object::Error{.where = "--march " + march,
                                         .what = "not a set of RV64 extensions zext knows",
                                         .hint = "for example rv64imac or rv64gc_zba_zbb_zbs"});
  }
  jit::Options options;
  options.extensions = *extensions;
  auto compiled = jit::compile(code, options);
  if (!compiled) {
    return std::unexpected(object::Error{.where = place(program, compiled.error().pc),
                                         .what = jit::describe(compiled.error()),
                                         .hint = "--on interpreter runs what the JIT cannot"});
  }
  return std::move(*compiled);
}

}  // namespace zext::cli
