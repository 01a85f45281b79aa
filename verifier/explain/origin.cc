// Where what a register holds comes from, and which registers matter.
#include <fmt/format.h>

#include <algorithm>

#include "verifier/cfg/cfg.h"
#include "verifier/explain/explain.h"
#include "verifier/explain/story.h"

namespace zext::verifier {
namespace {

using ebpf::Instruction;
using ebpf::Kind;

constexpr uint16_t bit(unsigned reg) { return static_cast<uint16_t>(1u << reg); }

bool is_move(const Instruction<>& insn) {
  const bool adds = insn.row().kind == Kind::kAlu &&
                    (insn.row().alu == ebpf::AluOp::kAdd || insn.row().alu == ebpf::AluOp::kSub);
  return adds && insn.row().width == 64;
}

// "moved at filter.c:36 by r3", "read at filter.c:31".
std::string made(const Story& story, const RegisterFact& fact, uint32_t pc) {
  const Instruction<>& insn = story.subject.code.insns[pc];
  const std::string at = short_place(story.program, pc);
  switch (insn.row().kind) {
    case Kind::kAlu:
      if (is_pointer(fact.type) && is_move(insn)) {
        return insn.row().source == ebpf::Source::kRegister
                   ? fmt::format("moved at {} by r{}", at, unsigned{insn.src})
                   : fmt::format("moved at {}", at);
      }
      if (insn.row().alu == ebpf::AluOp::kMov && insn.row().source == ebpf::Source::kImmediate) {
        return fmt::format("set at {}", at);
      }
      return fmt::format("computed at {}", at);
    case Kind::kNeg:
    case Kind::kMovsx:
    case Kind::kEndian:
    case Kind::kAddrSpaceCast:
      return fmt::format("computed at {}", at);
    case Kind::kLoad:
    case Kind::kLoadSx:
    case Kind::kLoadAcquire:
      return insn.src == ebpf::kFramePointer ? fmt::format("read from the stack at {}", at)
                                             : fmt::format("read at {}", at);
    case Kind::kAtomic:
      return fmt::format("read at {}", at);
    case Kind::kLoadAbs:
    case Kind::kLoadInd:
      return fmt::format("read from the packet at {}", at);
    case Kind::kImm64:
      return fmt::format("set at {}", at);
    case Kind::kCallHelper:
    case Kind::kCallLocal:
    case Kind::kCallBtf:
    case Kind::kCallx: {
      const std::string name = callee_name(story.program, story.subject, pc);
      const char* word = fact.type == Type::kUninitialised ? "used up by" : "from";
      return fmt::format("{} {} at {}", word, name.empty() ? "a call" : name, at);
    }
    case Kind::kStore:
    case Kind::kStoreImm:
    case Kind::kStoreRelease:
    case Kind::kJump:
    case Kind::kJa:
    case Kind::kGotol:
    case Kind::kMayGoto:
    case Kind::kExit:
      return "";  // write no register
  }
  return "";
}

bool compares(const Instruction<>& insn, ebpf::Reg reg) {
  if (insn.row().kind != Kind::kJump) return false;
  return insn.dst == reg || (insn.row().source == ebpf::Source::kRegister && insn.src == reg);
}

// The last comparison of the register since it was written, kNowhere where there is none.
uint32_t compared_at(const Story& story, ebpf::Reg reg) {
  const std::vector<Branch>& path = story.rejection.path;
  for (size_t i = path.size(); i > story.rejection.origins[reg].branches; --i) {
    if (compares(story.subject.code.insns[path[i - 1].pc], reg)) return path[i - 1].pc;
  }
  return kNowhere;
}

// Whether `reg` still holds what it held when `moved` was made from it.
bool unchanged_since(const Story& story, ebpf::Reg reg, ebpf::Reg moved) {
  const Origin& source = story.rejection.origins[reg];
  const Origin& result = story.rejection.origins[moved];
  if (source.branches != result.branches) return source.branches < result.branches;
  return source.pc == kNowhere || source.pc < result.pc;
}

// With the numbers by which a pointer was moved.
uint16_t with_operands(const Story& story, uint16_t registers) {
  uint16_t result = registers;
  for (ebpf::Reg reg = 0; reg < ebpf::kFramePointer; ++reg) {
    if ((registers & bit(reg)) == 0) continue;
    const uint32_t pc = story.rejection.origins[reg].pc;
    if (pc == kNowhere || pc >= story.subject.code.size()) continue;
    const Instruction<>& insn = story.subject.code.insns[pc];
    const bool by_register = is_move(insn) && insn.row().source == ebpf::Source::kRegister;
    if (by_register && unchanged_since(story, insn.src, reg)) {
      result = static_cast<uint16_t>(result | bit(insn.src));
    }
  }
  return result;
}

uint16_t holding(const Story& story, Type type) {
  uint16_t result = 0;
  for (ebpf::Reg reg = 0; reg < ebpf::kFramePointer; ++reg) {
    if (story.rejection.registers[reg].type == type) result |= bit(reg);
  }
  return result;
}

// What the loop's tests look at, as far as the path shows them.
uint16_t tested(const Story& story) {
  constexpr size_t kLast = 8;
  const std::vector<Branch>& path = story.rejection.path;
  uint16_t result = 0;
  for (size_t i = path.size() > kLast ? path.size() - kLast : 0; i < path.size(); ++i) {
    for (ebpf::Reg reg = 0; reg < ebpf::kFramePointer; ++reg) {
      if (compares(story.subject.code.insns[path[i].pc], reg)) result |= bit(reg);
    }
  }
  return result;
}

}  // namespace

std::string origin_of(const Story& story, ebpf::Reg reg) {
  const RegisterFact& fact = story.rejection.registers[reg];
  const uint32_t pc = story.rejection.origins[reg].pc;
  const bool here = pc != kNowhere && pc < story.subject.code.size();
  if (here && story.rejection.origins[reg].ended) {
    return fmt::format("an address until {} at {}", callee_name(story.program, story.subject, pc),
                       short_place(story.program, pc));
  }
  std::string text = here ? made(story, fact, pc) : "";
  if (fact.type == Type::kUninitialised) return text;
  if (!here && fact.type != Type::kStack) {
    text = story.rejection.calls.empty() ? "given to the program" : "given to the function";
  }
  if (const uint32_t compared = compared_at(story, reg); compared != kNowhere) {
    text += fmt::format("{}compared at {}", text.empty() ? "" : ", ",
                        short_place(story.program, compared));
  }
  return text;
}

uint16_t relevant_registers(const Story& story) {
  const Rejection& rejection = story.rejection;
  const Instruction<>* insn = story.instruction();
  uint16_t registers = insn == nullptr ? 0 : registers_read(*insn, &story.subject.platform);
  switch (rejection.reason) {
    case Reason::kPacketBounds:
      registers |= holding(story, Type::kPacketEnd);
      break;
    case Reason::kMetaBounds:
      registers |= holding(story, Type::kPacket);
      break;
    case Reason::kTermination:
      registers = tested(story);
      break;
    case Reason::kUnreachableCode:
    case Reason::kStackDepth:
    case Reason::kCallDepth:
    case Reason::kFramePointerWrite:
    case Reason::kUnknownHelper:
    case Reason::kHelperNotAllowed:
    case Reason::kLicenceNeeded:
    case Reason::kMayNotSleep:
    case Reason::kLockedCall:
    case Reason::kUnsupportedKernelFunction:
      return 0;
    default:
      break;
  }
  if (rejection.reg < ebpf::kRegisterCount) registers |= bit(rejection.reg);
  // Arguments after the one at fault were not looked at.
  const bool call = insn != nullptr &&
                    (insn->row().kind == Kind::kCallHelper || insn->row().kind == Kind::kCallLocal);
  if (call && rejection.reg <= 5) {
    registers &= static_cast<uint16_t>((2u << rejection.reg) - 1);
  }
  return with_operands(story, registers);
}

}  // namespace zext::verifier
