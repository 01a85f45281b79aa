#include "kernel_shim/engines/native/thunks.h"

#include <array>
#include <utility>

#include "kernel_shim/helpers/helper.h"
#include "kernel_shim/programs/context.h"

namespace zext::shim {
namespace {

Kernel* current_instance = nullptr;

using Thunk = uint64_t (*)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);

template <uint32_t kNumber>
uint64_t thunk(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5) {
  const Arguments arguments = {r1, r2, r3, r4, r5};
  return helper_function(kNumber)(*current_instance->cpu().run, arguments);
}

template <uint32_t... kNumbers>
constexpr std::array<Thunk, sizeof...(kNumbers)> make_thunks(
    std::integer_sequence<uint32_t, kNumbers...>) {
  return {thunk<kNumbers>...};
}
constexpr std::array<Thunk, kThunks> kTable =
    make_thunks(std::make_integer_sequence<uint32_t, kThunks>());

// Programs load so in types whose context is an SkbContext.
template <unsigned kBytes>
int64_t packet_load(void* context, int32_t offset) {
  const Run& run = *static_cast<const SkbContext*>(context)->run;
  const uint8_t* bytes = packet_bytes(run, offset, kBytes);
  if (bytes == nullptr) return -1;
  int64_t value = 0;
  for (unsigned i = 0; i < kBytes; ++i) value = value << 8 | bytes[i];
  return value;
}

}  // namespace

void set_instance(Kernel* kernel) { current_instance = kernel; }
Kernel* instance() { return current_instance; }

uint64_t thunk_address(uint32_t number) {
  if (number >= kThunks || helper_function(number) == nullptr) return 0;
  return reinterpret_cast<uint64_t>(kTable[number]);
}

jit::PacketLoads packet_load_addresses() {
  return {.load8 = reinterpret_cast<uint64_t>(&packet_load<1>),
          .load16 = reinterpret_cast<uint64_t>(&packet_load<2>),
          .load32 = reinterpret_cast<uint64_t>(&packet_load<4>)};
}

uint64_t call_text(Run& /*run*/, uint64_t function, const Arguments& arguments) {
  return reinterpret_cast<Thunk>(function)(arguments[0], arguments[1], arguments[2], arguments[3],
                                           arguments[4]);
}

}  // namespace zext::shim
