// Where a random privileged program has what, and which registers have a purpose in it.
#pragma once

#include <cstdint>

#include "isa/rv64/insn.h"

namespace zext::rtl_sim::lockstep {

inline constexpr uint64_t kPage = 4096, kMegapage = kPage << 9, kGigapage = kMegapage << 9;

// Physical memory.
inline constexpr uint64_t kMachineCode = 0x8000'0000;  // entry, M mode's handler, episodes
inline constexpr uint64_t kEpisodes = kMachineCode + kPage;
inline constexpr uint64_t kEpisodeSize = 0x1000;          // room for the set-up of each
inline constexpr uint64_t kTohostPage = 0x800f'0000;      // not reached by random accesses
inline constexpr uint64_t kSupervisorCode = 0x8010'0000;  // S mode's handler, a page
inline constexpr uint64_t kBodies = kSupervisorCode + kPage;
inline constexpr uint64_t kBodyPages = 32;
inline constexpr uint64_t kDataPages = 32;
inline constexpr uint64_t kDataPage = 0x8020'0000;  // what random accesses hit
inline constexpr uint64_t kTables = 0x8030'0000;    // page tables
inline constexpr uint64_t kTablePages = 64;
inline constexpr uint64_t kMemorySize = 4 << 20;

// Virtual memory: supervisor pages where they are physically, user pages 1 GiB above them, and
// pages of any kind in some gigabytes of their own.
inline constexpr uint64_t kUserOffset = kGigapage;

// Registers that bodies only read.
inline constexpr rv64::Reg kSupervisorScratch = rv64::kGp;  // S mode's handler
inline constexpr rv64::Reg kMachineScratch = rv64::kTp;     // M mode's handler
inline constexpr rv64::Reg kBases[] = {rv64::kSp, rv64::kS0, rv64::kS1, rv64::kA5};
inline constexpr rv64::Reg kNextEpisode = rv64::kS9;  // physical address of its set-up
inline constexpr rv64::Reg kDone = rv64::kS10;        // not zero: the next trap ends the episode
inline constexpr rv64::Reg kRoundsLeft = rv64::kS11;
// Overwritten by handlers at any time.
inline constexpr rv64::Reg kSeen = rv64::kS8;

constexpr bool reserved(unsigned reg) {
  for (const rv64::Reg base : kBases) {
    if (reg == base) return true;
  }
  return reg == kSupervisorScratch || reg == kMachineScratch || reg == kNextEpisode ||
         reg == kDone || reg == kRoundsLeft;
}

// CSRs, by the privileged manual.
inline constexpr uint16_t kSstatus = 0x100, kSie = 0x104, kStvec = 0x105, kScounteren = 0x106,
                          kSscratch = 0x140, kSepc = 0x141, kScause = 0x142, kStval = 0x143,
                          kSip = 0x144, kSatp = 0x180, kMstatus = 0x300, kMedeleg = 0x302,
                          kMideleg = 0x303, kMie = 0x304, kMtvec = 0x305, kMcounteren = 0x306,
                          kMscratch = 0x340, kMepc = 0x341, kMcause = 0x342, kMtval = 0x343,
                          kMip = 0x344, kPmpcfg0 = 0x3a0, kPmpaddr0 = 0x3b0;

// Fields of mstatus.
inline constexpr uint64_t kSpp = 1 << 8, kMpie = 1 << 7, kMppShift = 11, kMpp = 3 << kMppShift,
                          kMprv = 1 << 17, kSum = 1 << 18, kMxr = 1 << 19, kTvm = 1 << 20,
                          kTw = 1 << 21, kTsr = 1 << 22;

inline constexpr uint64_t kUser = 0, kSupervisor = 1, kMachine = 3;

inline constexpr uint32_t kSretBits = 0x1020'0073, kMretBits = 0x3020'0073, kWfiBits = 0x1050'0073,
                          kSfenceBits = 0x1200'0073;

constexpr uint32_t sfence_bits(unsigned address, unsigned asid) {
  return kSfenceBits | address << 15 | asid << 20;
}

}  // namespace zext::rtl_sim::lockstep
