#include "verifier/refine/search_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace zext::verifier {
namespace {

constexpr size_t kBytesInLine = 16;

std::string hex(std::span<const uint8_t> bytes, const char* between) {
  return fmt::format("{:02x}", fmt::join(bytes, between));
}

// Zeros at the end say little.
std::span<const uint8_t> without_zeros(std::span<const uint8_t> bytes) {
  while (!bytes.empty() && bytes.back() == 0) bytes = bytes.first(bytes.size() - 1);
  return bytes;
}

std::string dump(const std::string& what, std::span<const uint8_t> bytes) {
  std::string text = fmt::format("    {}: {} bytes\n", what, bytes.size());
  const auto shown = without_zeros(bytes);
  for (size_t at = 0; at < shown.size(); at += kBytesInLine) {
    const auto line = shown.subspan(at, std::min(kBytesInLine, shown.size() - at));
    text += fmt::format("      {:04x}  {}\n", at, hex(line, " "));
  }
  if (shown.size() < bytes.size()) text += "      then zeros\n";
  return text;
}

const char* callee_of(const Subject& subject, uint32_t pc) {
  const ebpf::Instruction<>& insn = subject.code.insns[pc];
  const auto number = static_cast<int32_t>(insn.imm.value());
  if (insn.row().kind == ebpf::Kind::kCallHelper) {
    const Helper* helper = subject.platform.helper(static_cast<uint32_t>(number));
    return helper != nullptr ? helper->name : "";
  }
  for (const KernelFunction& function : subject.kernel_functions) {
    if (function.number == number) return function.name;
  }
  return "";
}

std::string what_happens(const Counterexample& example) {
  switch (example.kind) {
    case Counterexample::Kind::kFaults:
      return "the interpreter stops there: " + ebpf::describe(*example.replay.fault);
    case Counterexample::Kind::kReaches:
      return fmt::format("the interpreter gets to instruction {} and breaks '{}'", example.pc,
                         demand_of(example.reason));
    case Counterexample::Kind::kEndless:
      return fmt::format("the interpreter was stopped after {} instructions",
                         example.replay.instructions);
  }
  return "";
}

std::string input_text(const Subject& subject, const Input& input) {
  std::string text;
  const Platform& platform = subject.platform;
  if (platform.packet_max > 0) text += dump("packet", input.packet);
  if (!input.meta.empty()) text += dump("metadata", input.meta);
  if (platform.entry == Entry::kMemory) text += dump("buffer", input.memory);
  if (!without_zeros(input.context).empty()) text += dump("context", input.context);
  for (size_t i = 0; i < input.arguments.size(); ++i) {
    text += fmt::format("    argument {}: {:#x}\n", i, input.arguments[i]);
  }
  for (const Input::Entry& entry : input.maps) {
    text += fmt::format("    map {}, key {}: {}\n", subject.maps[entry.map].name,
                        hex(entry.key, " "), hex(entry.value, " "));
  }
  for (const Input::Call& call : input.calls) {
    text += fmt::format("    {} at {} answers {}\n", callee_of(subject, call.pc), call.pc,
                        call.points ? "memory: " + hex(without_zeros(call.memory), " ")
                                    : fmt::format("{:#x}", call.result));
    for (const Input::Call::Fill& fill : call.fills) {
      text += fmt::format("      and writes to r{}: {}\n", fill.reg,
                          hex(without_zeros(fill.bytes), " "));
    }
  }
  return text;
}

nlohmann::json input_json(const Subject& subject, const Input& input) {
  nlohmann::json json{{"packet", hex(input.packet, "")},   {"meta", hex(input.meta, "")},
                      {"context", hex(input.context, "")}, {"memory", hex(input.memory, "")},
                      {"arguments", input.arguments},      {"maps", nlohmann::json::array()},
                      {"calls", nlohmann::json::array()}};
  for (const Input::Entry& entry : input.maps) {
    json["maps"].push_back({{"map", subject.maps[entry.map].name},
                            {"key", hex(entry.key, "")},
                            {"value", hex(entry.value, "")}});
  }
  for (const Input::Call& call : input.calls) {
    nlohmann::json answer{{"pc", call.pc}, {"function", callee_of(subject, call.pc)}};
    if (call.points) {
      answer["memory"] = hex(call.memory, "");
    } else {
      answer["result"] = call.result;
    }
    for (const Input::Call::Fill& fill : call.fills) {
      answer["fills"].push_back({{"register", fill.reg}, {"bytes", hex(fill.bytes, "")}});
    }
    json["calls"].push_back(std::move(answer));
  }
  return json;
}

const char* name_of(Counterexample::Kind kind) {
  switch (kind) {
    case Counterexample::Kind::kFaults:
      return "faults";
    case Counterexample::Kind::kReaches:
      return "reaches";
    case Counterexample::Kind::kEndless:
      return "endless";
  }
  return "";
}

}  // namespace

std::string search_text(const object::Program& /*program*/, const Subject& subject,
                        const Search& search) {
  if (search.found) {
    return fmt::format("  an input that breaks it, replayed: {}\n{}", what_happens(*search.found),
                       input_text(subject, search.found->input));
  }
  std::string text = "  not decided: Z3 found neither a proof nor an input that breaks it";
  if (search.unsupported) {
    return text + "; runs pass what only the domains know\n";
  }
  if (search.spent) return text + " in the time it had; --smt-budget gives it more\n";
  return text + fmt::format(" ({} tried)\n", search.examples);
}

std::string search_json(const Subject& subject, const Search& search) {
  nlohmann::json json{{"found", search.found.has_value()},
                      {"examples", search.examples},
                      {"queries", search.queries},
                      {"seconds", search.seconds},
                      {"spent", search.spent}};
  if (search.found) {
    json["kind"] = name_of(search.found->kind);
    json["reason"] = id_of(search.found->reason);
    json["pc"] = search.found->pc;
    json["what"] = what_happens(*search.found);
    json["input"] = input_json(subject, search.found->input);
  }
  return json.dump();
}

}  // namespace zext::verifier
