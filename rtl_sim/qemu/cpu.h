// The CPU that QEMU is to have: the extensions of our core: RV64IMAC with M, S and U mode, Sv39,
// PMP, and every hpmcounter.
#pragma once

namespace zext::rtl_sim::qemu {

inline constexpr const char* kCpu =
    "rv64,g=off,f=off,d=off,h=off,v=off,s=on,u=on,mmu=on,pmp=on,zba=on,zbb=on,zbs=on,zbc=off,"
    "sstc=off,pmu-num=29";

}  // namespace zext::rtl_sim::qemu
