// HelperTest: helpers called by number, as an engine calls them.
//
//   EXPECT_EQ(call(BPF_FUNC_ktime_get_ns), ...);
#pragma once

#include <type_traits>

#include "kernel_shim/helpers/helper.h"
#include "kernel_shim/programs/testing.h"

namespace zext::shim {

class HelperTest : public ProgramTest {
 protected:
  // The result as the program would read it, signed. In a read section.
  template <typename... Given>
  int64_t call(int number, Given... given) {
    const Arguments arguments = {word(given)...};
    const ReadSection section(kernel_);
    run_.cpu = kernel_.host().cpu_id();
    return static_cast<int64_t>(helper_function(static_cast<uint32_t>(number))(run_, arguments));
  }

  template <typename T>
  static uint64_t word(T given) {
    if constexpr (std::is_null_pointer_v<T>) {
      return 0;
    } else if constexpr (std::is_pointer_v<T>) {
      return reinterpret_cast<uint64_t>(given);
    } else {
      return static_cast<uint64_t>(given);
    }
  }

  Program& program_ = program("r0 = 0\n exit");
  shim::Run run_{.kernel = kernel_, .program = &program_};
};

}  // namespace zext::shim
