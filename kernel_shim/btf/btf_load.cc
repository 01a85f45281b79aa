#include <errno.h>

#include "kernel_shim/btf/btf_object.h"
#include "kernel_shim/btf/check.h"
#include "kernel_shim/btf/records.h"

namespace zext::shim {
namespace {

constexpr btf_type kVoid{};

// Records from `at` on, up to one that is no record: an upper bound of what is found valid.
uint32_t count_records(const uint8_t* at, const uint8_t* end) {
  uint32_t count = 0;
  while (static_cast<uint64_t>(end - at) >= sizeof(btf_type)) {
    const auto& type = *reinterpret_cast<const btf_type*>(at);
    const uint64_t size = bytes_after(type);
    at += sizeof type;
    if (size > static_cast<uint64_t>(end - at)) break;
    at += size;
    ++count;
  }
  return count;
}

int reserve_types(Kernel& kernel, BtfObject& btf, uint32_t count) {
  btf.type_capacity = count + 1;
  const uint64_t size = btf.type_capacity * sizeof *btf.types;
  // Nobody pays for the host's own.
  void* memory = btf.of_kernel ? kernel.host().alloc(size) : kernel.alloc(btf, size);
  btf.types = static_cast<const btf_type**>(memory);
  if (btf.types == nullptr) return -ENOMEM;
  btf.types[0] = &kVoid;
  btf.type_count = 1;
  return 0;
}

// A copy of its own, so that records are at multiples of 4 whatever the header's length is.
int copy_data(Kernel& kernel, BtfObject& btf, const void* data, uint64_t size) {
  uint32_t header_length = 0;
  constexpr uint64_t kAt = offsetof(btf_header, hdr_len);
  if (size >= kAt + sizeof header_length) {
    __builtin_memcpy(&header_length, static_cast<const uint8_t*>(data) + kAt, sizeof header_length);
  }
  const uint64_t shift = (4 - header_length % 4) % 4;
  btf.copy_size = size + shift;
  btf.copy = kernel.alloc(btf, btf.copy_size);
  if (btf.copy == nullptr) return -ENOMEM;
  auto* copy = static_cast<uint8_t*>(btf.copy) + shift;
  if (size != 0) __builtin_memcpy(copy, data, size);
  btf.data = copy;
  btf.size = size;
  return 0;
}

int check_all(Kernel& kernel, BtfObject& btf, Log& log) {
  Check check(kernel, btf, log);
  int error = check.sections();
  if (error != 0) return error;
  const btf_header& header = check.header();
  const uint8_t* types = btf.data + header.hdr_len + header.type_off;
  const bool aligned = header.type_off % 4 == 0;
  error = reserve_types(kernel, btf, aligned ? count_records(types, types + header.type_len) : 0);
  if (error == 0) error = check.records();
  return error != 0 ? error : check.graph();
}

int fill_host(Kernel& kernel, BtfObject& btf) {
  btf_header header;
  if (btf.size < sizeof header) return -EINVAL;
  __builtin_memcpy(&header, btf.data, sizeof header);
  const uint64_t types = uint64_t{header.hdr_len} + header.type_off;
  const uint64_t strings = uint64_t{header.hdr_len} + header.str_off;
  const bool fits = header.magic == BTF_MAGIC && types + header.type_len <= btf.size &&
                    strings + header.str_len <= btf.size && header.str_len != 0 &&
                    (reinterpret_cast<uint64_t>(btf.data) + types) % 4 == 0;
  if (!fits || btf.data[strings + header.str_len - 1] != 0) return -EINVAL;
  btf.strings = reinterpret_cast<const char*>(btf.data + strings);
  btf.strings_size = header.str_len;
  const uint8_t* at = btf.data + types;
  const int error = reserve_types(kernel, btf, count_records(at, at + header.type_len));
  if (error != 0) return error;
  while (btf.type_count < btf.type_capacity) {
    const auto& type = *reinterpret_cast<const btf_type*>(at);
    btf.types[btf.type_count++] = &type;
    at += sizeof type + bytes_after(type);
  }
  // A kind that is newer than this code ends what can be read.
  return at == btf.data + types + header.type_len ? 0 : -EINVAL;
}

// Ends a BTF that did not come to be.
int give_up(Kernel& kernel, BtfObject& btf, int error) {
  btf_destroy(kernel, btf);
  return error;
}

}  // namespace

int btf_load(Kernel& kernel, const void* data, uint64_t size, Log& log, BtfObject** result) {
  auto* btf = kernel.make<BtfObject>(KSHIM_BTF);
  if (btf == nullptr) return -ENOMEM;
  int error = copy_data(kernel, *btf, data, size);
  if (error == 0) error = check_all(kernel, *btf, log);
  if (error == 0) error = kernel.ids(KSHIM_BTF).add(kernel, *btf);
  if (error != 0) return give_up(kernel, *btf, error);
  *result = btf;
  return 0;
}

int btf_load_host(Kernel& kernel, const void* data, uint64_t size, const char* name,
                  BtfObject** result) {
  auto* btf = kernel.make<BtfObject>(KSHIM_BTF);
  if (btf == nullptr) return -ENOMEM;
  btf->data = static_cast<const uint8_t*>(data);
  btf->size = size;
  btf->of_kernel = true;
  for (uint32_t i = 0; i + 1 < sizeof btf->name && name[i] != 0; ++i) btf->name[i] = name[i];
  int error = fill_host(kernel, *btf);
  if (error == 0) error = kernel.ids(KSHIM_BTF).add(kernel, *btf);
  if (error != 0) return give_up(kernel, *btf, error);
  *result = btf;
  return 0;
}

}  // namespace zext::shim
