// Subject: what verify() is asked about: code, the platform it runs on, the maps and types it
// names.
//
//   Subject subject{.code = code, .platform = *find_platform("xdp")};
//   subject.maps = maps;                   // as LD_IMM64 numbers them
//   const Verdict verdict = verify(subject);
//
// Plain data with no owner: a kernel fills it from its own objects, subject/ from a BPF object
// file.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "isa/ebpf/decode.h"
#include "verifier/platform/platform.h"

namespace zext::verifier {

inline constexpr uint32_t kNoType = 0;  // BTF's id of void

// A part of a map's value that only its own helpers may touch.
struct SpecialField {
  enum class Kind : uint8_t {
    kSpinLock,        // struct bpf_spin_lock
    kTimer,           // struct bpf_timer
    kKptr,            // a pointer to a kernel object, loaded and stored as it is
    kReferencedKptr,  // the same, exchanged by bpf_kptr_xchg only
    kOther,           // anything else that programs must not touch
  };
  Kind kind = Kind::kOther;
  uint32_t offset = 0;  // in the value
  uint32_t bytes = 0;
  uint32_t type = kNoType;  // kKptr, kReferencedKptr: of the object, in Subject::types
};

struct Map {
  bool by_index = false;  // named by its index in fd_array, not by a descriptor
  int32_t number = 0;     // as instructions name it
  const char* name = "";
  uint32_t type = 0;  // Linux's BPF_MAP_TYPE_*
  uint32_t key_size = 0;
  uint32_t value_size = 0;
  uint32_t max_entries = 0;
  uint32_t flags = 0;                         // Linux's BPF_F_*
  std::span<const SpecialField> fields = {};  // of the value, ascending by offset
  const Map* inner = nullptr;                 // maps of maps: what the inner ones are like
  std::span<const uint8_t> constant = {};     // the only value's bytes, if nothing changes them
};

// A member of a kernel type, as far as programs can use it.
struct Member {
  enum class Kind : uint8_t {
    kNumber,   // integers, enums, bytes of arrays of them
    kStruct,   // a struct or union inside, of type `type`
    kPointer,  // to a struct or union of type `type`
    kAddress,  // to anything else: a number to programs
    kUser,     // to user memory, or otherwise not to be followed
  };
  Kind kind = Kind::kNumber;
  uint32_t offset = 0;   // bytes from the type's beginning
  uint32_t bytes = 0;    // of all elements, where it is an array
  uint32_t element = 0;  // bytes of an element; `bytes` where it is no array
  uint32_t type = kNoType;
  // kPointer: what is said of an object of which the kernel knows that it is there.
  enum class Keeps : uint8_t {
    kNothing,
    kRcu,      // what this points to is there in the RCU section
    kTrusted,  // what this points to is there as long as the object is
  };
  Keeps keeps = Keeps::kNothing;
  bool nullable = false;  // where `keeps` says something
};

struct TypeInfo {
  const char* name = "";
  uint32_t bytes = 0;
  std::span<const Member> members;  // ascending by offset; those of a union overlap
};

// The kernel's types. `find` gives null for an id that is no struct or union; `by_name` kNoType for
// a name it does not know.
struct Types {
  const TypeInfo* (*find)(void* context, uint32_t id) = nullptr;
  uint32_t (*by_name)(void* context, const char* name) = nullptr;
  void* context = nullptr;

  const TypeInfo* operator[](uint32_t id) const {
    return find == nullptr || id == kNoType ? nullptr : find(context, id);
  }
  uint32_t named(const char* name) const {
    return by_name == nullptr || name == nullptr ? kNoType : by_name(context, name);
  }
};

// A parameter of a global function, or an argument of the kernel function that a program traces.
struct Parameter {
  enum class Kind : uint8_t {
    kNumber,   // `bytes` of it count
    kContext,  // the program's context
    kMemory,   // memory of `bytes`, or 0
    kObject,   // a kernel object of type `type`
    kUnknown,  // a type that cannot be passed
  };
  Kind kind = Kind::kNumber;
  uint32_t bytes = 8;
  uint32_t type = kNoType;
  bool nullable = true;  // kMemory, kObject: may be 0
  // kObject, of a function that is traced: it is just being made, or ends.
  bool fleeting = false;
};

struct Function {
  uint32_t entry = 0;  // its first slot
  const char* name = "";
  // Verified once, by its prototype, and taken for what that says by its callers. Others are
  // verified for each call as a part of their caller.
  bool global = false;
  bool returns_nothing = false;
  bool returns_unknown = false;  // global: a type that Linux does not let them return
  uint8_t parameter_count = 0;
  std::array<Parameter, 5> parameters = {};
};

// A kernel variable, whose address LD_IMM64 src=3 gives.
struct KernelVariable {
  int32_t number = 0;  // as instructions name it
  const char* name = "";
  // What is there: kMemory (read-only), kObject, or kUnknown: the address is a number to programs.
  Parameter value = {.kind = Parameter::Kind::kUnknown};
  bool per_cpu = false;  // reached by bpf_per_cpu_ptr and bpf_this_cpu_ptr only
  bool weak = false;     // the address may be 0; the program asks where `value` is nullable
  bool missing = false;  // the kernel has none: the address is 0
};

// A kernel function, which a call with src=2 calls. Its parameters are as declared: what it needs
// beyond that, and what it acquires and releases, is for the host to know by its name.
struct KernelFunction {
  int32_t number = 0;  // as instructions name it
  const char* name = "";
  bool weak = false;     // may be missing
  bool missing = false;  // the kernel has none
  bool returns_nothing = false;
  Parameter result = {};
  uint8_t parameter_count = 0;
  std::array<Parameter, 5> parameters = {};
};

struct Subject {
  const ebpf::Code& code;
  const Platform& platform;
  std::span<const Map> maps = {};
  std::span<const Function> functions = {};   // ascending by entry; those not listed are static
  std::span<const Parameter> arguments = {};  // Entry::kBtf: of the kernel function
  std::span<const KernelVariable> variables = {};         // ascending by number
  std::span<const KernelFunction> kernel_functions = {};  // ascending by number
  Types types = {};
  bool sleepable = false;
  bool gpl_compatible = true;
};

}  // namespace zext::verifier
