#include "kernel_shim/hosts/daemon/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "kernel_shim/hosts/daemon/folder.h"
#include "kernel_shim/hosts/daemon/record.h"
#include "kernel_shim/links/link.h"
#include "kernel_shim/runtime/kernel.h"

namespace zext::shim::daemon {
namespace {

constexpr uint64_t kMillisecond = 1'000'000;
// A listing that begins, and a map that is to be frozen, look at what is held now; in the middle
// of a listing it need not be that new.
constexpr uint64_t kSweepAge = 20 * kMillisecond;

enum class Freshness { kAny, kRecent, kNow };

Freshness needed_for(int command, uint32_t first_word) {
  switch (command) {
    case BPF_PROG_GET_NEXT_ID:
    case BPF_MAP_GET_NEXT_ID:
    case BPF_BTF_GET_NEXT_ID:
    case BPF_LINK_GET_NEXT_ID:
      return first_word == 0 ? Freshness::kNow : Freshness::kRecent;
    case BPF_PROG_GET_FD_BY_ID:
    case BPF_MAP_GET_FD_BY_ID:
    case BPF_BTF_GET_FD_BY_ID:
    case BPF_LINK_GET_FD_BY_ID:
      return Freshness::kRecent;
    case BPF_MAP_FREEZE:
      return Freshness::kNow;
    default:
      return Freshness::kAny;
  }
}

uint64_t half_of_memory() {
  const auto pages = static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES));
  return pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE)) / 2;
}

}  // namespace

Daemon::Daemon(DaemonOptions options)
    : options_(std::move(options)),
      machine_(options_.machine),
      tasks_(machine_.types()),
      cpus_(possible_cpus()) {
  fill_calls(&functions_);
  fill_events(&functions_);
  functions_.abi = KSHIM_ABI;
  functions_.size = sizeof functions_;
  functions_.context = this;
}

Daemon::~Daemon() { stop(); }

