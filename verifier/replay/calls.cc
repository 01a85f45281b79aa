#include "verifier/replay/calls.h"

#include <algorithm>

namespace zext::verifier {
namespace {

using ebpf::Next;
using Kind = Place::Kind;

constexpr uint32_t kForEach = 164;
constexpr uint32_t kLoop = 181;

// The row of a helper: the platform's, or that of a helper which the platform does not allow.
const Helper* row_of(const Platform& platform, uint32_t number) {
  if (const Helper* row = platform.helper(number)) return row;
  const auto all = helpers();
  const auto found = std::ranges::find(all, number, &Helper::number);
  return found == all.end() ? nullptr : &*found;
}

const Kfunc* kfunc_of(const Subject& subject, int32_t number) {
  const auto all = subject.kernel_functions;
  const auto found = std::ranges::find(all, number, &KernelFunction::number);
  return found == all.end() || found->missing ? nullptr : find_kfunc(found->name);
}

// What is nearest to 0 in the row's range.
uint64_t usual_number(const Result& result) {
  if (result.kind != ResultKind::kNumber || result.low > result.high) return 0;
  return static_cast<uint64_t>(std::clamp<int64_t>(0, result.low, result.high));
}

}  // namespace

Calls::Calls(const Subject& subject, const Input& input, const ReplayOptions& options,
             Surroundings& around)
    : subject_(subject), input_(input), options_(options), around_(around) {
  for (uint32_t pc = 0; pc < subject.code.size(); pc = subject.code.next(pc)) {
    add(subject.code.insns[pc]);
  }
}

void Calls::add(const ebpf::Instruction<>& insn) {
  const bool btf = insn.row().kind == ebpf::Kind::kCallBtf;
  if ((!btf && insn.row().kind != ebpf::Kind::kCallHelper) || ebpf::is_tail_call(insn)) return;
  const auto number = static_cast<int32_t>(insn.imm.value());
  const auto same = [&](const ebpf::Helper& helper) {
    return helper.id == number && helper.btf == btf;
  };
  if (std::ranges::any_of(table_, same)) return;
  Callee callee{.calls = this};
  if (btf) {
    callee.kfunc = kfunc_of(subject_, number);
    if (callee.kfunc != nullptr) callee.row = &callee.kfunc->prototype;
  } else {
    callee.row = row_of(subject_.platform, static_cast<uint32_t>(number));
  }
  if (callee.row == nullptr) return;
  callees_.push_back(callee);
  ebpf::Helper helper{.id = number, .call = call, .context = &callees_.back(), .btf = btf};
  if (!btf && (callee.row->number == kForEach || callee.row->number == kLoop)) helper.next = next;
  table_.push_back(helper);
}

Store* Calls::map_among(const Helper& row, const ebpf::Arguments& arguments) {
  for (unsigned i = 0; i < arguments.size(); ++i) {
    if (row.arguments[i].kind == ArgumentKind::kMap) return around_.maps.find(arguments[i]);
  }
  return nullptr;
}

bool Calls::check(const CallArguments& call, ebpf::Memory& memory) {
  argument_ = stray_argument(call, subject_, memory, around_.maps, around_.scene);
  return argument_ == 0;
}

Calls::Returned Calls::call(void* context, ebpf::Memory& memory, const ebpf::Arguments& arguments) {
  const Callee& callee = *static_cast<Callee*>(context);
  Calls& self = *callee.calls;
  const CallArguments call{
      .row = *callee.row, .values = arguments, .map = self.map_among(*callee.row, arguments)};
  if (!self.check(call, memory)) return std::nullopt;
  Returned result = self.use_map(call, memory);
  if (!result) result = self.iterate(callee, call, memory);
  if (!result) result = self.answer(callee, call, memory);
  if (!self.around_.space.full()) return result;
  self.incomplete_ = "the run needs more memory than a replay has";
  return std::nullopt;
}

Next Calls::next(void* context, ebpf::Memory& memory, const ebpf::Arguments& arguments,
                 const ebpf::Rounds& rounds) {
  const Callee& callee = *static_cast<Callee*>(context);
  Calls& self = *callee.calls;
  Store* store = self.map_among(*callee.row, arguments);
  if (!self.check({.row = *callee.row, .values = arguments, .map = store}, memory)) return {};
  const Next next = callee.row->number == kLoop ? self.loop(arguments, rounds)
                                                : self.each_element(*store, arguments, rounds);
  if (!self.around_.space.full()) return next;
  self.incomplete_ = "the run needs more memory than a replay has";
  return {};
}

Calls::Returned Calls::answer(const Callee& callee, const CallArguments& call,
                              ebpf::Memory& memory) {
  const std::optional<Input::Call> found = next_answer(call);
  if (!found) return std::nullopt;
  fill(call, *found, memory);
  const uint64_t result = result_of(callee, call, *found);
  release(call);
  if (call.row.changes_packet || found->packet || found->meta) {
    const auto packet = around_.scene.packet();
    const auto meta = around_.scene.meta();
    around_.scene.move_packet(found->packet.value_or(Bytes(packet.begin(), packet.end())),
                              found->meta.value_or(Bytes(meta.begin(), meta.end())));
  }
  return result;
}

std::optional<Input::Call> Calls::next_answer(const CallArguments& call) {
  if (answered_ < input_.calls.size()) {
    const Input::Call& given = input_.calls[answered_];
    if (given.pc == pc_) {
      ++answered_;
      return given;
    }
    // Nothing depends on what such a one answers: a lock.
    const bool answers = call.row.result.kind != ResultKind::kNothing ||
                         std::ranges::any_of(call.row.arguments, &Argument::writes);
    if (answers) {
      incomplete_ = "slot " + std::to_string(pc_) + " calls " + call.row.name +
                    ", but the input's next answer is for slot " + std::to_string(given.pc);
      return std::nullopt;
    }
    return Input::Call{.pc = pc_};
  }
  if (options_.answer) {
    if (auto given = options_.answer(pc_, call.row, call.values)) return given;
  }
  return usual(call);
}

Input::Call Calls::usual(const CallArguments& call) const {
  Input::Call answer{.pc = pc_, .result = usual_number(call.row.result)};
  const ResultKind kind = call.row.result.kind;
  answer.points =
      kind != ResultKind::kNumber && kind != ResultKind::kNothing && !call.row.result.nullable;
  return answer;
}

uint64_t Calls::result_of(const Callee& callee, const CallArguments& call,
                          const Input::Call& answer) {
  if (!answer.points) return answer.result;
  const Result& wanted = call.row.result;
  Bytes bytes = answer.memory;
  const auto region = [&](uint64_t size, bool writable) {
    bytes.resize(std::min(size, uint64_t{UINT32_MAX}));
    return around_.space.add(Kind::kRegion, 0, std::move(bytes), writable);
  };
  switch (wanted.kind) {
    case ResultKind::kNumber:
    case ResultKind::kNothing:
      return region(bytes.size(), true);
    case ResultKind::kMapValue:
      return call.map == nullptr ? 0 : call.map->add_value(bytes);
    case ResultKind::kMemory:
    case ResultKind::kRecord:
    case ResultKind::kDynptrData:
      return region(call.result_bytes(), !wanted.read_only);
    case ResultKind::kStructure:
      return around_.objects.add_structure(wanted.structure, std::move(bytes));
    case ResultKind::kBtf: {
      const bool cast =
          callee.kfunc != nullptr && callee.kfunc->effect == KfuncEffect::kTypedObject;
      const uint32_t type =
          cast ? static_cast<uint32_t>(call.value(1)) : subject_.types.named(wanted.type_name);
      return around_.objects.add(type, std::move(bytes));
    }
    case ResultKind::kKptr:
      return around_.objects.add(kptr_type(call.value(0)), std::move(bytes));
    case ResultKind::kPerCpu: {
      const uint32_t index = place_of(call.value(0)).number;
      if (index >= subject_.variables.size()) return 0;
      const Parameter& value = subject_.variables[index].value;
      if (value.kind == Parameter::Kind::kObject) {
        return around_.objects.add(value.type, std::move(bytes));
      }
      return region(value.bytes, false);
    }
  }
  return 0;
}

// Of the objects that a field of a map's value leads to.
uint32_t Calls::kptr_type(uint64_t field) {
  const Place place = place_of(field);
  const Store* store = around_.maps.find(address_of(Kind::kMap, place.index));
  if (store == nullptr) return kNoType;
  const auto fields = store->map().fields;
  const auto found = std::ranges::find_if(
      fields, [&](const SpecialField& one) { return int64_t{one.offset} == place.offset; });
  return found == fields.end() ? kNoType : found->type;
}

// Memory that is only changed stays as it was unless the answer says otherwise.
void Calls::fill(const CallArguments& call, const Input::Call& answer, ebpf::Memory& memory) {
  for (unsigned i = 0; i < call.values.size(); ++i) {
    const uint64_t size = call.written(i) ? call.bytes(i) : 0;
    uint8_t* to = size != 0 ? memory.find_writable(call.value(i), size) : nullptr;
    if (to == nullptr) continue;
    if (call.kind(i).uninitialised) std::fill_n(to, size, uint8_t{0});
    for (const Input::Call::Fill& fill : answer.fills) {
      if (fill.reg != i + 1) continue;
      std::copy_n(fill.bytes.begin(), std::min<uint64_t>(size, fill.bytes.size()), to);
    }
  }
}

// What the program gives back is not for it to use any more. Kernel objects may be there for
// others, and loads of them are probed.
void Calls::release(const CallArguments& call) {
  for (unsigned i = 0; i < call.values.size(); ++i) {
    const Place place = place_of(call.value(i));
    const bool ends = place.kind == Kind::kRegion || place.kind == Kind::kStructure;
    if (call.kind(i).releases && ends) around_.space.remove(call.value(i));
  }
}

}  // namespace zext::verifier
