// install: a program compiled into memory where it can be called, never writable and executable at
// once.
//
//   auto installed = jit::install(code, {.helpers = helpers}, hooks);
//   if (!installed) return describe(installed.error());
//   reinterpret_cast<uint64_t (*)(const void*)>(installed->entry())(context);
//   installed->uninstall();                        // or its destructor
//
// The steps, each undone if a later one fails:
//   1. compile for an unknown address: code that runs anywhere, and so how much memory to ask for;
//   2. allocate;
//   3. compile for the address that came: helpers in reach are called relative to it;
//   4. write it, and the defined illegal instruction (16 zero bits) wherever no code is;
//   5. protect: no longer writable, then executable;
//   6. data fence, then fence.i on every hart;
//   7. only now the address is given to anybody.
// Step 3's code is hardly ever longer than step 1's: a call relative to the text is used where it
// is no longer than one by address. Where it is longer all the same (calls that must be
// pc-relative, to helpers at low addresses), 2 and 3 are repeated with its length.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>

#include "isa/ebpf/decode.h"
#include "jit/compile.h"
#include "jit/install/hooks.h"

namespace zext::jit {

// A program in memory, which its destructor takes out of it again. Whoever ends it knows that no
// hart is in the program, or will enter it.
class Installed {
 public:
  // Of a block that is protected and synchronised. For install().
  Installed(const TextHooks& hooks, const TextBlock& block, Code code, uint64_t size)
      : hooks_(hooks), block_(block), code_(std::move(code)), size_(size), installed_(true) {}
  Installed(Installed&& other) noexcept { *this = std::move(other); }
  Installed& operator=(Installed&& other) noexcept;
  Installed(const Installed&) = delete;
  Installed& operator=(const Installed&) = delete;
  ~Installed() { uninstall(); }

  bool installed() const { return installed_; }
  uint64_t address() const { return block_.address; }  // of the code's first byte
  uint64_t entry() const { return block_.address + code_.entry; }
  uint64_t size() const { return size_; }  // bytes of code; the block's others trap
  // What compile() said of it, all relative to address(), less the bytes, which are there.
  const Code& code() const { return code_; }

  // Gives the memory back. Does nothing the second time.
  void uninstall();

 private:
  TextHooks hooks_;
  TextBlock block_;
  Code code_;
  uint64_t size_ = 0;
  bool installed_ = false;
};

struct InstallError {
  enum class Kind : uint8_t {
    kMissingHook,  // one of the functions is null
    kRelocatable,  // options.relocatable: the code would need a linker
    kCompile,      // `compile` says why
    kAllocate,     // the hook of that name returned `status`
    kBadBlock,     // allocate gave a block that cannot be: `why`
    kProtect,      // as kAllocate
    kSynchronise,  // as kAllocate
    kUnsettled,    // at each address given, the code was longer than at the one before
  };

  Kind kind = Kind::kMissingHook;
  int status = 0;
  const char* why = "";
  Error compile = {};
};

// Compiles and installs `program`. options.text_address is not looked at: hooks.allocate chooses.
std::expected<Installed, InstallError> install(const ebpf::Code& program, const Options& options,
                                               const TextHooks& hooks);

// Where text should be: among the helpers that the program calls, the median by address, so that
// most calls are short. 0 if it calls none.
uint64_t best_place(const ebpf::Code& program, const Options& options);

// One line: the step, what is wrong, and how to mend it. In jit/install:describe.
std::string describe(const InstallError& error);

}  // namespace zext::jit
