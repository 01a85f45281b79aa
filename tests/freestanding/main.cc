#include "isa/ebpf/semantics.h"
int main() { using namespace zext::ebpf; return compute(Instruction<>{.op = Op::kBe16}, zext::Bits<64>::of(0x1234), {}).value() == 0x3412 ? 0 : 1; }
