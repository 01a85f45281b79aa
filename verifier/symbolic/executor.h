// Executor: one instruction of the concrete machine (RFC 9669, platform/'s tables), on words that
// may be symbolic.
//
//   Executor executor(rules, solver);
//   const auto ways = executor.step(machine);        // the obligations asked of the solver
//   for (const Way& way : *ways) if (solver.possible(way.condition) != Possible::kNo) ...
//
// What is read from elsewhere than the stack is any number, each time: others may write there.
// With remember_memory(), it is what was there, and the machine's history says what that was: for
// inputs that break a program.
#pragma once

#include <expected>
#include <functional>
#include <span>
#include <vector>

#include "verifier/symbolic/machine.h"

namespace zext::verifier::symbolic {

using Checked = std::expected<void, Violation>;

// A way on from an instruction, which it takes if the condition holds.
struct Way {
  Machine machine;
  Truth condition = true;
  // Of conditional jumps, may_goto, calls with callbacks, tail calls and LD_ABS, whether this is
  // the way taken (refiner.h's decisions).
  std::optional<bool> taken;
};

// A function that runs on its own, beside the program.
struct Root {
  uint32_t entry = 0;
  Role role = Role::kProgram;
  const Map* map = nullptr;  // kDeferred: the timer's
  friend bool operator==(const Root&, const Root&) = default;
};

class Executor {
 public:
  // Numbers that steps give to things: above those that are there at the beginning, below those of
  // things at fixed addresses, which begin at 2^31.
  static constexpr uint32_t kFirstObject = uint32_t{1} << 28;

  Executor(const Rules& rules, Solver& solver) : rules_(rules), solver_(solver) {}

  // The machine as it is before the first instruction of a root.
  Machine entry(const Root& root);

  // What the instruction at machine.pc makes of it; no way if the program ends there. At least the
  // first obligation that cannot be shown is the error; the machine is then of no use.
  std::expected<std::vector<Way>, Violation> step(Machine machine);

  // Functions whose address or prototype steps have used.
  const std::vector<Root>& roots() const { return roots_; }

  // What is done with obligations: they are shown; taken to have been shown, to follow a path that
  // is known to be safe; or made facts, to follow runs that break none.
  enum class Obligations : uint8_t { kShow, kTrust, kAssume };
  void set_obligations(Obligations obligations) { obligations_ = obligations; }

  // From now on nobody but the program writes to memory.
  void remember_memory() { remembers_ = true; }

  // Bytes of a frame's stack as a word, for whoever compares them; none if they must not be read.
  std::optional<Word> read_stack(const Frame& frame, uint32_t at, uint32_t bytes) const;
  void write_stack(Frame& frame, uint32_t at, uint32_t bytes, const Word& word);
  // Some number in each byte.
  void fill_stack(Frame& frame, uint32_t at, uint32_t bytes);

  const Rules& rules() const { return rules_; }
  Solver& solver() { return solver_; }

 private:
  using Insn = ebpf::Instruction<>;
  using Ways = std::expected<std::vector<Way>, Violation>;

  // An access to memory at pointer + offset.
  struct Access {
    const Word* pointer = nullptr;
    uint8_t reg = 0;
    Term offset;  // of the first byte, from the region's origin
    Term bytes;
    uint32_t most = 0;  // bytes at most
    bool write = false;
    bool atomic = false;
    bool helper = false;
  };
  struct Written {
    Access access;
    bool fills = false;
  };
  struct Call {
    const Helper* helper = nullptr;
    const Map* map = nullptr;
    bool inner_map = false;
    const Map* value_map = nullptr;
    uint32_t locked = 0;
    uint32_t released = 0;
    Word cast;
    Word variable;
    std::optional<Term> size;
    uint32_t memory_bytes = 0;
    bool there = false;  // an array's element, whose index is in range
    uint32_t function = 0;
    Callback callback = Callback::kNone;
    std::vector<Written> written;
  };

