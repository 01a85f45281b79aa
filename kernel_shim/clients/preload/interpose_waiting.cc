// epoll_ctl(2), poll(2), ppoll(2), select(2): waiting for an object.

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <time.h>

#include "kernel_shim/clients/preload/descriptors.h"
#include "kernel_shim/clients/preload/system.h"
#include "kernel_shim/clients/preload/waiting.h"

namespace zext::shim::preload {
namespace {

using daemon::Op;

// Objects in epolls. Few: a program has one ring, or a perf event for each CPU.
struct Waiting {
  int epoll = -1;
  int fd = -1;
  int event = -1;  // the eventfd that stands for it
};
constexpr int kMaxWaiting = 4096;
Waiting waiting[kMaxWaiting];
int waiting_count = 0;
pthread_mutex_t waiting_mutex = PTHREAD_MUTEX_INITIALIZER;

Waiting* find(int epoll, int fd) {
  for (int i = 0; i < waiting_count; ++i) {
    if (waiting[i].epoll == epoll && waiting[i].fd == fd) return &waiting[i];
  }
  return nullptr;
}

void remove_entry(Waiting* entry) {
  system_call(SYS_epoll_ctl, entry->epoll, EPOLL_CTL_DEL, entry->event);
  system_call(SYS_close, entry->event);
  *entry = waiting[--waiting_count];
}

// What the object has now, and with `event` its eventfd: revents, or a negative errno.
long poll_object(int fd, int* event) {
  daemon::Request request{.op = Op::kPoll, .number = fd};
  request.arguments[0] = event != nullptr ? 1 : 0;
  return ask(request, {}, nullptr, event);
}

long control(int epoll, int operation, int fd, epoll_event* event) {
  pthread_mutex_lock(&waiting_mutex);
  Waiting* entry = find(epoll, fd);
  long result = 0;
  if (operation == EPOLL_CTL_DEL) {
    if (entry == nullptr) {
      result = -ENOENT;
    } else {
      remove_entry(entry);
    }
  } else if (event == nullptr) {
    result = -EFAULT;
  } else {
    // Nobody drains it: each write is an edge.
    epoll_event edge = *event;
    edge.events |= EPOLLET;
    if (operation == EPOLL_CTL_MOD) {
      result = entry == nullptr
                   ? -ENOENT
                   : system_call(SYS_epoll_ctl, epoll, EPOLL_CTL_MOD, entry->event, address(&edge));
    } else if (entry != nullptr) {
      result = -EEXIST;
    } else if (waiting_count == kMaxWaiting) {
      result = -ENOSPC;
    } else {
      int stand_in = -1;
      result = poll_object(fd, &stand_in);
      if (result >= 0 && stand_in < 0) result = -EPERM;
      if (result >= 0) {
        result = system_call(SYS_epoll_ctl, epoll, EPOLL_CTL_ADD, stand_in, address(&edge));
        if (result == 0) {
          waiting[waiting_count++] = {.epoll = epoll, .fd = fd, .event = stand_in};
        } else {
          system_call(SYS_close, stand_in);
        }
      }
    }
  }
  pthread_mutex_unlock(&waiting_mutex);
  return result;
}

// poll(2) with objects among the descriptors: their stand-ins take their places.
struct Substitution {
  static constexpr nfds_t kMax = 256;
  pollfd copies[kMax];
  bool ours[kMax];
  nfds_t count = 0;
  int ready = 0;  // objects that have something already

