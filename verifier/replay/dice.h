// Dice: numbers from a seed, among them those that a program looks for.
//
//   Dice dice(7);
//   dice.learn(subject.code);
//   if (dice.once_in(4)) use(dice.number());
#pragma once

#include <cstdint>
#include <initializer_list>
#include <random>
#include <vector>

#include "isa/ebpf/decode.h"
#include "verifier/replay/space.h"

namespace zext::verifier {

class Dice {
 public:
  explicit Dice(uint64_t seed) : engine_(seed) {}

  uint64_t word() { return engine_(); }
  // Less than the limit, which is not 0.
  uint64_t below(uint64_t limit) { return engine_() % limit; }
  // Once in so many times.
  bool once_in(uint64_t times) { return below(times) == 0; }
  uint64_t one_of(std::initializer_list<uint64_t> all) { return all.begin()[below(all.size())]; }
  // From now on the constants that the program compares with are among the numbers, also with their
  // bytes swapped: what programs look for is in their inputs.
  void learn(const ebpf::Code& code);
  // One of those up to a limit; any number if there are none.
  uint64_t constant(uint64_t most = UINT64_MAX);
  // Any number, small ones and those near powers of two more often.
  uint64_t number();
  Bytes bytes(size_t count);

 private:
  std::mt19937_64 engine_;
  std::vector<uint64_t> constants_;
};

// Addresses and ports that packets have again and again, as tables would.
Bytes random_address(Dice& dice, size_t bytes);
uint16_t random_port(Dice& dice);

}  // namespace zext::verifier
