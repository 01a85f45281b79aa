// The functions that kernel_shim.h offers, but for those of links/.
#include <errno.h>

#include <new>

#include "kernel_shim/bpf/command.h"
#include "kernel_shim/bpf/fdinfo.h"
#include "kernel_shim/btf/btf_object.h"
#include "kernel_shim/links/link.h"
#include "kernel_shim/maps/map.h"
#include "kernel_shim/programs/program.h"

namespace zext::shim {
namespace {

void set_ops(Kernel& kernel) {
  kernel.ops(KSHIM_MAP) = {map_last_handle, map_destroy};
  kernel.ops(KSHIM_PROGRAM) = {nullptr, program_destroy};
  kernel.ops(KSHIM_LINK) = {nullptr, link_destroy};
  kernel.ops(KSHIM_BTF) = {nullptr, btf_destroy};
  kernel.ops(KSHIM_PERF_EVENT) = {nullptr, perf_event_destroy};
  kernel.ops(kView) = {nullptr, view_destroy};
}

// The host's own types. Where they are of no use the instance does without, as Linux does without
// CONFIG_DEBUG_INFO_BTF.
int load_vmlinux(Kernel& kernel) {
  const kshim_host& host = kernel.host().functions();
  const void* data = nullptr;
  uint64_t size = 0;
  if (host.btf == nullptr || host.btf(host.context, &data, &size) != 0) return 0;
  BtfObject* btf = nullptr;
  const int error = btf_load_host(kernel, data, size, "vmlinux", &btf);
  if (error == 0) kernel.vmlinux = btf;
  return error == -ENOMEM ? error : 0;
}

void end(Kernel& kernel) {
  const Host host = kernel.host();
  kernel.stop();
  kernel.~Kernel();
  host.free(&kernel, sizeof(Kernel));
}

int start(Kernel& kernel) {
  int error = kernel.start();
  if (error != 0) return error;
  set_ops(kernel);
  error = links_start(kernel);
  if (error != 0) return error;
  error = load_vmlinux(kernel);
  if (error != 0) links_stop(kernel);
  return error;
}

// Objects of a kind that nobody put. Their handles go first: what only refers to each other then
// goes by itself.
uint64_t drop_handles(Kernel& kernel, kshim_kind kind) {
  uint64_t count = 0;
  uint32_t id = 0;
  while (Object* object = kernel.ids(kind).find_from(kernel, id + 1)) {
    id = object->id;
    ++count;
    while (object->handles.load() != 0) put_handle(kernel, *object);
    put(kernel, *object);
  }
  return count;
}

}  // namespace

extern "C" {

int kshim_create(const struct kshim_host* functions, const struct kshim_config* config,
                 struct kshim** shim) {
  int error = functions == nullptr ? -EINVAL : Host::check(*functions);
  if (error != 0) return error;
  kshim_config known{};
  if (config != nullptr) {
    const uint64_t size = config->size < sizeof known ? config->size : sizeof known;
    __builtin_memcpy(&known, config, size);
  }
  const Host host(*functions);
  void* memory = host.alloc(sizeof(Kernel));
  if (memory == nullptr) return -ENOMEM;
  auto* kernel = new (memory) Kernel(host, known);
  kernel->system_call = kshim_bpf;
  error = start(*kernel);
  if (error != 0) {
    end(*kernel);
    return error;
  }
  *shim = c_shim(*kernel);
  return 0;
}

uint64_t kshim_destroy(struct kshim* shim) {
  Kernel& kernel = kernel_of(shim);
  if (kernel.vmlinux != nullptr) put(kernel, *std::exchange(kernel.vmlinux, nullptr));
  uint64_t left = 0;
  // A view is left instead of the map that it alone holds.
  for (const kshim_kind kind :
       {kView, KSHIM_LINK, KSHIM_PERF_EVENT, KSHIM_PROGRAM, KSHIM_MAP, KSHIM_BTF}) {
    left += drop_handles(kernel, kind);
  }
  links_stop(kernel);
  end(kernel);
  return left;
}

long kshim_bpf(struct kshim* shim, int command, kshim_uptr attr, uint32_t size) {
  return dispatch(kernel_of(shim), command, attr, size);
}

uint64_t kshim_fdinfo(struct kshim* shim, struct kshim_object* object, char* text, uint64_t size) {
  return fdinfo(kernel_of(shim), object_of(object), text, size);
}

void kshim_handle_get(struct kshim*, struct kshim_object* object) { get_handle(handle_of(object)); }

void kshim_handle_put(struct kshim* shim, struct kshim_object* object) {
  put_handle(kernel_of(shim), handle_of(object));
}

enum kshim_kind kshim_kind_of(const struct kshim_object* object) { return object_of(object).kind; }

uint32_t kshim_id_of(const struct kshim_object* object) {
  const Object& of = object_of(object);
  return of.kind == KSHIM_PERF_EVENT ? 0 : of.id;
}

}  // extern "C"

}  // namespace zext::shim
