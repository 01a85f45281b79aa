#include "cli/image.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "cli/packet.h"
#include "isa/rv64/encode.h"
#include "isa/rv64/insn.h"

namespace zext::cli {
namespace {

using rv64::Op;

void append(const rv64::Instruction<>& insn, std::vector<uint8_t>& bytes) {
  const uint32_t word = rv64::encode(insn);
  for (unsigned shift = 0; shift < 32; shift += 8) {
    bytes.push_back(static_cast<uint8_t>(word >> shift));
  }
}

// Appends instructions at a known address; every address it names lies within 2 GiB of it.
class StartUp {
 public:
  void add(Op op, uint8_t rd, uint8_t rs1, uint8_t rs2, int64_t imm) {
    append({.op = op,
            .rd = rd,
            .rs1 = rs1,
            .rs2 = rs2,
            .imm = Bits<64>::of(static_cast<uint64_t>(imm))},
           bytes_);
  }

  uint64_t here() const { return kStartAddress + bytes_.size(); }

  // rd = address, by auipc and `op` (addi, jalr, ld, sd) with the low part.
  void address(uint8_t rd, uint64_t target) {
    const int64_t distance = static_cast<int64_t>(target - here());
    const int64_t low = (distance & 0xfff) - ((distance & 0x800) << 1);
    add(Op::kAuipc, rd, 0, 0, distance - low);
    add(Op::kAddi, rd, rd, 0, low);
  }

  // rd = a value below 2^31.
  void constant(uint8_t rd, uint64_t value) {
    const int64_t low =
        static_cast<int64_t>(value & 0xfff) - static_cast<int64_t>((value & 0x800) << 1);
    add(Op::kLui, rd, 0, 0, static_cast<int64_t>(value) - low);
    add(Op::kAddiw, rd, rd, 0, low);
  }

  void store(uint8_t value, uint64_t target, uint8_t scratch) {
    address(scratch, target);
    add(Op::kSd, 0, scratch, value, 0);
  }

  void stop(uint8_t value) {
    store(value, kTohost, rv64::kT0);
    add(Op::kJal, 0, 0, 0, 0);
  }

  const std::vector<uint8_t>& bytes() const { return bytes_; }

 private:
  std::vector<uint8_t> bytes_;
};

constexpr int64_t kMtvec = 0x305;
constexpr int64_t kMepc = 0x341;
constexpr int64_t kMcause = 0x342;
constexpr int64_t kMtval = 0x343;
constexpr uint64_t kTrapOffset = 0x400;  // of the trap handler, from the start

std::vector<uint8_t> trap_handler_after(StartUp code) {
  while (code.here() < kStartAddress + kTrapOffset) code.add(Op::kAddi, 0, 0, 0, 0);
  uint64_t record = kTrapRecord;
  for (const int64_t csr : {kMcause, kMepc, kMtval}) {
    code.add(Op::kCsrrs, rv64::kA0, 0, 0, csr);
    code.store(rv64::kA0, record, rv64::kT0);
    record += 8;
  }
  code.constant(rv64::kA0, kTrapExit << 1 | 1);
  code.stop(rv64::kA0);
  return code.bytes();
}

std::vector<uint8_t> start_up(uint64_t entry, const Setting& setting) {
  StartUp code;
  code.address(rv64::kT0, kStartAddress + kTrapOffset);
  code.add(Op::kCsrrw, 0, rv64::kT0, 0, kMtvec);
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
  code.stop(rv64::kA0);
  return trap_handler_after(code);
}

}  // namespace

rtl_sim::Image make_image(std::span<const uint8_t> text, uint32_t entry, const Setting& setting) {
  rtl_sim::Image image;
  image.entry = kStartAddress;
  image.tohost = kTohost;
  image.segments.push_back({.address = kStartAddress,
                            .bytes = start_up(kTextAddress + entry, setting),
                            .size = 0,
                            .executable = true});
  image.segments.push_back({.address = kMailboxAddress,
                            .bytes = std::vector<uint8_t>(128),
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
