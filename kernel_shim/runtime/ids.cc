#include "kernel_shim/runtime/ids.h"

#include <errno.h>

#include "kernel_shim/runtime/kernel.h"

namespace zext::shim {
namespace {

constexpr uint32_t kLastId = 0x7fff'ffff;

void* raw(Object** entries) { return static_cast<void*>(entries); }

}  // namespace

uint32_t IdTable::lower_bound(uint32_t id) const {
  uint32_t low = 0;
  uint32_t high = count_;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (entries_[middle]->id < id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

int IdTable::add(Kernel& kernel, Object& object) {
  const Host& host = kernel.host();
  for (;;) {
    Object** more = nullptr;
    Object** old = nullptr;
    uint32_t wanted = 0;
    uint32_t old_capacity = 0;
    {
      const Guard guard(host, lock_);
      if (count_ < capacity_) {
        // Ids go round at the end, and what is still used is passed over.
        uint32_t id = last_ == kLastId ? 1 : last_ + 1;
        uint32_t at = lower_bound(id);
        while (at < count_ && entries_[at]->id == id) {
          ++at;
          if (++id > kLastId) {
            id = 1;
            at = 0;
          }
        }
        __builtin_memmove(raw(entries_ + at + 1), raw(entries_ + at),
                          (count_ - at) * sizeof(Object*));
        entries_[at] = &object;
        ++count_;
        last_ = id;
        object.id = id;
        return 0;
      }
      wanted = capacity_ == 0 ? 64 : capacity_ * 2;
    }
    more = static_cast<Object**>(host.alloc(wanted * sizeof(Object*)));
    if (more == nullptr) return -ENOMEM;
    {
      const Guard guard(host, lock_);
      if (capacity_ < wanted) {
        if (count_ != 0) __builtin_memcpy(raw(more), raw(entries_), count_ * sizeof(Object*));
        old = std::exchange(entries_, more);
        old_capacity = std::exchange(capacity_, wanted);
      } else {
        old = more;  // somebody else was quicker
        old_capacity = wanted;
      }
    }
    host.free(raw(old), old_capacity * sizeof(Object*));
  }
}

void IdTable::remove(Kernel& kernel, Object& object) {
  const Guard guard(kernel.host(), lock_);
  const uint32_t at = lower_bound(object.id);
  if (at == count_ || entries_[at] != &object) return;
  __builtin_memmove(raw(entries_ + at), raw(entries_ + at + 1),
                    (count_ - at - 1) * sizeof(Object*));
  --count_;
}

Object* IdTable::find(Kernel& kernel, uint32_t id) {
  const Guard guard(kernel.host(), lock_);
  const uint32_t at = lower_bound(id);
  if (at == count_ || entries_[at]->id != id) return nullptr;
  return get_unless_gone(*entries_[at]) ? entries_[at] : nullptr;
}

Object* IdTable::find_from(Kernel& kernel, uint32_t id) {
  const Guard guard(kernel.host(), lock_);
  for (uint32_t at = lower_bound(id); at < count_; ++at) {
    if (get_unless_gone(*entries_[at])) return entries_[at];
  }
  return nullptr;
}

uint32_t IdTable::count(Kernel& kernel) {
  const Guard guard(kernel.host(), lock_);
  return count_;
}

void IdTable::clear(Kernel& kernel) {
  kernel.host().free(raw(entries_), capacity_ * sizeof(Object*));
  entries_ = nullptr;
  count_ = capacity_ = 0;
}

}  // namespace zext::shim
