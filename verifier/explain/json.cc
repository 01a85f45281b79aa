// The verdict as data. docs/verifier.md has the fields.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "isa/ebpf/disasm.h"
#include "verifier/explain/explain.h"
#include "verifier/explain/path.h"
#include "verifier/explain/story.h"
#include "verifier/state/number.h"

namespace zext::verifier {
namespace {

nlohmann::json place_json(const object::Program& program, uint32_t pc) {
  nlohmann::json json{{"pc", pc}};
  if (const object::Line* line = object::line_at(program, pc)) {
    json["file"] = line->file;
    json["line"] = line->line;
    json["column"] = line->column;
    json["text"] = line->text;
  }
  if (const object::Function* function = object::function_at(program, pc)) {
    json["function"] = function->name;
  }
  return json;
}

const char* name_of(Type type) {
  switch (type) {
    case Type::kUninitialised:
      return "uninitialised";
    case Type::kNumber:
      return "number";
    case Type::kContext:
      return "context";
    case Type::kPacket:
      return "packet";
    case Type::kPacketEnd:
      return "packet-end";
    case Type::kPacketMeta:
      return "packet-meta";
    case Type::kStack:
      return "stack";
    case Type::kMemory:
      return "buffer";
    case Type::kMap:
      return "map";
    case Type::kMapKey:
      return "map-key";
    case Type::kMapValue:
      return "map-value";
    case Type::kRegion:
      return "memory";
    case Type::kStructure:
      return "structure";
    case Type::kObject:
      return "kernel-object";
    case Type::kPerCpu:
      return "per-cpu-variable";
    case Type::kTracepointBuffer:
      return "tracepoint-buffer";
    case Type::kFunction:
      return "function";
  }
  return "";
}

nlohmann::json state_json(const Story& story) {
  nlohmann::json all = nlohmann::json::array();
  const uint16_t relevant = relevant_registers(story);
  for (ebpf::Reg reg = 0; reg < ebpf::kRegisterCount; ++reg) {
    const RegisterFact& fact = story.rejection.registers[reg];
    nlohmann::json json{{"register", fmt::format("r{}", unsigned{reg})},
                        {"type", name_of(fact.type)},
                        {"text", describe(fact, &story.subject)},
                        {"relevant", (relevant >> reg & 1) != 0}};
    if (fact.type != Type::kUninitialised) {
      json["signed_min"] = signed_min(fact.value);
      json["signed_max"] = signed_max(fact.value);
      json["unsigned_min"] = unsigned_min(fact.value);
      json["unsigned_max"] = unsigned_max(fact.value);
      json["unknown_bits"] = unknown_bits(fact.value);
      json["nullable"] = fact.nullable;
    }
    if (fact.map != nullptr) json["map"] = fact.map->name;
    const uint32_t pc = story.rejection.origins[reg].pc;
    if (pc != kNowhere) json["written_at"] = place_json(story.program, pc);
    if (const std::string origin = origin_of(story, reg); !origin.empty()) json["origin"] = origin;
    all.push_back(json);
  }
  return all;
}

nlohmann::json access_json(const Access& access) {
  return {{"low", access.low},    {"high", access.high},   {"bytes", access.bytes},
          {"known", access.size}, {"write", access.write}, {"related", access.related}};
}

nlohmann::json rejection_json(const Story& story) {
  const Rejection& rejection = story.rejection;
  nlohmann::json json = place_json(story.program, rejection.pc);
  json["reason"] = id_of(rejection.reason);
  json["demand"] = demand_of(rejection.reason);
  json["message"] = message_of(story);
  if (const std::string hint = hint_of(story); !hint.empty()) json["hint"] = hint;
  if (story.instruction() != nullptr) {
    json["instruction"] = ebpf::disassemble(*story.instruction(), rejection.pc);
    const std::string callee = callee_name(story.program, story.subject, rejection.pc);
    if (!callee.empty()) json["callee"] = callee;
  }
  if (rejection.reg != kNoRegister) json["register"] = fmt::format("r{}", rejection.reg);
  json["access"] = access_json(rejection.access);
  json["registers"] = nlohmann::json::object();
  for (unsigned reg = 0; reg < ebpf::kRegisterCount; ++reg) {
    const RegisterFact& fact = rejection.registers[reg];
    if (fact.type != Type::kUninitialised) {
      json["registers"][fmt::format("r{}", reg)] = describe(fact, &story.subject);
    }
  }
  json["state"] = state_json(story);
  json["path"] = nlohmann::json::array();
  for (const Branch& branch : rejection.path) {
    nlohmann::json step = place_json(story.program, branch.pc);
    step["taken"] = branch.taken;
    json["path"].push_back(step);
  }
  json["calls"] = nlohmann::json::array();
  for (const uint32_t pc : rejection.calls) {
    json["calls"].push_back(place_json(story.program, pc));
  }
  return json;
}

const char* name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::kAccepted:
      return "accepted";
    case Outcome::kRejected:
      return "rejected";
    case Outcome::kResourceLimit:
      return "resource limit";
  }
  return "";
}

nlohmann::json invariants_json(const Subject& subject, const Verdict& verdict) {
  nlohmann::json all = nlohmann::json::array();
  for (uint32_t pc = 0; pc < verdict.invariants.size(); ++pc) {
    if (!verdict.invariants[pc].reachable) continue;
    nlohmann::json registers = nlohmann::json::object();
    for (unsigned reg = 0; reg < ebpf::kRegisterCount; ++reg) {
      const RegisterFact& fact = verdict.invariants[pc].registers[reg];
      if (fact.type == Type::kUninitialised) continue;
      registers[fmt::format("r{}", reg)] = describe(fact, &subject);
    }
    all.push_back({{"pc", pc}, {"registers", registers}});
  }
  return all;
}

}  // namespace

std::string explain_json(const object::Program& program, const Subject& subject,
                         const Verdict& verdict) {
  nlohmann::json json{{"program", program.name},
                      {"type", subject.platform.name},
                      {"outcome", name_of(verdict.outcome)}};
  const Statistics& statistics = verdict.statistics;
  json["statistics"] = {{"steps", statistics.steps},
                        {"peak_states", statistics.peak_states},
                        {"attempts", statistics.attempts},
                        {"widenings", statistics.widenings},
                        {"stack_bytes", statistics.stack_bytes}};
  if (!verdict.invariants.empty()) json["invariants"] = invariants_json(subject, verdict);
  if (verdict.outcome == Outcome::kRejected) {
    json["rejection"] = rejection_json({program, subject, verdict.rejection});
  } else if (verdict.outcome == Outcome::kResourceLimit) {
    json["where"] = place_json(program, verdict.rejection.pc);
  }
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string explain_json(const object::Program& program, const ebpf::Code& code,
                         const Verdict& verdict) {
  return explain_json(program, subject_of(program, code), verdict);
}

}  // namespace zext::verifier
