#include "kernel_shim/engines/machine/host.h"

namespace zext::shim::machine {
namespace {

// Functions of the one field: R f(void* context, Arguments...).
template <auto kField>
struct Call;
template <typename R, typename... Arguments, R (*kshim_host::*kField)(void*, Arguments...)>
struct Call<kField> {
  static R call(void* context, Arguments... arguments) {
    const kshim_host& base = static_cast<Forwarder*>(context)->base;
    return (base.*kField)(base.context, arguments...);
  }
};

template <auto... kFields>
void forward_all(const kshim_host& base, kshim_host& to) {
  ((to.*kFields = base.*kFields == nullptr ? nullptr : Call<kFields>::call), ...);
}

}  // namespace

kshim_host forward(Forwarder& forwarder) {
  kshim_host host{};
  host.abi = KSHIM_ABI;
  host.size = sizeof host;
  host.context = &forwarder;
  forward_all<&kshim_host::copy_from_user, &kshim_host::copy_to_user,
              &kshim_host::strncpy_from_user, &kshim_host::peek_user, &kshim_host::peek_kernel,
              &kshim_host::fd_install, &kshim_host::fd_get, &kshim_host::pin, &kshim_host::pin_get,
              &kshim_host::capable, &kshim_host::user, &kshim_host::wake, &kshim_host::clock,
              &kshim_host::task, &kshim_host::random, &kshim_host::trace_output,
              &kshim_host::stack_walk, &kshim_host::btf, &kshim_host::symbol,
              &kshim_host::probe_arm, &kshim_host::probe_disarm, &kshim_host::tracepoint_find,
              &kshim_host::tracepoint_enable, &kshim_host::tracepoint_disable, &kshim_host::attach,
              &kshim_host::detach, &kshim_host::perf_arm, &kshim_host::perf_disarm>(forwarder.base,
                                                                                    host);
  return host;
}

}  // namespace zext::shim::machine
