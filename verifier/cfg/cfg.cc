#include "verifier/cfg/cfg.h"

#include <algorithm>

#include "verifier/cfg/order.h"

namespace zext::verifier {
namespace {

using ebpf::Instruction;
using ebpf::Kind;

constexpr uint16_t kAll = 0x7ff;
constexpr uint16_t kArguments = 0x03e;  // r1 to r5
constexpr uint16_t kCallerSaved = 0x03f;

constexpr uint16_t bit(ebpf::Reg reg) { return static_cast<uint16_t>(1u << reg); }

bool ends_block(Kind kind) {
  return kind == Kind::kJump || kind == Kind::kJa || kind == Kind::kGotol ||
         kind == Kind::kMayGoto || kind == Kind::kExit;
}

// Where execution may go from the instruction at pc, inside its function: the target first.
struct Ways {
  std::array<uint32_t, 2> pcs = {};
  uint8_t count = 0;
};

Ways ways(const ebpf::Code& code, uint32_t pc) {
  const Kind kind = code.insns[pc].row().kind;
  Ways result;
  if (kind == Kind::kJump || kind == Kind::kJa || kind == Kind::kGotol || kind == Kind::kMayGoto) {
    result.pcs[result.count++] = *code.target(pc);
  }
  const bool falls = kind != Kind::kJa && kind != Kind::kGotol && kind != Kind::kExit;
  if (falls && !(result.count == 1 && result.pcs[0] == code.next(pc))) {
    result.pcs[result.count++] = code.next(pc);
  }
  return result;
}

std::vector<uint8_t> reachable_from_entries(const ebpf::Code& code) {
  std::vector<uint8_t> reached(code.size(), 0);
  std::vector<uint32_t> work(code.functions);
  while (!work.empty()) {
    const uint32_t pc = work.back();
    work.pop_back();
    if (reached[pc]) continue;
    reached[pc] = 1;
    const Ways next = ways(code, pc);
    for (uint8_t i = 0; i < next.count; ++i) work.push_back(next.pcs[i]);
  }
  return reached;
}

// Ways into each instruction, at most 2 counted; entries of functions have one from outside.
std::vector<uint8_t> count_ways_in(const ebpf::Code& code, const std::vector<uint8_t>& reached) {
  std::vector<uint8_t> count(code.size(), 0);
  const auto add = [&](uint32_t pc) { count[pc] = static_cast<uint8_t>(count[pc] == 0 ? 1 : 2); };
  for (const uint32_t entry : code.functions) add(entry);
  for (uint32_t pc = 0; pc < code.size(); pc = code.next(pc)) {
    if (!reached[pc]) continue;
    const Ways next = ways(code, pc);
    for (uint8_t i = 0; i < next.count; ++i) add(next.pcs[i]);
  }
  return count;
}

// Whether the instruction calls a helper that calls functions of the program before it returns.
bool calls_back(const Instruction<>& insn, const Platform* platform) {
  if (platform == nullptr || insn.row().kind != Kind::kCallHelper) return false;
  const Helper* helper = platform->helper(static_cast<uint32_t>(insn.imm.value()));
  if (helper == nullptr) return false;
  return std::any_of(helper->arguments.begin(), helper->arguments.end(), [](const Argument& a) {
    return a.kind == ArgumentKind::kFunction && a.callback != Callback::kTimer;
  });
}

void split_into_blocks(const ebpf::Code& code, const Platform* platform, Cfg& cfg) {
  const std::vector<uint8_t> reached = reachable_from_entries(code);
  cfg.unreachable = code.size();
  const std::vector<uint8_t> ways_in = count_ways_in(code, reached);
  cfg.starts.assign(code.size(), Cfg::kNoBlock);
  cfg.owners.assign(code.size(), Cfg::kNoBlock);
  std::vector<uint8_t> leader(code.size(), 0);
  for (const uint32_t entry : code.functions) leader[entry] = 1;
  for (uint32_t pc = 0; pc < code.size(); pc = code.next(pc)) {
    if (!reached[pc]) continue;
    const bool rounds = calls_back(code.insns[pc], platform);
    if (rounds) leader[pc] = 1;
    if (!rounds && !ends_block(code.insns[pc].row().kind)) continue;
    const Ways next = ways(code, pc);
    for (uint8_t i = 0; i < next.count; ++i) leader[next.pcs[i]] = 1;
  }
  for (uint32_t pc = 0; pc < code.size(); pc = code.next(pc)) {
    if (!reached[pc]) {
      cfg.unreachable = std::min(cfg.unreachable, pc);
      continue;
    }
    if (leader[pc]) {
      cfg.starts[pc] = static_cast<uint32_t>(cfg.blocks.size());
      cfg.blocks.push_back({.first = pc,
                            .join = ways_in[pc] > 1,
                            .calls_back = calls_back(code.insns[pc], platform)});
    }
    cfg.blocks.back().last = pc;
    cfg.owners[pc] = static_cast<uint32_t>(cfg.blocks.size()) - 1;
  }
  for (Block& block : cfg.blocks) {
    const Ways next = ways(code, block.last);
    for (uint8_t i = 0; i < next.count; ++i) {
      block.next[block.next_count++] = cfg.starts[next.pcs[i]];
    }
  }
}

uint16_t live_before(const ebpf::Code& code, const Platform* platform, const Block& block,
                     uint16_t live) {
  std::vector<uint32_t> pcs;
  for (uint32_t pc = block.first; pc <= block.last; pc = code.next(pc)) pcs.push_back(pc);
  for (size_t i = pcs.size(); i-- > 0;) {
    const Instruction<>& insn = code.insns[pcs[i]];
    live =
        static_cast<uint16_t>((live & ~registers_written(insn)) | registers_read(insn, platform));
  }
  return live;
}

// The usual backward equations; blocks wait in a list until nothing changes, at most eleven times
// each.
void find_live_registers(const ebpf::Code& code, const Platform* platform, Cfg& cfg) {
  std::vector<std::vector<uint32_t>> before(cfg.blocks.size());
  std::vector<uint32_t> work;
  std::vector<uint8_t> waiting(cfg.blocks.size(), 1);
  for (uint32_t b = 0; b < cfg.blocks.size(); ++b) {
    cfg.blocks[b].live = 0;
    work.push_back(b);
    for (const uint32_t next : cfg.blocks[b].successors()) before[next].push_back(b);
  }
  while (!work.empty()) {
    const uint32_t b = work.back();
    work.pop_back();
    waiting[b] = 0;
    uint16_t live = 0;
    for (const uint32_t next : cfg.blocks[b].successors()) live |= cfg.blocks[next].live;
    live = live_before(code, platform, cfg.blocks[b], live);
    if (live == cfg.blocks[b].live) continue;
    cfg.blocks[b].live = live;
    for (const uint32_t previous : before[b]) {
      if (waiting[previous]) continue;
      waiting[previous] = 1;
      work.push_back(previous);
    }
  }
}

// The registers that hold the arguments of a helper.
uint16_t arguments_of(const Instruction<>& insn, const Platform* platform) {
  const Helper* helper =
      platform == nullptr ? nullptr : platform->helper(static_cast<uint32_t>(insn.imm.value()));
  if (helper == nullptr) return kAll;
  uint16_t read = 0;
  for (unsigned i = 0; i < helper->arguments.size(); ++i) {
    if (helper->arguments[i].kind != ArgumentKind::kNone)
      read |= bit(static_cast<ebpf::Reg>(i + 1));
  }
  return read;
}

}  // namespace

uint16_t registers_read(const Instruction<>& insn, const Platform* platform) {
  const ebpf::Row& row = insn.row();
  const uint16_t dst = bit(insn.dst);
  const uint16_t src = row.source == ebpf::Source::kRegister ? bit(insn.src) : uint16_t{0};
  switch (row.kind) {
    case Kind::kAlu:
      return row.alu == ebpf::AluOp::kMov ? src : static_cast<uint16_t>(dst | src);
    case Kind::kNeg:
    case Kind::kEndian:
    case Kind::kStoreImm:
      return dst;
    case Kind::kMovsx:
    case Kind::kLoad:
    case Kind::kLoadSx:
    case Kind::kLoadAcquire:
      return bit(insn.src);
    case Kind::kStore:
    case Kind::kStoreRelease:
      return static_cast<uint16_t>(dst | bit(insn.src));
    case Kind::kAtomic:
      return static_cast<uint16_t>(dst | bit(insn.src) |
                                   (row.atomic == ebpf::AtomicOp::kCmpxchg ? 1u : 0u));
    case Kind::kJump:
      return static_cast<uint16_t>(dst | src);
    case Kind::kImm64:
    case Kind::kJa:
    case Kind::kGotol:
      return 0;
    case Kind::kCallLocal:
      return kArguments;
    case Kind::kExit:
      return 1;
    case Kind::kMayGoto:
      return 0;
    case Kind::kLoadAbs:
      return bit(6);
    case Kind::kLoadInd:
      return static_cast<uint16_t>(bit(6) | bit(insn.src));
    case Kind::kCallHelper:
      return arguments_of(insn, platform);
    case Kind::kCallBtf:
      return kArguments;
    case Kind::kCallx:
    case Kind::kAddrSpaceCast:
      return kAll;
  }
  return kAll;
}

uint16_t registers_written(const Instruction<>& insn) {
  const ebpf::Row& row = insn.row();
  switch (row.kind) {
    case Kind::kAlu:
    case Kind::kNeg:
    case Kind::kEndian:
    case Kind::kMovsx:
    case Kind::kLoad:
    case Kind::kLoadSx:
    case Kind::kLoadAcquire:
    case Kind::kImm64:
    case Kind::kAddrSpaceCast:
      return bit(insn.dst);
    case Kind::kAtomic:
      if (!row.fetch) return 0;
      return row.atomic == ebpf::AtomicOp::kCmpxchg ? uint16_t{1} : bit(insn.src);
    case Kind::kStore:
    case Kind::kStoreImm:
    case Kind::kStoreRelease:
    case Kind::kJump:
    case Kind::kJa:
    case Kind::kGotol:
    case Kind::kMayGoto:
    case Kind::kExit:
      return 0;
    case Kind::kLoadAbs:
    case Kind::kLoadInd:
    case Kind::kCallHelper:
    case Kind::kCallLocal:
    case Kind::kCallBtf:
    case Kind::kCallx:
      return kCallerSaved;
  }
  return 0;
}

Cfg Cfg::of(const ebpf::Code& code, const Platform* platform) {
  Cfg cfg;
  split_into_blocks(code, platform, cfg);
  std::vector<uint32_t> entries(code.functions);
  for (uint32_t& entry : entries) entry = cfg.starts[entry];
  cfg.complete = order_weakly(cfg.blocks, entries);
  find_live_registers(code, platform, cfg);
  // The rounds of a callback are a loop that the order does not see.
  for (Block& block : cfg.blocks) {
    if (!block.calls_back || block.head) continue;
    block.head = true;
    block.end = block.position + 1;
  }
  return cfg;
}

}  // namespace zext::verifier
