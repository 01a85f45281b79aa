// program_run for the tests of links/.
#include "kernel_shim/links/links_fixture.h"

namespace zext::shim {

uint64_t program_run(Kernel&, Program& program, Run& run) { return run_program(program, run); }

}  // namespace zext::shim
