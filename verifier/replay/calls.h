// Calls: what helpers and kernel functions do in a replay.
//
//   Calls calls(subject, input, options, around);
//   environment.helpers = calls.table();
//   ...
//   calls.set_pc(pc);                  // before each instruction
//   calls.argument()                   // after a fault: the one that was wrong
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "isa/ebpf/interpreter.h"
#include "verifier/platform/kfunc.h"
#include "verifier/replay/arguments.h"
#include "verifier/replay/maps.h"
#include "verifier/replay/replay.h"
#include "verifier/replay/scene.h"

namespace zext::verifier {

// All that a run has.
struct Surroundings {
  Surroundings(const Subject& subject, const Input& input)
      : space(memory),
        objects(subject, space),
        maps(subject, input, space, objects),
        scene(subject, input, space, objects) {}

  ebpf::Memory memory;
  Space space;
  Objects objects;
  Maps maps;
  Scene scene;
};

class Calls {
 public:
  Calls(const Subject& subject, const Input& input, const ReplayOptions& options,
        Surroundings& around);

  // One for each helper and kernel function that the program calls and somebody knows.
  std::span<const ebpf::Helper> table() const { return table_; }
  void set_pc(uint32_t pc, uint64_t frame_pointer) {
    pc_ = pc;
    frame_pointer_ = frame_pointer;
  }

  uint8_t argument() const { return argument_; }
  const std::string& incomplete() const { return incomplete_; }

 private:
  using Returned = std::optional<uint64_t>;
  struct Callee {
    Calls* calls = nullptr;
    const Helper* row = nullptr;
    const Kfunc* kfunc = nullptr;
  };

  void add(const ebpf::Instruction<>& insn);
  static Returned call(void* context, ebpf::Memory& memory, const ebpf::Arguments& arguments);
  static ebpf::Next next(void* context, ebpf::Memory& memory, const ebpf::Arguments& arguments,
                         const ebpf::Rounds& rounds);

  bool check(const CallArguments& call, ebpf::Memory& memory);
  Store* map_among(const Helper& row, const ebpf::Arguments& arguments);

  // Those that are computed; nothing where the row is another one.
  Returned use_map(const CallArguments& call, ebpf::Memory& memory);
  Returned iterate(const Callee& callee, const CallArguments& call, ebpf::Memory& memory);
  ebpf::Next loop(const ebpf::Arguments& arguments, const ebpf::Rounds& rounds) const;
  ebpf::Next each_element(Store& store, const ebpf::Arguments& arguments,
                          const ebpf::Rounds& rounds);

  // Those that are answered.
  Returned answer(const Callee& callee, const CallArguments& call, ebpf::Memory& memory);
  std::optional<Input::Call> next_answer(const CallArguments& call);
  Input::Call usual(const CallArguments& call) const;
  uint64_t result_of(const Callee& callee, const CallArguments& call, const Input::Call& answer);
  uint32_t kptr_type(uint64_t field);
  void fill(const CallArguments& call, const Input::Call& answer, ebpf::Memory& memory);
  void release(const CallArguments& call);

  const Subject& subject_;
  const Input& input_;
  const ReplayOptions& options_;
  Surroundings& around_;
  std::deque<Callee> callees_;
  std::vector<ebpf::Helper> table_;
  size_t answered_ = 0;
  uint32_t pc_ = 0;
  uint64_t frame_pointer_ = 0;
  uint8_t argument_ = 0;
  std::string incomplete_;
  // What each call of bpf_for_each_map_elem goes through, by the r10 of its frame.
  std::map<uint64_t, std::vector<Store::Element>> rounds_;
  std::map<uint64_t, uint64_t> numbers_;  // by an iterator's address, where its number is
};

}  // namespace zext::verifier
