// Explorer: follows every path of a program over abstract states until nothing new is to be seen.
//
//   Explorer explorer(rules, cfg, demand, Strategy{.unroll = 2, .states_per_join = 8}, budget);
//   Verdict verdict = explorer.run();
//
// Paths are explored depth first. States are kept at joins and loop heads; a path ends where a kept
// state covers it. A loop is first unrolled; after Strategy::unroll rounds its state is generalised
// (generalise.h) until it covers what comes round. At a join with many kept states a further one is
// merged with one of them. So the exploration is finite, and the kept states are an invariant. The
// budget counts steps and states, and what they cost by the size of the states, so that a program
// with full stacks in eight frames gets no more time and memory than others.
//
// Termination of the program. A symbol's value never changes along a path. Suppose a run does not
// end: then it passes through some set of kept states infinitely often. Let R be the one of them
// kept first. Exploration being depth first, the others are R's descendants, and the states that
// close the cycles at R were covered by R while it was an ancestor: allowed only where R is a
// generalised loop head, whose round symbol t is matched by t + 1. Every other cover between
// descendants of R happened while R's stretch was open, so t and all symbols older than R had to
// match themselves. Hence t grows by one each time the run passes R. Some register or stack value
// is base + k * t with k != 0 and base over older symbols (required when the path ends at R), an
// equation over the integers whose left side is a 64-bit number: t is bounded. Contradiction. That
// the value's range gives at most 2^32 rounds is asked besides, lest the end be centuries away.
//
// The rounds of a helper's callback are such a loop as well: its head is the call, Frame::rounds
// counts up to what the helper was asked for. So is may_goto: State::goto_rounds counts down; and
// an open-coded iterator: StackObject::rounds does. Global
// functions and deferred callbacks are explored on their own, from what their prototypes say.
#pragma once

#include <span>
#include <vector>

#include "verifier/cfg/cfg.h"
#include "verifier/cfg/demand.h"
#include "verifier/fixpoint/cut_points.h"
#include "verifier/fixpoint/inclusion.h"
#include "verifier/fixpoint/provenance.h"
#include "verifier/fixpoint/tree.h"
#include "verifier/options.h"
#include "verifier/transfer/transfer.h"
#include "verifier/verdict.h"

namespace zext::verifier {

// How much to spend on precision.
inline constexpr uint32_t kUnlimited = ~uint32_t{0};
struct Strategy {
  uint32_t unroll = 2;           // rounds of a loop before it is generalised, or kUnlimited
  bool forgets = false;          // what numbers have to do with each other, where it hardly matters
  uint32_t states_per_join = 8;  // kept for one instruction before further ones are merged
};

class Explorer {
 public:
  Explorer(const Rules& rules, const Cfg& cfg, const Demand& demand, const Strategy& strategy,
           const Options& budget);

  Verdict run();

  // Whether a loop was generalised or paths were merged: if not, a rejection is final, because
  // another strategy would see the same states.
  bool approximated() const { return approximated_; }

 private:
  static constexpr uint32_t kNone = ~uint32_t{0};
  static constexpr size_t kUsualSize = 16;  // values in a state

  // A state kept for an instruction.
  struct Kept {
    State state;
    uint32_t pc = 0;
    uint32_t stretch = 0;
    Symbol round = kNoSymbol;
    uint32_t rounds = 0;     // arrivals at this loop head since it was entered
    uint32_t widenings = 0;  // of which generalised
    uint32_t loop = kNone;   // kept state at the head of the loop it is in
    uint32_t previous = kNone;
    uint32_t before = kNone;  // kept state that its path passed before it
    uint32_t trace = kNone;   // of its path
    bool exact = true;        // as the path brought it there: not generalised, nor merged
    bool own = false;  // stands for its path alone: what follows was shown by what came before
  };

  // A loop that the path is in.
  struct Loop {
    uint32_t pc = 0;
    uint32_t frames = 0;
    uint32_t kept = 0;
  };

  // A path under exploration, or one that waits.
  struct Path {
    State state;
    uint32_t pc = 0;
    uint32_t from = 0;  // pc of the instruction before, in the same function
    uint32_t stretch = 0;
    uint32_t trace = kNone;
    uint32_t kept = kNone;  // state kept last on it
    uint32_t root = 0;      // index in entries_, where there is a refiner
    std::vector<Loop> loops;
    Provenance provenance = {};
  };

  struct Trace {
    uint32_t previous = kNone;
    Branch branch;
  };

  // kAgain: the same instruction, of whose operands more is known.
  enum class Next : uint8_t { kGoOn, kEnded, kStopped, kAgain };

