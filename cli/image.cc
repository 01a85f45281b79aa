#include "cli/image.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "cli/packet.h"
#include "cli/probe_handler.h"
#include "cli/start_up.h"
#include "isa/rv64/insn.h"

namespace zext::cli {
namespace {

using rv64::Op;

// Tells the host that the run is over: a0 goes to tohost.
void stop(StartUp& code) {
  code.store(rv64::kA0, kTohost, rv64::kT0);
  code.add(Op::kJal, 0, 0, 0, 0);
}

constexpr uint64_t kTrapOffset = 0x400;  // of the trap handler, from the start

std::vector<uint8_t> trap_handler_after(StartUp code, size_t exceptions, uint64_t table) {
  while (code.here() < kStartAddress + kTrapOffset) code.add(Op::kAddi, 0, 0, 0, 0);
  if (exceptions != 0) add_probe_handler(code, table, exceptions);
  uint64_t record = kTrapRecord;
  for (const int64_t csr : {kMcause, kMepc, kMtval}) {
    code.add(Op::kCsrrs, rv64::kA0, 0, 0, csr);
    code.store(rv64::kA0, record, rv64::kT0);
    record += 8;
  }
  code.constant(rv64::kA0, kTrapExit << 1 | 1);
  stop(code);
  return code.bytes();
}

std::vector<uint8_t> start_up(uint64_t entry, const Setting& setting, size_t exceptions,
                              uint64_t table) {
  StartUp code(kStartAddress);
  code.address(rv64::kT0, kStartAddress + kTrapOffset);
  code.add(Op::kCsrrw, 0, rv64::kT0, 0, kMtvec);
  if (exceptions != 0) prepare_probe_handler(code);
  code.address(rv64::kSp, kStackTop);
  for (unsigned i = 0; i < setting.arguments.size(); ++i) {
    const auto reg = static_cast<uint8_t>(rv64::kA0 + i);
    const uint64_t value = setting.arguments[i];
    if (value >= kStartAddress) {
      code.address(reg, value);
    } else {
      code.constant(reg, value);
    }
  }
  code.address(rv64::kRa, entry);
  code.add(Op::kJalr, rv64::kRa, rv64::kRa, 0, 0);
  code.store(rv64::kA0, kResult, rv64::kT0);
  code.constant(rv64::kA0, 1);
  stop(code);
  return trap_handler_after(code, exceptions, table);
}

}  // namespace

rtl_sim::Image make_image(std::span<const uint8_t> text, uint32_t entry, const Setting& setting,
                          std::span<const jit::Exception> exceptions) {
  const uint64_t table = (kTextAddress + text.size() + 7) / 8 * 8;
  rtl_sim::Image image;
  image.entry = kStartAddress;
  image.tohost = kTohost;
  image.segments.push_back(
      {.address = kStartAddress,
       .bytes = start_up(kTextAddress + entry, setting, exceptions.size(), table),
       .size = 0,
       .executable = true});
  image.segments.push_back({.address = kMailboxAddress,
                            .bytes = std::vector<uint8_t>(kMailboxSize),
                            .size = 0,
                            .executable = false});
  for (const Region& region : setting.regions) {
    image.segments.push_back(
        {.address = region.address, .bytes = region.bytes, .size = 0, .executable = false});
  }
  image.segments.push_back({.address = kTextAddress,
                            .bytes = {text.begin(), text.end()},
                            .size = 0,
                            .executable = true});
  if (!exceptions.empty()) {
    image.segments.push_back(
        {.address = table, .bytes = table_in_memory(exceptions), .size = 0, .executable = false});
  }
  const auto put = [&](uint64_t address, const std::vector<rv64::Instruction<>>& body) {
    std::vector<uint8_t> bytes;
    for (const rv64::Instruction<>& insn : body) append(insn, bytes);
    image.segments.push_back(
        {.address = address, .bytes = std::move(bytes), .size = 0, .executable = true});
  };
  for (const Helper& helper : setting.helpers) put(helper.address, helper.body);
  if (setting.packet) {
    const Region& packet = setting.regions[*setting.packet];
    const jit::PacketLoads loads = packet_loads();
    put(loads.load8, packet_load(packet.address, packet.bytes.size(), 1));
    put(loads.load16, packet_load(packet.address, packet.bytes.size(), 2));
    put(loads.load32, packet_load(packet.address, packet.bytes.size(), 4));
  }
  return image;
}

}  // namespace zext::cli
