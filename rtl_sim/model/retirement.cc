#include "rtl_sim/model/retirement.h"

namespace zext::rtl_sim {

const char* name(Lost cause) {
  switch (cause) {
    case Lost::kNone:
      return "nothing";
    case Lost::kOperand:
      return "operand";
    case Lost::kDivide:
      return "division";
    case Lost::kMispredict:
      return "mispredict";
    case Lost::kFlush:
      return "flush";
    case Lost::kIcache:
      return "instruction cache miss";
    case Lost::kItlb:
      return "instruction TLB miss";
    case Lost::kDcache:
      return "data cache miss";
    case Lost::kDtlb:
      return "data TLB miss";
    case Lost::kStoreBuffer:
      return "store buffer full";
    case Lost::kUncached:
      return "uncached access";
    case Lost::kSplit:
      return "split access";
    case Lost::kFence:
      return "fence";
    case Lost::kWait:
      return "wait for interrupt";
    case Lost::kFetch:
      return "fetch";
  }
  __builtin_unreachable();
}

}  // namespace zext::rtl_sim