  Next advance(Path& path);
  Next execute(Path& path);
  Next jump(Path& path, const ebpf::Instruction<>& insn);
  bool mixes_pointers(const Path& path, const ebpf::Instruction<>& insn);
  void verify_later(State state);
  uint32_t traced(const Path& path, bool taken);
  void fork(Path& path, State state, uint32_t pc, bool taken);
  void wait(Path path);
  void enter_stretch(Path& path);
  static size_t size(const Path& path);
  bool spent();
  void record(const Path& path);
  Next reject(const Path& path, const Failure& failure);
  Next give_up(const Path& path);
  void tell(const Path& path);
  bool is_shown(const Branch& branch) const;
  void tell_cut_points();
  // arrive.cc
  Next arrive(Path& path, const Block& block);
  Next covered(Path& path, const Block& block);
  Next come_round(Path& path, const Block& block);
  void keep(Path& path, Kept kept);
  bool merge_with_kept(Path& path, uint16_t live);
  bool came_round(const Path& path, const Block& block) const;
  std::vector<Bits<64>> thresholds(const Block& head) const;
  uint16_t compared(const Block& head) const;
  static uint32_t innermost(const Path& path);
  // calls.cc
  Next call(Path& path, const ebpf::Instruction<>& insn);
  Next call_global(Path& path, const Function& function);
  Next call_helper(Path& path, const ebpf::Instruction<>& insn);
  Next call_kernel(Path& path, const ebpf::Instruction<>& insn);
  Next may_goto(Path& path);
  Next load_packet(Path& path, const ebpf::Instruction<>& insn);
  Next return_early(Path& path, State state);
  Next exit(Path& path);
  bool nest(const Path& path, uint32_t callee);
  bool changes_packet(uint32_t entry) const;
  // refine.cc
  Next execute_refining(Path& path);
  Next ask(const Path& path, const Failure& failure);
  Answer put_question(const Path& path, const Failure& failure);
  bool never(const Path& path);
  bool assume(const Answer& answer, uint32_t pc, const Failure& failure, State& state);
  bool assume_within(uint32_t pc, const Failure& failure, int64_t displacement, State& state);
  ebpf::Reg size_register(uint32_t pc, ebpf::Reg reg) const;
  // stack_depth.cc
  void measure_stack(const Path& path, const ebpf::Instruction<>& insn);
  void measure_stack(const Path& path, ebpf::Reg reg, int64_t offset);
  bool stack_fits();

  const Rules& rules_;
  const ebpf::Code& code_;
  const Cfg& cfg_;
  const Demand& demand_;
  const Strategy strategy_;
  const Options budget_;
  const Observer observer_;
  SymbolSource symbols_;
  Transfer transfer_;
  Tree tree_;
  std::vector<Path> waiting_;
  std::vector<State> later_;    // global functions and deferred callbacks, at their entries
  std::vector<State> entries_;  // where there is a refiner: those that were begun with
  // A function that is verified on its own, and as what; a timer's callback for the timer's map.
  struct Root {
    uint32_t entry = 0;
    Role role = Role::kProgram;
    const Map* map = nullptr;
    friend bool operator==(const Root&, const Root&) = default;
  };
  std::vector<Root> roots_;  // that were verified, or are in later_
  std::vector<Kept> kept_;
  std::vector<uint32_t> latest_;  // by block: the state kept last, then by Kept::previous
  std::vector<Cover> covers_;     // where somebody wants cut points
  std::vector<Trace> traces_;
  std::vector<uint32_t> depths_;  // by function: bytes of stack used
  struct Call {
    uint32_t caller = 0;
    uint32_t callee = 0;
    uint32_t pc = 0;
  };
  std::vector<Call> calls_;
  std::vector<uint32_t> tail_callers_;  // functions, not the program's own, that call bpf_tail_call
  std::vector<uint8_t> accessed_;       // by slot: what kind of fields an access was of
  std::vector<uint8_t> called_;         // by slot: whether that call is in calls_
  std::vector<uint32_t> by_position_;   // blocks in the weak topological order
  uint64_t work_ = 0;                   // values computed with, in sixteens
  uint64_t stored_ = 0;                 // values in kept_ and waiting_
  uint64_t asked_ = 0;                  // step at which the host was asked for the time
  bool expired_ = false;
  // The instruction being executed as it was to be first, where there is a refiner.
  struct Trial {
    State state;
    uint32_t trace = kNone;
    size_t waiting = 0;
    std::vector<Failure> asked;
    bool runs = false;
  };
  Trial trial_;
  bool approximated_ = false;
  Verdict verdict_;
};

}  // namespace zext::verifier