  // False: there is no object among them, or too many.
  bool prepare(pollfd* fds, nfds_t number) {
    if (number > kMax || fds == nullptr) return false;
    bool any = false;
    count = number;
    for (nfds_t i = 0; i < number; ++i) {
      copies[i] = fds[i];
      fds[i].revents = 0;
      ours[i] = is_ours(fds[i].fd);
      if (!ours[i]) continue;
      any = true;
      copies[i].fd = -1;
      const long events = poll_object(fds[i].fd, &copies[i].fd);
      if (events < 0) continue;
      copies[i].events = POLLIN;
      fds[i].revents = static_cast<short>(events & fds[i].events);
      if (fds[i].revents != 0) ++ready;
      // What it was written before is answered; only what comes now counts.
      uint64_t written = 0;
      system_call(SYS_read, copies[i].fd, address(&written), sizeof written);
    }
    return any;
  }
  // Between prepare() and the wait something may have come: asked again, after the draining.
  void recheck(pollfd* fds) {
    for (nfds_t i = 0; i < count; ++i) {
      if (!ours[i] || fds[i].revents != 0) continue;
      const long events = poll_object(fds[i].fd, nullptr);
      if (events <= 0) continue;
      fds[i].revents = static_cast<short>(events & fds[i].events);
      if (fds[i].revents != 0) ++ready;
    }
  }
  int finish(pollfd* fds) {
    int result = 0;
    for (nfds_t i = 0; i < count; ++i) {
      if (ours[i]) {
        if (fds[i].revents == 0 && (copies[i].revents & POLLIN) != 0) {
          const long events = poll_object(fds[i].fd, nullptr);
          if (events > 0) fds[i].revents = static_cast<short>(events & fds[i].events);
        }
        if (copies[i].fd >= 0) system_call(SYS_close, copies[i].fd);
      } else {
        fds[i].revents = copies[i].revents;
      }
      if (fds[i].revents != 0) ++result;
    }
    return result;
  }
};

int wait_for(Substitution& substitution, pollfd* fds, const timespec* timeout,
             const sigset_t* mask) {
  substitution.recheck(fds);
  timespec rest{};
  if (substitution.ready == 0 && timeout != nullptr) rest = *timeout;
  const bool forever = substitution.ready == 0 && timeout == nullptr;
  const long result =
      system_call(SYS_ppoll, address(substitution.copies), static_cast<long>(substitution.count),
                  forever ? 0 : address(&rest), address(mask), _NSIG / 8);
  const int found = substitution.finish(fds);
  return result < 0 && found == 0 ? static_cast<int>(with_errno(result)) : found;
}

}  // namespace

void forget_waiting(int fd) {
  pthread_mutex_lock(&waiting_mutex);
  for (int i = waiting_count - 1; i >= 0; --i) {
    if (waiting[i].fd == fd) remove_entry(&waiting[i]);
  }
  pthread_mutex_unlock(&waiting_mutex);
}

}  // namespace zext::shim::preload

namespace preload = zext::shim::preload;

extern "C" {

int epoll_ctl(int epoll, int operation, int fd, epoll_event* event) noexcept {
  if (preload::is_ours(fd)) {
    return static_cast<int>(preload::with_errno(preload::control(epoll, operation, fd, event)));
  }
  return static_cast<int>(preload::with_errno(
      preload::system_call(SYS_epoll_ctl, epoll, operation, fd, preload::address(event))));
}

int poll(pollfd* fds, nfds_t count, int timeout) {
  preload::Substitution substitution;
  if (!preload::enabled() || !substitution.prepare(fds, count)) {
    using Function = int(pollfd*, nfds_t, int);
    static Function* found = nullptr;
    return preload::next_function(found, "poll")(fds, count, timeout);
  }
  const timespec limit = {.tv_sec = timeout / 1000, .tv_nsec = timeout % 1000 * 1'000'000L};
  return preload::wait_for(substitution, fds, timeout < 0 ? nullptr : &limit, nullptr);
}

int ppoll(pollfd* fds, nfds_t count, const timespec* timeout, const sigset_t* mask) {
  preload::Substitution substitution;
  if (!preload::enabled() || !substitution.prepare(fds, count)) {
    using Function = int(pollfd*, nfds_t, const timespec*, const sigset_t*);
    static Function* found = nullptr;
    return preload::next_function(found, "ppoll")(fds, count, timeout, mask);
  }
  return preload::wait_for(substitution, fds, timeout, mask);
}

}  // extern "C"
