// Events: where programs are attached, and making what happens there happen.
//
//   void* handle = events.arm("kprobe:do_unlinkat", cookie);
//   uint64_t decided = events.fire(shim, "kprobe:do_unlinkat", record);
//   events.disarm(handle);                       // it is fired no more when this returns
//
// Points are named as `zext shim fire` names them: kprobe:NAME, kretprobe:NAME, uprobe:PATH+OFFSET,
// uretprobe:PATH+OFFSET, tracepoint:CATEGORY/NAME, raw_tracepoint:NAME, fentry:NAME, fexit:NAME,
// tp_btf:NAME, lsm:NAME, perf:TYPE:CONFIG.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <shared_mutex>
#include <string>
#include <vector>

#include "kernel_shim/include/zext/kernel_shim.h"

namespace zext::shim::daemon {

class Events {
 public:
  void* arm(const std::string& point, uint64_t cookie);
  void disarm(void* handle);

  struct Fired {
    uint64_t programs = 0;  // attachments, which may have several programs each
    uint64_t decided = 1;
  };
  // Each attachment gets a copy of the event.
  Fired fire(kshim* shim, const std::string& point, const std::vector<uint8_t>& event);

  uint64_t count() const;
  // Each point and how many attachments it has.
  std::map<std::string, uint64_t> list() const;

 private:
  struct Attachment {
    std::string point;
    uint64_t cookie = 0;
  };
  mutable std::shared_mutex mutex_;
  std::list<Attachment> attachments_;
};

}  // namespace zext::shim::daemon