std::string Daemon::start() {
  kshim_config config{};
  config.size = sizeof config;
  config.allow_unprivileged = options_.allow_unprivileged;
  config.memory_limit = options_.memory_limit != 0 ? options_.memory_limit : half_of_memory();
  all_capable_ = geteuid() != 0;
  started_ = now(CLOCK_MONOTONIC);
  if (!fill_folder(options_.folder, machine_,
                   {.kprobe_type = kPerfTypeKprobe,
                    .uprobe_type = kPerfTypeUprobe,
                    .allow_unprivileged = options_.allow_unprivileged})) {
    return options_.folder + " cannot be filled";
  }
  trace_pipe_ = File(open((options_.folder + "/" + kTracingDirectory + "/trace_pipe").c_str(),
                          O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!trace_pipe_) return "trace_pipe cannot be opened";
  fcntl(trace_pipe_.get(), F_SETPIPE_SZ, 1 << 20);
  auto engine = options_.make_engine(options_.engine, functions_);
  if (!engine) return engine.error();
  engine_ = std::move(*engine);
  const int error = kshim_create(&engine_->functions(), &config, &shim_);
  if (error != 0) return "no instance: error " + std::to_string(-error);
  descriptors_.set_shim(shim_);
  sampler_.set_shim(shim_);
  engine_->use(kernel_of(shim_));
  if (!pins_.open(options_.folder + "/" + kPinDirectory, shim_)) return "pins cannot be kept";
  return {};
}

uint64_t Daemon::stop() {
  if (shim_ == nullptr) return 0;
  pins_.clear();
  descriptors_.clear();
  return kshim_destroy(std::exchange(shim_, nullptr));
}

void Daemon::sweep() {
  last_sweep_ = now(CLOCK_MONOTONIC);
  pins_.sweep();
  descriptors_.sweep();
}

bool Daemon::idle() {
  return clients_ == 0 && descriptors_.count() == 0 && pins_.count() == 0 && events_.count() == 0;
}

void Daemon::serve(Client& client, const Request& request, std::span<const uint8_t> payload,
                   Reply* reply, File* descriptor) {
  ++calls_;
  Call call;
  call.client = &client;
  call.memory = client.process();
  const CallScope scope(call);
  switch (request.op) {
    case Op::kHello:
      reply->result = request.arguments[0] != kProtocolVersion                      ? -EPROTO
                      : client.set_thread(static_cast<pid_t>(request.arguments[1])) ? 0
                                                                                    : -ESRCH;
      break;
    case Op::kBpf:
      call.attribute = request.arguments[0];
      call.attribute_bytes = payload;
      reply->result = bpf(request);
      break;
    case Op::kPerfEventOpen:
      reply->result = perf_event_open(request);
      break;
    case Op::kIoctl:
      reply->result = with_object(request.number, &Daemon::ioctl, request, reply, descriptor);
      break;
    case Op::kMmap:
      reply->result = with_object(request.number, &Daemon::mmap, request, reply, descriptor);
      break;
    case Op::kPoll:
      reply->result = with_object(request.number, &Daemon::poll, request, reply, descriptor);
      break;
    case Op::kClosed:
      descriptors_.sweep_one({.device = request.arguments[0], .inode = request.arguments[1]});
      break;
    case Op::kFdinfo:
      reply->result = request.arguments[0] == 0
                          ? with_object(request.number, &Daemon::fdinfo, request, reply, descriptor)
                          : fdinfo_of_other(client, request, reply, descriptor);
      break;
    case Op::kFire:
      reply->result = fire(client, payload, reply, descriptor);
      break;
    case Op::kStatus:
      *descriptor = memory_file("status", status());
      reply->descriptor = DescriptorUse::kResult;
      break;
    case Op::kStop:
      stopping_ = true;
      break;
    default:
      reply->result = -EINVAL;
      break;
  }
  if (call.installed) {
    // A call that failed after all has no descriptor to give.
    if (reply->result >= 0) {
      *descriptor = std::move(call.installed);
      reply->descriptor = DescriptorUse::kResult;
    } else {
      call.installed.reset();
      sweep();
    }
  }
  if (!*descriptor) reply->descriptor = DescriptorUse::kNone;
}

int64_t Daemon::bpf(const Request& request) {
  const Call& call = *current_call();
  uint32_t first_word = 0;
  if (call.attribute_bytes.size() >= sizeof first_word) {
    memcpy(&first_word, call.attribute_bytes.data(), sizeof first_word);
  }
  const Freshness freshness = needed_for(request.number, first_word);
  if (freshness == Freshness::kNow ||
      (freshness == Freshness::kRecent && now(CLOCK_MONOTONIC) - last_sweep_ > kSweepAge)) {
    sweep();
  }
  return kshim_bpf(shim_, request.number, request.arguments[0],
                   static_cast<uint32_t>(request.arguments[1]));
}

int64_t Daemon::perf_event_open(const Request& request) {
  const auto number = [&request](int i) { return static_cast<int>(request.arguments[i]); };
  return kshim_perf_event_open(shim_, request.arguments[0], number(1), number(2), number(3),
                               request.arguments[4]);
}

int64_t Daemon::with_object(int fd,
                            int64_t (Daemon::*use)(kshim_object*, const Request&, Reply*, File*),
                            const Request& request, Reply* reply, File* descriptor) {
  Identity identity;
  kshim_object* object = nullptr;
  int error = current_call()->client->identify(fd, &identity);
  if (error == 0) error = descriptors_.get(identity, &object);
  if (error != 0) return error;
  const int64_t result = (this->*use)(object, request, reply, descriptor);
  kshim_handle_put(shim_, object);
  return result;
}

int64_t Daemon::ioctl(kshim_object* object, const Request& request, Reply* /*reply*/,
                      File* /*descriptor*/) {
  if (kshim_kind_of(object) != KSHIM_PERF_EVENT) return -ENOTTY;
  return kshim_ioctl(shim_, object, request.arguments[0], request.arguments[1]);
}

int64_t Daemon::mmap(kshim_object* object, const Request& request, Reply* reply, File* descriptor) {
  const uint64_t page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  const uint64_t length = (request.arguments[1] + page - 1) / page * page;
  const bool write = (request.arguments[2] & PROT_WRITE) != 0;
  if (length == 0 || request.arguments[0] % page != 0) return -EINVAL;
  kshim_mapping mapping{};
  const int error = kshim_mmap(shim_, object, request.arguments[0], length, write, &mapping);
  if (error != 0) return error;
  const auto piece = find_pages(mapping.address);
  const bool shared = (request.arguments[3] & MAP_TYPE) != MAP_PRIVATE;
  const uint64_t first =
      mapping.mirror == KSHIM_NO_MIRROR ? mapping.length : std::min(mapping.mirror, mapping.length);
  const auto second = first < mapping.length
                          ? find_pages(static_cast<char*>(mapping.address) + mapping.mirror_source)
                          : piece;
  File file;
  if (piece && second && shared) file = reopen(piece->file, mapping.may_write ? O_RDWR : O_RDONLY);
  bool added = false;
  if (file) {
    kshim_handle_get(shim_, object);
    added = descriptors_.add_mapping(object, write, file.get(), piece->file);
    if (!added) kshim_handle_put(shim_, object);
  }
  if (!added) {
    kshim_munmap(shim_, object, write);
    return shared ? -ENOMEM : -EINVAL;
  }
  reply->values[0] = piece->offset;
  reply->values[1] = first;
  reply->values[2] = second->offset;
  *descriptor = std::move(file);
  reply->descriptor = DescriptorUse::kAside;
  return 0;
}

std::optional<Pages::Piece> Daemon::find_pages(const void* address) {
  const auto piece = engine_->pages_at(address);
  return piece ? piece : pages_.find(address);
}

int64_t Daemon::poll(kshim_object* object, const Request& request, Reply* reply, File* descriptor) {
  const bool wants_event = request.arguments[0] != 0;
  if (wants_event) {
    *descriptor = File(descriptors_.event(object));
    reply->descriptor = DescriptorUse::kAside;
  }
  const uint32_t events = kshim_poll(shim_, object);
  // Whoever begins to wait is told at once of what is there already.
  if (wants_event && events != 0) descriptors_.wake(object);
  return events;
}

int64_t Daemon::fdinfo(kshim_object* object, const Request& /*request*/, Reply* reply,
                       File* descriptor) {
  char text[4096];
  std::string whole = "pos:\t0\nflags:\t02000002\nmnt_id:\t15\nino:\t2056\n";
  whole.append(text, kshim_fdinfo(shim_, object, text, sizeof text));
  *descriptor = memory_file("fdinfo", whole);
  reply->descriptor = DescriptorUse::kResult;
  return 0;
}

int64_t Daemon::fdinfo_of_other(Client& client, const Request& request, Reply* reply,
                                File* descriptor) {
  const std::string path =
      "/proc/" + std::to_string(request.arguments[0]) + "/fd/" + std::to_string(request.number);
  struct stat status{};
  if (request.arguments[0] > INT32_MAX || stat(path.c_str(), &status) != 0 ||
      status.st_uid != client.user()) {
    return -ENOENT;
  }
  kshim_object* object = nullptr;
  const int error = descriptors_.get({.device = status.st_dev, .inode = status.st_ino}, &object);
  if (error != 0) return error;
  const int64_t result = fdinfo(object, request, reply, descriptor);
  kshim_handle_put(shim_, object);
  return result;
}

}  // namespace zext::shim::daemon
