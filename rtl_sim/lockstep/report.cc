#include <cstdio>
#include <nlohmann/json.hpp>

#include "isa/rv64/decode.h"
#include "isa/rv64/disasm.h"
#include "isa/rv64/insn.h"
#include "rtl_sim/lockstep/lockstep.h"

namespace zext::rtl_sim::lockstep {
namespace {

using Json = nlohmann::ordered_json;

std::string hex(uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "%#lx", value);
  return value == 0 ? "0x0" : text;
}

// Supervisor mode's instructions are not in isa/rv64's table.
std::string disassembly(const Retirement& r) {
  const auto decoded = rv64::decode(r.insn);
  if (decoded) return rv64::disassemble(*decoded, r.pc);
  if (r.insn == 0x1020'0073) return "sret";
  if ((r.insn & 0xfe00'7fff) == 0x1200'0073) {
    return std::string("sfence.vma ") + rv64::kRegisterNames[r.insn >> 15 & 31] + ", " +
           rv64::kRegisterNames[r.insn >> 20 & 31];
  }
  return "(unknown)";
}

const char* letter(Mode mode) {
  switch (mode) {
    case Mode::kUser:
      return "U";
    case Mode::kSupervisor:
      return "S";
    case Mode::kMachine:
      return "M";
  }
  __builtin_unreachable();
}

// What one retirement did, in a line.
std::string line(const Retirement& r) {
  char head[96];
  std::snprintf(head, sizeof head, "%8lu %s %016lx  %08x  ", r.order, letter(r.mode), r.pc, r.insn);
  std::string text = head + disassembly(r);
  constexpr size_t kColumn = 64;
  if (text.size() < kColumn) text.resize(kColumn, ' ');
  if (r.interrupt) text += "  interrupt " + hex(r.cause);
  if (r.trap) text += "  trap " + hex(r.cause) + ", tval " + hex(r.tval);
  if (r.rd != 0) text += std::string("  ") + rv64::kRegisterNames[r.rd] + " = " + hex(r.rd_value);
  if (r.mem_rmask != 0) text += "  [" + hex(r.mem_addr) + "] is " + hex(r.mem_rdata);
  if (r.mem_wmask != 0) text += "  [" + hex(r.mem_addr) + "] = " + hex(r.mem_wdata);
  if ((r.mem_rmask | r.mem_wmask) != 0 && r.mem_addr != r.mem_paddr) {
    text += " at " + hex(r.mem_paddr);
  }
  if (r.csr_write) text += "  csr " + hex(r.csr) + " = " + hex(r.csr_value);
  text += "  -> " + hex(r.next_pc);
  return text;
}

// The field in words.
const char* words(Field field) {
  switch (field) {
    case Field::kPc:
      return "the address of the instruction";
    case Field::kMode:
      return "the privilege mode: U (0), S (1) or M (3)";
    case Field::kInsn:
      return "the instruction's bits";
    case Field::kTrap:
      return "whether it trapped (1) or followed an interrupt (2)";
    case Field::kCause:
      return "the cause of the trap";
    case Field::kTval:
      return "mtval or stval of the trap";
    case Field::kRd:
      return "the destination register";
    case Field::kRdValue:
      return "the value of the destination register";
    case Field::kMemoryKind:
      return "whether memory was read (1), written (2) or both (3)";
    case Field::kMemoryAddr:
      return "the address of the memory access";
    case Field::kMemoryPaddr:
      return "the physical address of the memory access";
    case Field::kMemorySize:
      return "the number of bytes accessed";
    case Field::kMemoryRead:
      return "the value read from memory";
    case Field::kMemoryWrite:
      return "the value written to memory";
    case Field::kCsrWrite:
      return "the CSR that was written";
    case Field::kCsrValue:
      return "the value of the CSR that was written";
    case Field::kNextPc:
      return "the address of the next instruction";
    case Field::kUnknownInsn:
      return "an instruction that is in no table";
    case Field::kCoreStuck:
      return "the core hangs";
    case Field::kQemuStuck:
      return "QEMU hangs";
    case Field::kFinalMemory:
      return "memory after the end";
  }
  __builtin_unreachable();
}

bool has_values(Field field) {
  return field != Field::kUnknownInsn && field != Field::kCoreStuck && field != Field::kQemuStuck;
}

const char* name(Report::Stop stop) {
  switch (stop) {
    case Report::Stop::kExited:
      return "exited";
    case Report::Stop::kHtifRequest:
      return "htif_request";
    case Report::Stop::kInstructionLimit:
      return "instruction_limit";
    case Report::Stop::kDiverged:
      return "diverged";
  }
  __builtin_unreachable();
}

// 64-bit values are hexadecimal strings: JSON's numbers lose bits in many readers.
Json json_of(const Retirement& r) {
  Json json{{"index", r.order},    {"pc", hex(r.pc)},        {"mode", letter(r.mode)},
            {"insn", hex(r.insn)}, {"text", disassembly(r)}, {"next_pc", hex(r.next_pc)}};
  if (r.trap || r.interrupt) {
    json["trap"] = {{"interrupt", r.interrupt}, {"cause", hex(r.cause)}, {"tval", hex(r.tval)}};
  }
  if (r.rd != 0) {
    json["rd"] = {{"register", rv64::kRegisterNames[r.rd]}, {"value", hex(r.rd_value)}};
  }
  if ((r.mem_rmask | r.mem_wmask) != 0) {
    json["memory"] = {{"address", hex(r.mem_addr)},
                      {"physical_address", hex(r.mem_paddr)},
                      {"bytes", __builtin_popcount(r.mem_rmask | r.mem_wmask)}};
    if (r.mem_rmask != 0) json["memory"]["read"] = hex(r.mem_rdata);
    if (r.mem_wmask != 0) json["memory"]["written"] = hex(r.mem_wdata);
  }
  if (r.csr_write) json["csr"] = {{"number", hex(r.csr)}, {"value", hex(r.csr_value)}};
  return json;
}

Json json_of(const std::vector<Retirement>& all) {
  Json json = Json::array();
  for (const Retirement& r : all) json.push_back(json_of(r));
  return json;
}

Json json_of(const Divergence& d) {
  Json json{{"index", d.index}, {"field", name(d.field)}};
  if (has_values(d.field)) {
    json["core"] = hex(d.core_value);
    json["qemu"] = hex(d.qemu_value);
  }
  if (d.field == Field::kFinalMemory) json["address"] = hex(d.address);
  if (!d.hint.empty()) json["hint"] = d.hint;
  json["core_history"] = json_of(d.core_history);
  json["qemu_history"] = json_of(d.qemu_history);
  return json;
}

}  // namespace

const char* name(Field field) {
  switch (field) {
    case Field::kPc:
      return "pc";
    case Field::kMode:
      return "mode";
    case Field::kInsn:
      return "insn";
    case Field::kTrap:
      return "trap";
    case Field::kCause:
      return "cause";
    case Field::kTval:
      return "tval";
    case Field::kRd:
      return "rd";
    case Field::kRdValue:
      return "rd_value";
    case Field::kMemoryKind:
      return "memory_kind";
    case Field::kMemoryAddr:
      return "memory_address";
    case Field::kMemoryPaddr:
      return "memory_physical_address";
    case Field::kMemorySize:
      return "memory_size";
    case Field::kMemoryRead:
      return "memory_read";
    case Field::kMemoryWrite:
      return "memory_write";
    case Field::kCsrWrite:
      return "csr_write";
    case Field::kCsrValue:
      return "csr_value";
    case Field::kNextPc:
      return "next_pc";
    case Field::kUnknownInsn:
      return "unknown_insn";
    case Field::kCoreStuck:
      return "core_stuck";
    case Field::kQemuStuck:
      return "qemu_stuck";
    case Field::kFinalMemory:
      return "final_memory";
  }
  __builtin_unreachable();
}

std::string text(const Divergence& d) {
  std::string text =
      "core and QEMU differ at instruction " + std::to_string(d.index) + ": " + words(d.field);
  if (d.field == Field::kFinalMemory) text += ", at " + hex(d.address);
  text += "\n";
  if (has_values(d.field)) {
    text += "  core: " + hex(d.core_value) + "\n  QEMU: " + hex(d.qemu_value) + "\n";
  }
  if (!d.hint.empty()) text += "  note: " + d.hint + "\n";
  text += "the core's last instructions\n";
  for (const Retirement& r : d.core_history) text += line(r) + "\n";
  text += "QEMU's last instructions\n";
  for (const Retirement& r : d.qemu_history) text += line(r) + "\n";
  return text;
}

std::string json(const Report& report) {
  Json json{{"stop", name(report.stop)},
            {"exit_code", report.exit_code},
            {"tohost", hex(report.tohost)},
            {"instructions", report.instructions},
            {"cycles", report.cycles},
            {"cpi", report.cpi()},
            {"seconds", report.seconds},
            {"instructions_per_second", report.instructions_per_second()},
            {"supplied_csr_reads", report.supplied_csr_reads},
            {"interrupts", report.interrupts},
            {"corrected_results", report.corrected_results}};
  if (report.divergence) json["divergence"] = json_of(*report.divergence);
  return json.dump(2);
}

}  // namespace zext::rtl_sim::lockstep
