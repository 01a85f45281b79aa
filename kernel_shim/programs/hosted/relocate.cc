#include "kernel_shim/programs/hosted/relocate.h"

#include <errno.h>

#include <algorithm>
#include <utility>

#include "kernel_shim/programs/hosted/object_view.h"
#include "object/core_relocation.h"

namespace zext::shim {

int relocate(HostTypes& host, const LoadRequest& request, Log& log) {
  Program& program = request.program;
  if (!host.known()) {
    log.add("CO-RE relocations need the kernel's types, which this kernel does not have\n");
    return -EINVAL;
  }
  const BtfObject& btf = *program.btf;
  object::Object object;
  object.btf.assign(btf.data, btf.data + btf.size);
  object.programs.push_back(object_view(program));
  object::Program& view = object.programs.front();
  for (uint32_t i = 0; i < request.core_relocation_count; ++i) {
    const bpf_core_relo& record = request.core_relocations[i];
    const btf_type* type = btf.type(record.type_id);
    view.core.push_back({.slot = record.insn_off / static_cast<uint32_t>(sizeof(ebpf::Slot)),
                         .type = type == nullptr ? "" : btf.string(type->name_off),
                         .access = btf.string(record.access_str_off),
                         .kind = static_cast<uint32_t>(record.kind),
                         .btf_id = record.type_id});
  }
  std::ranges::stable_sort(view.core, {}, &object::CoreRelocation::slot);
  const auto applied =
      host.with_btf([&](const object::Btf& kernel) { return object::apply_core(object, kernel); });
  const object::Error* error = !applied ? &applied.error() : view.broken ? &*view.broken : nullptr;
  if (error != nullptr) {
    log.add(error->to_string().c_str(), "\n");
    return -EINVAL;
  }
  std::ranges::copy(view.slots, program.insns);
  return 0;
}

}  // namespace zext::shim
