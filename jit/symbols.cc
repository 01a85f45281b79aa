#include "jit/symbols.h"

#include "jit/baseline/immediate.h"
#include "jit/baseline/symbol.h"

namespace zext::jit {

using W = Bits<64>;

// Instructions of the pair that address_from_here emits.
constexpr unsigned kPair = 2;

void load_address(Emitter<W>& emitter, Layout& layout, rv64::Reg rd, uint64_t address,
                  uint64_t text_address) {
  Emitter<W> constant(emitter.context);
  load_immediate(constant, rd, W::of(address));
  const W distance = W::of(address - text_address);
  if (text_address == 0 || constant.size() <= kPair ||
      !reached_from_text(distance, Layout::kMaxBytes)) {
    load_immediate(emitter, rd, W::of(address));
    return;
  }
  layout.code(emitter);
  emitter.clear();
  layout.address_outside(rd, distance.signed_value());
}

Error unresolved(uint32_t pc, const ebpf::AddressError& error) {
  const bool variable = error.kind == ebpf::AddressError::Kind::kUnknownVariable;
  return {.kind = variable ? Error::Kind::kUnknownVariable : Error::Kind::kUnknownMap,
          .pc = pc,
          .why = "its address is not in the table given to the compiler; add it there",
          .value = error.number,
          .address = error};
}

}  // namespace zext::jit
