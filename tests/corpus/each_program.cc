#include "tests/corpus/each_program.h"

#include "cli/pipeline.h"

namespace zext::corpus {

void each_program(const std::vector<uint8_t>& bytes,
                  const std::function<void(const Loaded& loaded)>& see) {
  const object::Object object = value_of(object::load(bytes));
  if (object.programs.empty()) throw std::runtime_error("no programs");
  for (const object::Program& program : object.programs) {
    const ebpf::Code code = value_of(cli::decode(program));
    see({.object = object, .program = program, .code = code});
  }
}

}  // namespace zext::corpus
