#include "cli/packet.h"

#include "cli/setting.h"

namespace zext::cli {
namespace {

using rv64::Op;
using rv64::Reg;
using Body = std::vector<rv64::Instruction<>>;

constexpr uint64_t kStride = 128;  // from one body to the next

void add(Body& body, Op op, Reg rd, Reg rs1, Reg rs2, int64_t imm) {
  body.push_back({.op = op,
                  .rd = rd,
                  .rs1 = rs1,
                  .rs2 = rs2,
                  .imm = Bits<64>::of(static_cast<uint64_t>(imm))});
}

// rd = a value below 2^32: its upper 24 bits, then the lower eight.
void constant(Body& body, Reg rd, uint64_t value) {
  const auto upper = static_cast<int64_t>(value >> 8);
  const int64_t low = (upper & 0xfff) - ((upper & 0x800) << 1);
  add(body, Op::kLui, rd, rv64::kZero, rv64::kZero, upper - low);
  add(body, Op::kAddiw, rd, rd, rv64::kZero, low);
  add(body, Op::kSlli, rd, rd, rv64::kZero, 8);
  add(body, Op::kAddi, rd, rd, rv64::kZero, static_cast<int64_t>(value & 0xff));
}

void ret(Body& body) { add(body, Op::kJalr, rv64::kZero, rv64::kRa, rv64::kZero, 0); }

void fail(Body& body) {
  add(body, Op::kAddi, rv64::kA0, rv64::kZero, rv64::kZero, -1);
  ret(body);
}

}  // namespace

jit::PacketLoads packet_loads() {
  return {.load8 = kPacketLoadAddress,
          .load16 = kPacketLoadAddress + kStride,
          .load32 = kPacketLoadAddress + 2 * kStride};
}

std::vector<rv64::Instruction<>> packet_load(uint64_t address, uint64_t size, unsigned bytes) {
  Body body;
  if (size < bytes) {
    fail(body);
    return body;
  }
  // The last offset; one that is negative is greater, as an unsigned number.
  constant(body, rv64::kT0, size - bytes);
  add(body, Op::kBgeu, rv64::kZero, rv64::kT0, rv64::kA1, 12);
  fail(body);
  constant(body, rv64::kT0, address);
  add(body, Op::kAdd, rv64::kT0, rv64::kT0, rv64::kA1, 0);
  add(body, Op::kLbu, rv64::kA0, rv64::kT0, rv64::kZero, 0);
  for (unsigned i = 1; i < bytes; ++i) {
    add(body, Op::kSlli, rv64::kA0, rv64::kA0, rv64::kZero, 8);
    add(body, Op::kLbu, rv64::kT1, rv64::kT0, rv64::kZero, i);
    add(body, Op::kOr, rv64::kA0, rv64::kA0, rv64::kT1, 0);
  }
  // What a C function may change, and an eBPF program must not rely on.
  for (Reg reg = rv64::kA1; reg <= rv64::kA5; ++reg) {
    add(body, Op::kAddi, reg, rv64::kZero, rv64::kZero, -1);
  }
  ret(body);
  return body;
}

}  // namespace zext::cli
