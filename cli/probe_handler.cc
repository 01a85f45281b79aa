#include "cli/probe_handler.h"

#include "cli/image.h"
#include "cli/setting.h"

namespace zext::cli {
namespace {

using rv64::Op;

constexpr int64_t kLoadAccessFault = 5;  // mcause (privileged architecture, table 3.6)
constexpr int64_t kEntryBytes = 12;

// With sp at kTrapRegisters: every register but sp, stored or loaded.
void each_register(StartUp& code, Op op) {
  for (uint8_t reg = 1; reg < rv64::kRegisterCount; ++reg) {
    if (reg == rv64::kSp) continue;
    if (op == Op::kSd) {
      code.add(op, 0, rv64::kSp, reg, 8 * reg);
    } else {
      code.add(op, reg, rv64::kSp, 0, 8 * reg);
    }
  }
}

}  // namespace

std::vector<uint8_t> table_in_memory(std::span<const jit::Exception> exceptions) {
  std::vector<uint8_t> bytes;
  bytes.reserve(exceptions.size() * kEntryBytes);
  for (const jit::Exception& exception : exceptions) {
    for (const uint32_t word : {exception.offset, exception.resume, uint32_t{exception.reg}}) {
      for (unsigned shift = 0; shift < 32; shift += 8) {
        bytes.push_back(static_cast<uint8_t>(word >> shift));
      }
    }
  }
  return bytes;
}

void prepare_probe_handler(StartUp& code) {
  code.address(rv64::kT0, kTrapRegisters);
  code.add(Op::kCsrrw, 0, rv64::kT0, 0, kMscratch);
}

void add_probe_handler(StartUp& code, uint64_t table, size_t count) {
  code.add(Op::kCsrrw, rv64::kSp, rv64::kSp, 0, kMscratch);
  each_register(code, Op::kSd);
  code.add(Op::kCsrrs, rv64::kT0, 0, 0, kMscratch);
  code.add(Op::kSd, 0, rv64::kSp, rv64::kT0, 8 * rv64::kSp);
  code.add(Op::kCsrrs, rv64::kT0, 0, 0, kMcause);
  code.add(Op::kAddi, rv64::kT1, 0, 0, kLoadAccessFault);
  const size_t other_cause = code.branch(Op::kBne, rv64::kT0, rv64::kT1);
  // t0 = offset in the code, t1 = entry, t2 = behind the last entry, t4 = the code's address.
  code.address(rv64::kT4, kTextAddress);
  code.add(Op::kCsrrs, rv64::kT0, 0, 0, kMepc);
  code.add(Op::kSub, rv64::kT0, rv64::kT0, rv64::kT4, 0);
  code.address(rv64::kT1, table);
  code.address(rv64::kT2, table + count * kEntryBytes);
  const uint64_t next = code.here();
  const size_t unknown = code.branch(Op::kBeq, rv64::kT1, rv64::kT2);
  code.add(Op::kLwu, rv64::kT3, rv64::kT1, 0, 0);
  code.add(Op::kAddi, rv64::kT1, rv64::kT1, 0, kEntryBytes);
  code.branch_back(Op::kBne, rv64::kT3, rv64::kT0, next);
  code.add(Op::kLwu, rv64::kT3, rv64::kT1, 0, 4 - kEntryBytes);
  code.add(Op::kAdd, rv64::kT3, rv64::kT3, rv64::kT4, 0);
  code.add(Op::kCsrrw, 0, rv64::kT3, 0, kMepc);
  code.add(Op::kLwu, rv64::kT3, rv64::kT1, 0, 8 - kEntryBytes);
  code.add(Op::kSlli, rv64::kT3, rv64::kT3, 0, 3);
  code.add(Op::kAdd, rv64::kT3, rv64::kT3, rv64::kSp, 0);
  code.add(Op::kSd, 0, rv64::kT3, rv64::kZero, 0);
  code.add(Op::kCsrrw, 0, rv64::kSp, 0, kMscratch);
  each_register(code, Op::kLd);
  code.add(Op::kLd, rv64::kSp, rv64::kSp, 0, 8 * rv64::kSp);
  code.add(Op::kMret, 0, 0, 0, 0);
  code.land(other_cause);
  code.land(unknown);
}

}  // namespace zext::cli
