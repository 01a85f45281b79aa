// Object: what descriptors, pins and ids name: maps, programs, links, BTF, perf events.
//
//   Ref<Map> map = Ref<Map>::take(kernel, found);   // put when it leaves the scope
//
// Two counts, as in Linux: references keep an object alive; handles are those of them that users
// hold (descriptors and pins). A program array empties when its last handle goes, although programs
// still refer to it.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include "kernel_shim/include/zext/kernel_shim.h"

namespace zext::shim {

class Kernel;
struct Account;

struct Object {
  kshim_kind kind = KSHIM_MAP;
  uint32_t id = 0;  // BPF's; 0: it has none, or not yet
  std::atomic<uint32_t> references{1};
  std::atomic<uint32_t> handles{0};
  Account* account = nullptr;       // who pays for its memory; null: nobody
  std::atomic<uint64_t> memory{0};  // bytes charged: `memlock` of fdinfo
  uint64_t created = 0;             // KSHIM_CLOCK_BOOT
};

// What a descriptor has instead of a map where it was opened with BPF_F_RDONLY or BPF_F_WRONLY. It
// has a handle of the map, and lives as long as the descriptor. Pins and ids name the map itself.
struct View : Object {
  Object* viewed = nullptr;
  uint32_t access = 0;  // the flag
};
// Object::kind of a view; not seen from outside.
inline constexpr kshim_kind kView = static_cast<kshim_kind>(KSHIM_PERF_EVENT + 1);

// The object of a handle: behind the view, should it be one.
inline Object& object_of(kshim_object* handle) {
  auto& object = *reinterpret_cast<Object*>(handle);
  return object.kind == kView ? *static_cast<View&>(object).viewed : object;
}
inline const Object& object_of(const kshim_object* handle) {
  return object_of(const_cast<kshim_object*>(handle));
}
// What counts the handle's own references.
inline Object& handle_of(kshim_object* handle) { return *reinterpret_cast<Object*>(handle); }
// BPF_F_RDONLY: may not be written through it; BPF_F_WRONLY: not read; 0: both.
inline uint32_t access_of(const kshim_object* handle) {
  const auto& object = *reinterpret_cast<const Object*>(handle);
  return object.kind == kView ? static_cast<const View&>(object).access : 0;
}
inline kshim_object* c_object(Object& object) { return reinterpret_cast<kshim_object*>(&object); }

// One more reference, of an object that cannot go away meanwhile.
inline void get(Object& object) { object.references.fetch_add(1, std::memory_order_relaxed); }
// One more reference, unless the last one has gone.
bool get_unless_gone(Object& object);
// The last one frees it: may sleep.
void put(Kernel& kernel, Object& object);

// A handle is a reference too.
void get_handle(Object& object);
void put_handle(Kernel& kernel, Object& object);

// A reference that is put when it leaves its scope.
template <typename T>
class Ref {
 public:
  Ref() = default;
  // Takes over a reference that the caller has.
  static Ref take(Kernel& kernel, T* object) { return Ref(&kernel, object); }
  // One more.
  static Ref share(Kernel& kernel, T& object) {
    shim::get(object);
    return Ref(&kernel, &object);
  }
  Ref(Ref&& other) noexcept : kernel_(other.kernel_), object_(other.release()) {}
  Ref& operator=(Ref&& other) noexcept {
    if (this != &other) {
      reset();
      kernel_ = other.kernel_;
      object_ = other.release();
    }
    return *this;
  }
  Ref(const Ref&) = delete;
  Ref& operator=(const Ref&) = delete;
  ~Ref() { reset(); }

  T* get() const { return object_; }
  T& operator*() const { return *object_; }
  T* operator->() const { return object_; }
  explicit operator bool() const { return object_ != nullptr; }
  // Hands the reference to the caller.
  T* release() { return std::exchange(object_, nullptr); }
  void reset() {
    if (object_ != nullptr) put(*kernel_, *std::exchange(object_, nullptr));
  }

 private:
  Ref(Kernel* kernel, T* object) : kernel_(kernel), object_(object) {}
  Kernel* kernel_ = nullptr;
  T* object_ = nullptr;
};

}  // namespace zext::shim
