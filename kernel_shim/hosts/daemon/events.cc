#include "kernel_shim/hosts/daemon/events.h"

#include <algorithm>
#include <mutex>

namespace zext::shim::daemon {
namespace {

constexpr size_t kMostRecord = 8192;  // PERF_MAX_TRACE_SIZE

}  // namespace

void* Events::arm(const std::string& point, uint64_t cookie) {
  const std::unique_lock guard(mutex_);
  attachments_.push_back({.point = point, .cookie = cookie});
  return &attachments_.back();
}

void Events::disarm(void* handle) {
  const std::unique_lock guard(mutex_);
  attachments_.remove_if([handle](const Attachment& each) { return &each == handle; });
}

// The lock is held while programs run: that is what disarm() waits for.
Events::Fired Events::fire(kshim* shim, const std::string& point,
                           const std::vector<uint8_t>& event) {
  const std::shared_lock guard(mutex_);
  Fired fired;
  for (const Attachment& each : attachments_) {
    if (each.point != point) continue;
    // Room behind: the verifier lets programs read a record of the greatest size.
    std::vector<uint8_t> copy = event;
    copy.resize(std::max(event.size(), kMostRecord));
    const uint64_t decided = kshim_fire(shim, each.cookie, event.empty() ? nullptr : copy.data());
    if (decided == 0) fired.decided = 0;
    ++fired.programs;
  }
  return fired;
}

uint64_t Events::count() const {
  const std::shared_lock guard(mutex_);
  return attachments_.size();
}

std::map<std::string, uint64_t> Events::list() const {
  const std::shared_lock guard(mutex_);
  std::map<std::string, uint64_t> points;
  for (const Attachment& each : attachments_) ++points[each.point];
  return points;
}

}  // namespace zext::shim::daemon
