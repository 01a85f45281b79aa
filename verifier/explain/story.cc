#include "verifier/explain/story.h"

#include <fmt/format.h>

#include <algorithm>

#include "isa/ebpf/disasm.h"
#include "verifier/explain/explain.h"
#include "verifier/state/number.h"

namespace zext::verifier {
namespace {

// The name of what the instruction calls or takes the address of; empty where there is none.
std::string named_by(const object::Program& program, const Subject& subject, uint32_t pc) {
  const std::string callee = callee_name(program, subject, pc);
  if (!callee.empty()) return callee.starts_with("helper ") ? "" : callee;
  const ebpf::Op op = subject.code.insns[pc].op;
  const bool by_index = op == ebpf::Op::kLoadMapIdx || op == ebpf::Op::kLoadMapValueIdx;
  const bool value = op == ebpf::Op::kLoadMapValueFd || op == ebpf::Op::kLoadMapValueIdx;
  if (!by_index && !value && op != ebpf::Op::kLoadMapFd) return "";
  const auto number = static_cast<int32_t>(subject.code.insns[pc].imm.value());
  for (const Map& map : subject.maps) {
    if (map.number != number || map.by_index != by_index || map.name[0] == 0) continue;
    return fmt::format("{}map '{}'", value ? "value of " : "", map.name);
  }
  return "";
}

}  // namespace

const ebpf::Instruction<>* Story::instruction() const {
  const ebpf::Code& code = subject.code;
  return rejection.pc < code.size() ? &code.insns[rejection.pc] : nullptr;
}

std::string place(const object::Program& program, uint32_t pc) {
  if (const object::Line* line = object::line_at(program, pc)) {
    return fmt::format("{}:{}:{}", line->file, line->line, line->column);
  }
  const object::Function* function = object::function_at(program, pc);
  const std::string& name = function != nullptr ? function->name : program.name;
  return fmt::format("{}:{}", name, pc);
}

std::string base_name(const std::string& file) { return file.substr(file.rfind('/') + 1); }

std::string short_place(const object::Program& program, uint32_t pc) {
  if (const object::Line* line = object::line_at(program, pc)) {
    return fmt::format("{}:{}", base_name(line->file), line->line);
  }
  return fmt::format("instruction {}", pc);
}

std::string instruction_text(const object::Program& program, const Subject& subject, uint32_t pc) {
  std::string text = ebpf::disassemble(subject.code.insns[pc], pc);
  std::ranges::replace(text, '\t', ' ');
  const std::string name = named_by(program, subject, pc);
  return name.empty() ? text : fmt::format("{} ({})", text, name);
}

const Helper* kernel_function(uint32_t number) {
  if (number < kFirstKfunc || number - kFirstKfunc >= kfuncs().size()) return nullptr;
  return &kfuncs()[number - kFirstKfunc].prototype;
}

std::string helper_name(const Subject& subject, uint32_t number) {
  if (const Helper* function = kernel_function(number)) return function->name;
  const Helper* own = subject.platform.helper(number);
  if (own != nullptr) return fmt::format("bpf_{}", own->name);
  const auto all = helpers();
  const auto row =
      std::ranges::find_if(all, [&](const Helper& helper) { return helper.number == number; });
  return row == all.end() ? fmt::format("helper {}", number) : fmt::format("bpf_{}", row->name);
}

std::string function_name(const object::Program& program, uint32_t entry) {
  const object::Function* function = object::function_at(program, entry);
  if (function != nullptr && function->first_slot == entry) return function->name + "()";
  return fmt::format("the function at {}", entry);
}

std::string callee_name(const object::Program& program, const Subject& subject, uint32_t pc) {
  const ebpf::Instruction<>& insn = subject.code.insns[pc];
  if (insn.row().kind == ebpf::Kind::kCallHelper) {
    return helper_name(subject, static_cast<uint32_t>(insn.imm.value()));
  }
  if (insn.row().kind == ebpf::Kind::kCallBtf) {
    const auto number = static_cast<int32_t>(insn.imm.value());
    const auto called =
        std::ranges::find(subject.kernel_functions, number, &KernelFunction::number);
    return called == subject.kernel_functions.end() ? "" : called->name;
  }
  const bool names =
      insn.row().kind == ebpf::Kind::kCallLocal || insn.op == ebpf::Op::kLoadFunction;
  // Both are relative, LoadFunction in the low half of its immediate.
  const uint32_t entry = pc + 1 + static_cast<uint32_t>(insn.imm.value());
  return names ? function_name(program, entry) : "";
}

std::string structure_name(const Subject& subject, const RegisterFact& fact) {
  if (fact.type != Type::kStructure) return fmt::format("{}'s context", subject.platform.name);
  const char* name = subject.platform.structure(static_cast<StructureId>(fact.structure)).name;
  return name == nullptr ? "the structure" : fmt::format("struct {}", name);
}

std::span<const Field> fields_of(const Subject& subject, const RegisterFact& fact) {
  if (fact.type == Type::kContext) return subject.platform.context;
  if (fact.type != Type::kStructure) return {};
  return subject.platform.structure(static_cast<StructureId>(fact.structure)).fields;
}

std::string held_text(const RegisterFact& fact, const Subject& subject) {
  const std::string text = describe(fact, &subject);
  switch (fact.type) {
    case Type::kNumber:
      if (text.starts_with("any")) return text;
      return (is_constant(fact.value) ? "the " : "a ") + text;
    case Type::kUninitialised:
      return "nothing";
    case Type::kMapKey:
    case Type::kMapValue:
    case Type::kStructure:
      return "a " + text;
    case Type::kContext:
    case Type::kPacket:
    case Type::kPacketEnd:
    case Type::kPacketMeta:
    case Type::kStack:
    case Type::kMemory:
    case Type::kObject:
    case Type::kPerCpu:
    case Type::kTracepointBuffer:
    case Type::kFunction:
      return "the " + text;
    case Type::kMap:
    case Type::kRegion:
      return text;
  }
  return text;
}

std::string count_bytes(int64_t count) {
  return fmt::format("{} byte{}", count, count == 1 ? "" : "s");
}

std::string range_text(int64_t low, int64_t high) {
  return low == high ? fmt::format("{}", low) : fmt::format("{}..{}", low, high);
}

std::string noun(Type type) {
  switch (type) {
    case Type::kUninitialised:
      return "nothing";
    case Type::kNumber:
      return "a number";
    case Type::kContext:
      return "the context's address";
    case Type::kPacket:
      return "an address in the packet";
    case Type::kPacketEnd:
      return "the packet's end";
    case Type::kPacketMeta:
      return "an address in the packet's metadata";
    case Type::kStack:
      return "an address on the stack";
    case Type::kMemory:
      return "an address in the buffer";
    case Type::kMap:
      return "a map";
    case Type::kMapKey:
      return "an address in a map's key";
    case Type::kMapValue:
      return "an address in a map's value";
    case Type::kRegion:
      return "an address in memory of a known size";
    case Type::kStructure:
      return "the address of a structure of the kernel";
    case Type::kObject:
      return "the address of a kernel object";
    case Type::kPerCpu:
      return "the address of a per-CPU variable";
    case Type::kTracepointBuffer:
      return "an address in the tracepoint's buffer";
    case Type::kFunction:
      return "a function's address";
  }
  return "";
}

}  // namespace zext::verifier
