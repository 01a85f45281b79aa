// Observer: somebody who looks on while verify() explores a program, such as `zext verify --log`.
//
//   const Observer observer{.context = &log, .step = [](void* log, uint32_t pc, const State&)
//   {...}}; verify(subject, {.observer = &observer});
//
// Functions that are null are not called. A state is valid during the call only; state/state.h says
// what it means.
#pragma once

#include <cstdint>

namespace zext::verifier {

struct State;

struct Observer {
  void* context = nullptr;
  // Everything begins anew, with another strategy; counts from 1.
  void (*attempt)(void* context, uint32_t number) = nullptr;
  // A path begins, or goes on, at pc: from the instruction `from`, or `from` == pc at an entry.
  void (*path)(void* context, uint32_t from, uint32_t pc) = nullptr;
  // The instruction at pc is about to be executed in this state.
  void (*step)(void* context, uint32_t pc, const State& state) = nullptr;
  // The path ends here, since all that the state means is meant by one that was kept before.
  void (*covered)(void* context, uint32_t pc, const State& kept) = nullptr;
  // A loop's state at its head became this one, to stand for all rounds.
  void (*generalised)(void* context, uint32_t pc, const State& state) = nullptr;
  // A state became this one, to stand for another path's as well.
  void (*merged)(void* context, uint32_t pc, const State& state) = nullptr;
};

}  // namespace zext::verifier
