// kshim_create_native and kshim_destroy_native, apart from the engine, which needs no verifier.

#include "kernel_shim/engines/native/native.h"
#include "kernel_shim/programs/analyser.h"

namespace zext::shim {

extern "C" int kshim_create_native(const kshim_host* host, const kshim_config* config,
                                   kshim** shim) {
  kshim* fresh = nullptr;
  if (const int error = kshim_create(host, config, &fresh)) return error;
  Kernel& kernel = kernel_of(fresh);
  if (const int error = use_native(kernel)) {
    kshim_destroy(fresh);
    return error;
  }
  kernel.analyser = &kPlainAnalyser;
  *shim = fresh;
  return 0;
}

extern "C" uint64_t kshim_destroy_native(kshim* shim) {
  end_native(kernel_of(shim));
  return kshim_destroy(shim);
}

}  // namespace zext::shim
