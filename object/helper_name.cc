#include "object/helper_name.h"

#include <linux/bpf.h>

#include <cstddef>
#include <iterator>

namespace zext::object {

std::string helper_name(int32_t id) {
#define HELPER_NAME(name) #name
  static constexpr const char* kNames[] = {__BPF_FUNC_MAPPER(HELPER_NAME)};
#undef HELPER_NAME
  // Number 0 is Linux's "unspec": no helper.
  if (id <= 0 || static_cast<size_t>(id) >= std::size(kNames)) return {};
  return std::string("bpf_") + kNames[id];
}

}  // namespace zext::object
