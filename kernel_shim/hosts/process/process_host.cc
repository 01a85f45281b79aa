#include "kernel_shim/hosts/process/process_host.h"

#include <errno.h>

#include <cstdio>
#include <cstdlib>

#include "kernel_shim/hosts/process/thread_state.h"
#include "kernel_shim/hosts/process/user_copy.h"
#include "kernel_shim/runtime/kernel.h"

namespace zext::shim {
namespace {

constexpr int kFirstDescriptor = 3;
std::atomic<uint64_t> hosts{0};

}  // namespace

ProcessHost::ProcessHost(Options options)
    : options_(std::move(options)),
      number_(++hosts),
      cpus_(std::make_unique<std::atomic<bool>[]>(options_.cpus)) {
  prepare_user_copies();
  first_client_ = &add_client(options_.capabilities, options_.user);
  directories_.insert(options_.pin_root);
  for (const char* name : {"sched_switch", "sched_process_exec", "sched_process_exit", "sys_enter",
                           "sys_exit", "sys_enter_openat"}) {
    add_tracepoint(name, 64);
  }
  fill_functions();
  if (options_.attach_points) fill_events();
}

ProcessHost::~ProcessHost() {
  if (shim_ != nullptr) {
    for (const auto& client : clients_) {
      for (kshim_object* object : client->descriptors) {
        if (object != nullptr) std::fprintf(stderr, "ProcessHost: a descriptor was left open\n");
      }
    }
  }
  const Counts left = counts();
  forget_thread_state(number_);
  if (left == Counts{}) return;
  std::fprintf(stderr,
               "ProcessHost: left: %lu blocks of %lu bytes, %lu bytes of pages, %lu armed\n",
               left.blocks, left.bytes, left.pages, left.armed);
  if (options_.abort_on_leak) std::abort();
}

void ProcessHost::serve(kshim* shim, uint64_t (*fire)(kshim*, uint64_t, void*)) {
  shim_ = shim;
  fire_ = fire;
}

ProcessHost::Client& ProcessHost::add_client(uint32_t capabilities, uint64_t user) {
  const std::lock_guard guard(mutex_);
  clients_.push_back(std::make_unique<Client>());
  clients_.back()->capabilities = capabilities;
  clients_.back()->user = user;
  return *clients_.back();
}

ProcessHost::Client& ProcessHost::client() {
  Client* own = thread_state(number_).client;
  return own != nullptr ? *own : *first_client_;
}

ClientScope::ClientScope(ProcessHost& host, ProcessHost::Client& client)
    : host_(host), before_(std::exchange(thread_state(host.number_).client, &client)) {}

ClientScope::~ClientScope() { thread_state(host_.number_).client = before_; }

// --- descriptors

int ProcessHost::install(Client& client, kshim_object* object) {
  const std::lock_guard guard(mutex_);
  auto& table = client.descriptors;
  size_t number = kFirstDescriptor;
  while (number < table.size() && (table[number] != nullptr || client.others.contains(number))) {
    ++number;
  }
  if (number >= options_.descriptors) return -EMFILE;
  if (number >= table.size()) table.resize(number + 1);
  table[number] = object;
  if (object == nullptr) client.others.insert(static_cast<int>(number));
  return static_cast<int>(number);
}

kshim_object* ProcessHost::find(Client& client, int fd) {
  const auto number = static_cast<size_t>(fd);
  return fd >= 0 && number < client.descriptors.size() ? client.descriptors[number] : nullptr;
}

int ProcessHost::get_handle_of(int fd, kshim_object** object) {
  const std::lock_guard guard(mutex_);
  Client& own = client();
  *object = find(own, fd);
  if (*object == nullptr) return own.others.contains(fd) ? -EINVAL : -EBADF;
  get_handle(handle_of(*object));
  return 0;
}

int ProcessHost::close(int fd) {
  kshim_object* object = nullptr;
  {
    const std::lock_guard guard(mutex_);
    Client& own = client();
    object = find(own, fd);
    if (object == nullptr) return own.others.erase(fd) != 0 ? 0 : -EBADF;
    own.descriptors[static_cast<size_t>(fd)] = nullptr;
  }
  put(object);
  return 0;
}

int ProcessHost::dup(int fd) { return send(fd, client()); }

int ProcessHost::send(int fd, Client& to) {
  kshim_object* object = nullptr;
  const int error = get_handle_of(fd, &object);
  if (error != 0) return error;
  const int number = install(to, object);
  if (number < 0) put(object);
  return number;
}

ProcessHost::Handle ProcessHost::get(int fd) {
  kshim_object* object = nullptr;
  get_handle_of(fd, &object);
  return Handle(*this, object);
}

kshim_object* ProcessHost::at(int fd) {
  const std::lock_guard guard(mutex_);
  return find(client(), fd);
}

int ProcessHost::open_other() { return install(client(), nullptr); }

void ProcessHost::put(kshim_object* object) { put_handle(kernel_of(shim_), handle_of(object)); }

void ProcessHost::close_all() {
  for (const auto& client : clients_) {
    ClientScope scope(*this, *client);
    for (size_t fd = 0; fd < client->descriptors.size(); ++fd) close(static_cast<int>(fd));
  }
  for (const std::string& path : pins()) remove(path);
}

// --- pins

int ProcessHost::parent_error(const std::string& path) const {
  const size_t slash = path.rfind('/');
  const std::string parent = slash == std::string::npos ? "." : path.substr(0, slash);
  if (directories_.contains(parent)) return 0;
  // Elsewhere there are directories too, but none of them is for pins.
  return parent.starts_with(options_.pin_root + "/") ? -ENOENT : -EPERM;
}

int ProcessHost::make_directory(const std::string& path) {
  const std::lock_guard guard(mutex_);
  const int error = parent_error(path);
  if (error != 0) return error;
  if (pins_.contains(path)) return -EEXIST;
  return directories_.insert(path).second ? 0 : -EEXIST;
}

int ProcessHost::pin(const std::string& path, kshim_object* object) {
  const uint64_t user = client().user;
  const std::lock_guard guard(mutex_);
  const int error = parent_error(path);
  if (error != 0) return error;
  if (directories_.contains(path)) return -EEXIST;
  if (!pins_.emplace(path, Pin{.object = object, .user = user}).second) return -EEXIST;
  get_handle(handle_of(object));
  return 0;
}

int ProcessHost::pin_get(const std::string& path, kshim_object** object) {
  const uint64_t user = client().user;
  const std::lock_guard guard(mutex_);
  const auto found = pins_.find(path);
  if (found == pins_.end()) {
    if (directories_.contains(path)) return -EACCES;
    const int error = parent_error(path);
    return error != 0 ? error : -ENOENT;
  }
  // Pins are made with mode 0600.
  if (user != 0 && user != found->second.user) return -EACCES;
  *object = found->second.object;
  get_handle(handle_of(*object));
  return 0;
}

int ProcessHost::remove(const std::string& path) {
  kshim_object* object = nullptr;
  {
    const std::lock_guard guard(mutex_);
    const auto found = pins_.find(path);
    if (found == pins_.end()) return -ENOENT;
    object = found->second.object;
    pins_.erase(found);
  }
  put(object);
  return 0;
}

std::vector<std::string> ProcessHost::pins() {
  const std::lock_guard guard(mutex_);
  std::vector<std::string> names;
  names.reserve(pins_.size());
  for (const auto& [path, pin] : pins_) names.push_back(path);
  return names;
}

// --- what programs did

std::vector<std::string> ProcessHost::take_trace() {
  const std::lock_guard guard(output_mutex_);
  return std::exchange(trace_, {});
}

uint64_t ProcessHost::wakes(kshim_object* object) {
  const std::lock_guard guard(output_mutex_);
  return wakes_[object];
}

bool ProcessHost::wait_for_wake(kshim_object* object, uint64_t seen, uint32_t milliseconds) {
  std::unique_lock guard(output_mutex_);
  return woken_.wait_for(guard, std::chrono::milliseconds(milliseconds),
                         [&] { return wakes_[object] > seen; });
}

ProcessHost::Counts ProcessHost::counts() {
  const std::shared_lock guard(armed_mutex_);
  return {.blocks = blocks_, .bytes = bytes_, .pages = pages_, .armed = armed_.size()};
}

}  // namespace zext::shim
