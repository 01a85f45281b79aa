#include "verifier/replay/replay.h"

#include <algorithm>

#include "verifier/replay/calls.h"

namespace zext::verifier {
namespace {

using ebpf::Registers;

constexpr size_t kLastSteps = 64;
constexpr uint32_t kProgramArray = 3;

class Runner {
 public:
  Runner(const Subject& subject, const Input& input, const ReplayOptions& options)
      : subject_(subject),
        options_(options),
        around_(subject, input),
        calls_(subject, input, options, around_) {}

  Replay run() {
    if (around_.space.full()) {
      replay_.incomplete = "the input is larger than a replay's memory";
      return replay_;
    }
    prepare();
    const auto result = ebpf::run(subject_.code, around_.memory,
                                  around_.scene.arguments(options_.start), environment_);
    if (result) {
      replay_.r0 = result->r0;
      replay_.instructions = result->instructions;
    } else {
      replay_.instructions = result.error().instructions;
      replay_.incomplete = calls_.incomplete();
      if (replay_.incomplete.empty()) replay_.fault = result.error();
      const bool failed = result.error().kind == ebpf::Fault::Kind::kHelperFailed;
      if (replay_.fault && failed) replay_.argument = calls_.argument();
    }
    std::ranges::rotate(replay_.last, replay_.last.begin() + static_cast<std::ptrdiff_t>(oldest_));
    return replay_;
  }

 private:
  void prepare() {
    place_variables();
    for (size_t i = 0; i < subject_.maps.size(); ++i) {
      if (subject_.maps[i].type != kProgramArray) continue;
      arrays_.push_back({.address = around_.maps.addresses()[i].map});
    }
    environment_.helpers = calls_.table();
    environment_.program_arrays = arrays_;
    environment_.limits.max_instructions = options_.max_instructions;
    environment_.addresses = {.maps = around_.maps.addresses(), .variables = variables_};
    environment_.start = options_.start;
    environment_.trace = {.step = &Runner::step, .context = this};
  }

  // Each as the instructions name it, with the module that they say.
  void place_variables() {
    const auto all = subject_.variables;
    for (uint32_t i = 0; i < all.size(); ++i) {
      const Parameter& value = all[i].value;
      const uint64_t address = address_of(Place::Kind::kVariable, 0, i);
      if (!all[i].per_cpu && value.kind == Parameter::Kind::kMemory) {
        around_.space.put(address, Bytes(value.bytes), false);
      }
    }
    for (uint32_t pc = 0; pc < subject_.code.size(); pc = subject_.code.next(pc)) {
      const ebpf::Instruction<>& insn = subject_.code.insns[pc];
      if (insn.op != ebpf::Op::kLoadVariable) continue;
      const auto number = static_cast<int32_t>(insn.imm.value());
      const auto found = std::ranges::find(all, number, &KernelVariable::number);
      if (found == all.end()) continue;
      const auto module = static_cast<int32_t>(insn.imm.value() >> 32);
      variables_.push_back(
          {.btf_id = number,
           .module_fd = module,
           .address = address_for(*found, static_cast<uint32_t>(found - all.begin()))});
    }
  }

  static uint64_t address_for(const KernelVariable& variable, uint32_t index) {
    if (variable.missing) return 0;
    if (!variable.per_cpu && variable.value.kind == Parameter::Kind::kObject) {
      return Objects::shared(variable.value.type);
    }
    return address_of(Place::Kind::kVariable, 0, index);
  }

  static void step(void* context, uint32_t pc, const Registers& registers) {
    static_cast<Runner*>(context)->before(pc, registers);
  }

  void before(uint32_t pc, const Registers& registers) {
    record(pc, registers);
    calls_.set_pc(pc, registers[ebpf::kFramePointer]);
    prepare_load(pc, registers);
    if (!options_.step) return;
    Scene& scene = around_.scene;
    options_.step({.pc = pc,
                   .registers = registers,
                   .memory = around_.memory,
                   .data = scene.data(),
                   .data_meta = scene.data() - scene.meta().size()});
  }

  void record(uint32_t pc, const Registers& registers) {
    if (replay_.last.size() < kLastSteps) {
      replay_.last.push_back({.pc = pc, .registers = registers});
      return;
    }
    replay_.last[oldest_] = {.pc = pc, .registers = registers};
    oldest_ = (oldest_ + 1) % kLastSteps;
  }

  // The packet may have moved; objects are made when they are read, and loads of them are probed.
  void prepare_load(uint32_t pc, const Registers& registers) {
    const ebpf::Instruction<>& insn = subject_.code.insns[pc];
    switch (insn.row().kind) {
      case ebpf::Kind::kLoadAbs:
      case ebpf::Kind::kLoadInd:
        if (subject_.platform.packet_loads) environment_.packet = around_.scene.packet();
        return;
      case ebpf::Kind::kLoad:
      case ebpf::Kind::kLoadSx:
        break;
      default:
        return;
    }
    const uint64_t address = registers[insn.src] + static_cast<uint64_t>(int64_t{insn.offset});
    environment_.probes = options_.probes;
    if (place_of(address).kind != Place::Kind::kObject) return;
    around_.objects.back(address);
    probed_ = pc;
    environment_.probes = {&probed_, 1};
  }

  const Subject& subject_;
  const ReplayOptions& options_;
  Surroundings around_;
  Calls calls_;
  ebpf::Environment environment_;
  std::vector<ebpf::ProgramArray> arrays_;
  std::vector<ebpf::VariableAddress> variables_;
  uint32_t probed_ = 0;
  size_t oldest_ = 0;
  Replay replay_;
};

}  // namespace

uint32_t Moment::frames() const {
  const uint64_t below = ebpf::kDefaultStackTop - registers[ebpf::kFramePointer];
  return static_cast<uint32_t>(below / ebpf::kFrameStride) + 1;
}

std::span<const uint8_t> Moment::stack(uint32_t frame) const {
  const uint8_t* bytes =
      memory.find_readable(frame_address(frame) - ebpf::kStackSize, ebpf::kStackSize);
  return bytes == nullptr ? std::span<const uint8_t>() : std::span(bytes, ebpf::kStackSize);
}

Replay run(const Subject& subject, const Input& input, const ReplayOptions& options) {
  if (subject.maps.size() > kPlaceIndices) {
    Replay replay;
    replay.incomplete = "the program has more maps than a replay has places for";
    return replay;
  }
  return Runner(subject, input, options).run();
}

}  // namespace zext::verifier