  // step.cc
  Ways jump(Machine machine, const Insn& insn);
  Ways call_local(Machine machine, const Insn& insn);
  Ways call_global(Machine machine, const Function& function);
  Ways may_goto(Machine machine, const Insn& insn);
  Word packet_word(Way& way, const Insn& insn);
  Ways load_packet(Machine machine, const Insn& insn);
  Ways exit(Machine machine);
  Checked alu(Machine& machine, const Insn& insn);
  Term calculate(const Insn& insn, const Term& dst, const Term& src);
  Term multiply(const Insn& insn, const Term& a, const Term& b);
  Term divide_by_constant(ebpf::AluOp op, const Term& a, uint64_t c);
  Term divide(const Insn& insn, const Term& a, const Term& b);
  static bool same(const Term& a, const Term& b);
  Checked add_to_pointer(Machine& machine, const Insn& insn);
  Checked load_constant(Machine& machine, const Insn& insn);
  void enter(Machine& machine, uint32_t entry, uint32_t return_pc, Role role);
  void leave(Machine& machine);
  std::optional<std::pair<Term, Term>> places(const Machine& machine, const Word& a,
                                              const Word& b) const;
  // memory.cc
  Checked load(Machine& machine, const Insn& insn);
  Checked store(Machine& machine, const Insn& insn);
  Checked atomic(Machine& machine, const Insn& insn);
  Checked check_access(const Machine& machine, const Access& access);
  Checked check_fields(const Access& access, std::span<const Field> fields, Reason access_reason,
                       Reason write_reason);
  Checked check_map(const Access& access);
  Checked check_stack_read(const Machine& machine, const Access& access);
  std::expected<Word, Violation> read(Machine& machine, const Access& access);
  Word read_field(Machine& machine, const Field& field, const Access& access);
  Word read_constant(const Access& access);
  Word read_object(const Machine& machine, const Access& access);
  Checked write(Machine& machine, const Access& access, const Word& word);
  void overwrite(Machine& machine, const Access& access, bool fills);
  bool write_somewhere(Frame& frame, const Access& access, const Word& word);
  // history.cc
  void record(Machine& machine, const Event& event);
  Region region_of(const Machine& machine, const Word& pointer) const;
  Term place_of(const Machine& machine, const Access& access) const;
  Word remember(Machine& machine, const Access& access);
  void keep_bytes(Machine& machine, const Access& access, const Word& word);
  std::vector<Term> filled(Machine& machine, const Access& access);
  std::vector<Term> key_bytes(Machine& machine, const Word& pointer, uint32_t size);
  // arguments.cc
  std::expected<Call, Violation> check_call(const Machine& machine, const Helper& helper);
  Checked check_argument(const Machine& machine, Call& call, unsigned i);
  Checked check_memory(const Machine& machine, Call& call, unsigned i, const Term& bytes,
                       uint64_t most);
  Checked check_size(const Machine& machine, Call& call, unsigned i);
  Checked check_map_argument(const Machine& machine, Call& call, unsigned i);
  Checked check_map_key(const Machine& machine, Call& call, unsigned i);
  Checked check_map_value(const Machine& machine, Call& call, unsigned i);
  Checked check_field(const Word& word, Call& call, unsigned i, SpecialField::Kind kind);
  Checked check_string(const Machine& machine, const Word& word, unsigned i, const Call& call);
  bool begins_with(uint32_t type, uint32_t wanted) const;
  Trust trust_of(const Machine& machine, const Word& word) const;
  // call.cc
  Ways call_helper(Machine machine, const Insn& insn);
  Checked finish(Machine& machine, const Call& call);
  std::expected<Word, Violation> result_of(const Call& call);
  std::expected<Word, Violation> looked_up(const Call& call);
  void record_call(Machine& machine, const Call& call, const Word& result,
                   std::vector<Event::Fill> fills);
  bool call_back(Machine& machine, const Call& call, Truth& condition);
  Checked check_function(const Machine& machine, const Function& function);
  Word argument_of(const Parameter& parameter);
  bool changes_packet(uint32_t entry) const;
  void add_root(const Root& root);

  // Whether the truth follows; a violation if not.
  Checked require(const Truth& truth, Reason reason, uint8_t reg = 0xff);
  std::unexpected<Violation> violated(Reason reason, uint8_t reg = 0xff) const;
  std::unexpected<Violation> unsupported(const char* what) const;
  Checked initialised(const Machine& machine, ebpf::Reg reg) const;
  Checked no_leak(const Machine& machine, ebpf::Reg reg, Reason reason) const;
  Ways on(Machine machine, uint32_t pc);

  uint32_t fresh_object() { return kFirstObject + objects_++; }
  Word ended() { return rules_.privileged ? Word::of(solver_.fresh()) : Word(); }
  void invalidate_packet(Machine& machine);
  // Calls f(Word&) for every word that the machine holds.
  void each_word(Machine& machine, const std::function<void(Word&)>& f);
  struct Presence {
    Truth absent = true;
    Truth there = true;
  };
  Presence presence(const Machine& machine, uint32_t object) const;
  // The little-endian word of the bytes.
  static Term word_of(std::span<const Term> bytes);
  void decide_null(Machine& machine, uint32_t object, bool null);

  const Rules& rules_;
  Solver& solver_;
  struct Stored {
    Word word;
    uint8_t bytes = 0;
  };
  std::vector<Stored> stored_ = {{}};  // what Byte::stored names
  // Products of unknown words, of whatever path: what was said of them is taken back with it.
  struct Product {
    Term a;
    Term b;
    Term product;
    bool fits = false;
  };
  std::vector<Product> products_;
  std::vector<Root> roots_;
  uint32_t objects_ = 0;
  uint32_t pc_ = 0;  // of the instruction being executed
  Obligations obligations_ = Obligations::kShow;
  bool remembers_ = false;
};

}  // namespace zext::verifier::symbolic
