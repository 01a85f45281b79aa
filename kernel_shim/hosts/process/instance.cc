#include "kernel_shim/hosts/process/instance.h"

#include <errno.h>
#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "kernel_shim/engines/interpreter/interpreter_engine.h"
#include "kernel_shim/programs/analyser.h"

namespace zext::shim {
namespace {

constexpr int kPages = PROT_READ | PROT_WRITE;

// A second mapping of shared pages that are mapped at `from`.
void* map_again(void* from, uint64_t length, void* to) {
  void* address = to;
  if (address == nullptr) {
    address = ::mmap(nullptr, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (address == MAP_FAILED) return nullptr;
  }
  // Of size 0: the old mapping stays.
  void* mapped = mremap(from, 0, length, MREMAP_MAYMOVE | MREMAP_FIXED, address);
  return mapped == MAP_FAILED ? nullptr : mapped;
}

}  // namespace

Instance::Instance(Options options) : host_(std::move(options.host)) {
  kshim_host functions = host_.functions();
  if (options.wrap) functions = options.wrap(functions);
  options.config.size = sizeof options.config;
  const int error = kshim_create(&functions, &options.config, &shim_);
  if (error != 0) {
    std::fprintf(stderr, "Instance: kshim_create: %d\n", error);
    std::abort();
  }
  kernel().engine = &kInterpreter;
  kernel().analyser = options.plain_analyser ? &kPlainAnalyser : &kHostedAnalyser;
  host_.serve(shim_, kshim_fire);
}

Instance::~Instance() {
  unmap_all();
  host_.close_all();
  const uint64_t left = kshim_destroy(shim_);
  if (left == 0) return;
  std::fprintf(stderr, "Instance: %lu objects were left\n", left);
  if (host_.options().abort_on_leak) std::abort();
}

long Instance::bpf(int command, bpf_attr& attr, uint32_t size) {
  return kshim_bpf(shim_, command, reinterpret_cast<kshim_uptr>(&attr), size);
}

long Instance::perf_event_open(perf_event_attr& attr, int pid, int cpu, int group, uint64_t flags) {
  return kshim_perf_event_open(shim_, reinterpret_cast<kshim_uptr>(&attr), pid, cpu, group, flags);
}

long Instance::ioctl(int fd, uint64_t request, uint64_t argument) {
  const ProcessHost::Handle object = host_.get(fd);
  return object ? kshim_ioctl(shim_, object.get(), request, argument) : -EBADF;
}

uint32_t Instance::poll(int fd) {
  const ProcessHost::Handle object = host_.get(fd);
  return object ? kshim_poll(shim_, object.get()) : 0;
}

std::string Instance::fdinfo(int fd) {
  const ProcessHost::Handle object = host_.get(fd);
  if (!object) return {};
  std::string text(4096, 0);
  text.resize(kshim_fdinfo(shim_, object.get(), text.data(), text.size()));
  return text;
}

long Instance::mmap(int fd, uint64_t offset, uint64_t length, bool write, void** address) {
  ProcessHost::Handle object = host_.get(fd);
  if (!object) return -EBADF;
  kshim_mapping mapping{};
  const int error = kshim_mmap(shim_, object.get(), offset, length, write, &mapping);
  if (error != 0) return error;
  const bool mirrored = mapping.mirror < mapping.length;
  const uint64_t first = mirrored ? mapping.mirror : mapping.length;
  auto* mapped = static_cast<uint8_t*>(*address);
  if (mapped == nullptr) {
    mapped = static_cast<uint8_t*>(
        ::mmap(nullptr, mapping.length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  }
  auto* from = static_cast<uint8_t*>(mapping.address);
  bool done = map_again(from, first, mapped) != nullptr;
  if (done && mirrored) {
    done =
        map_again(from + mapping.mirror_source, mapping.length - first, mapped + first) != nullptr;
  }
  if (!done || mprotect(mapped, mapping.length, write ? kPages : PROT_READ) != 0) {
    ::munmap(mapped, mapping.length);
    kshim_munmap(shim_, object.get(), write);
    return -ENOMEM;
  }
  const std::lock_guard guard(mutex_);
  mappings_[mapped] = {.object = object.release(), .length = mapping.length, .write = write};
  *address = mapped;
  return 0;
}

int Instance::munmap(void* address) {
  Mapping mapping;
  {
    const std::lock_guard guard(mutex_);
    const auto found = mappings_.find(address);
    if (found == mappings_.end()) return -EINVAL;
    mapping = found->second;
    mappings_.erase(found);
  }
  ::munmap(address, mapping.length);
  kshim_munmap(shim_, mapping.object, mapping.write);
  kshim_handle_put(shim_, mapping.object);
  return 0;
}

void Instance::unmap_all() {
  while (!mappings_.empty()) munmap(mappings_.begin()->first);
}

}  // namespace zext::shim
