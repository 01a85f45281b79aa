// Names of the control and status registers.
//
//   csr_name(0x341);     // "mepc"
//   csr_name(0x3b5);     // "pmpaddr5"
//   csr_name(0x7c1);     // "", a custom one
//
// Source: The RISC-V Instruction Set Manual, volume II (20240411), tables 3 to 8, less those of
// RV32 only; the extensions Zkr, Zcmt, Zicfiss, Smrnmi, Ssaia, Smstateen, Sscofpmf name the rest.
#pragma once

#include <cstdint>
#include <string>

namespace zext::rv64 {

struct Csr {
  uint16_t number;
  const char* name;
  uint8_t count = 1;  // above 1: consecutive ones, named with an index
  uint8_t first = 0;  // the first index
  uint8_t step = 1;   // between numbers, and between indices
};

inline constexpr Csr kCsrs[] = {
    {0x001, "fflags"},
    {0x002, "frm"},
    {0x003, "fcsr"},
    {0x008, "vstart"},
    {0x009, "vxsat"},
    {0x00a, "vxrm"},
    {0x00f, "vcsr"},
    {0x011, "ssp"},
    {0x015, "seed"},
    {0x017, "jvt"},
    {0x100, "sstatus"},
    {0x104, "sie"},
    {0x105, "stvec"},
    {0x106, "scounteren"},
    {0x10a, "senvcfg"},
    {0x10c, "sstateen", 4, 0},
    {0x120, "scountinhibit"},
    {0x140, "sscratch"},
    {0x141, "sepc"},
    {0x142, "scause"},
    {0x143, "stval"},
    {0x144, "sip"},
    {0x14d, "stimecmp"},
    {0x150, "siselect"},
    {0x151, "sireg"},
    {0x152, "sireg", 2, 2},
    {0x155, "sireg", 3, 4},
    {0x15c, "stopei"},
    {0x180, "satp"},
    {0x181, "srmcfg"},
    {0x200, "vsstatus"},
    {0x204, "vsie"},
    {0x205, "vstvec"},
    {0x240, "vsscratch"},
    {0x241, "vsepc"},
    {0x242, "vscause"},
    {0x243, "vstval"},
    {0x244, "vsip"},
    {0x24d, "vstimecmp"},
    {0x250, "vsiselect"},
    {0x251, "vsireg"},
    {0x252, "vsireg", 2, 2},
    {0x255, "vsireg", 3, 4},
    {0x25c, "vstopei"},
    {0x280, "vsatp"},
    {0x300, "mstatus"},
    {0x301, "misa"},
    {0x302, "medeleg"},
    {0x303, "mideleg"},
    {0x304, "mie"},
    {0x305, "mtvec"},
    {0x306, "mcounteren"},
    {0x308, "mvien"},
    {0x309, "mvip"},
    {0x30a, "menvcfg"},
    {0x30c, "mstateen", 4, 0},
    {0x320, "mcountinhibit"},
    {0x323, "mhpmevent", 29, 3},
    {0x340, "mscratch"},
    {0x341, "mepc"},
    {0x342, "mcause"},
    {0x343, "mtval"},
    {0x344, "mip"},
    {0x34a, "mtinst"},
    {0x34b, "mtval2"},
    {0x350, "miselect"},
    {0x351, "mireg"},
    {0x352, "mireg", 2, 2},
    {0x355, "mireg", 3, 4},
    {0x35c, "mtopei"},
    {0x3a0, "pmpcfg", 8, 0, 2},
    {0x3b0, "pmpaddr", 64, 0},
    {0x5a8, "scontext"},
    {0x600, "hstatus"},
    {0x602, "hedeleg"},
    {0x603, "hideleg"},
    {0x604, "hie"},
    {0x605, "htimedelta"},
    {0x606, "hcounteren"},
    {0x607, "hgeie"},
    {0x608, "hvien"},
    {0x609, "hvictl"},
    {0x60a, "henvcfg"},
    {0x60c, "hstateen", 4, 0},
    {0x643, "htval"},
    {0x644, "hip"},
    {0x645, "hvip"},
    {0x646, "hviprio", 2, 1},
    {0x64a, "htinst"},
    {0x680, "hgatp"},
    {0x6a8, "hcontext"},
    {0x740, "mnscratch"},
    {0x741, "mnepc"},
    {0x742, "mncause"},
    {0x744, "mnstatus"},
    {0x747, "mseccfg"},
    {0x7a0, "tselect"},
    {0x7a1, "tdata", 3, 1},
    {0x7a8, "mcontext"},
    {0x7b0, "dcsr"},
    {0x7b1, "dpc"},
    {0x7b2, "dscratch", 2, 0},
    {0xb00, "mcycle"},
    {0xb02, "minstret"},
    {0xb03, "mhpmcounter", 29, 3},
    {0xc00, "cycle"},
    {0xc01, "time"},
    {0xc02, "instret"},
    {0xc03, "hpmcounter", 29, 3},
    {0xc20, "vl"},
    {0xc21, "vtype"},
    {0xc22, "vlenb"},
    {0xda0, "scountovf"},
    {0xdb0, "stopi"},
    {0xe12, "hgeip"},
    {0xeb0, "vstopi"},
    {0xf11, "mvendorid"},
    {0xf12, "marchid"},
    {0xf13, "mimpid"},
    {0xf14, "mhartid"},
    {0xf15, "mconfigptr"},
    {0xfb0, "mtopi"},
};

// The register's name; empty if it has none.
inline std::string csr_name(unsigned number) {
  for (const Csr& csr : kCsrs) {
    const unsigned offset = number - csr.number;
    if (number < csr.number || offset >= csr.count * csr.step || offset % csr.step != 0) continue;
    return csr.count == 1 ? csr.name : csr.name + std::to_string(csr.first + offset);
  }
  return "";
}

}  // namespace zext::rv64
