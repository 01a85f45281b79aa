#include "kernel_shim/hosts/process/thread_state.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace zext::shim {
namespace {

// A thread's first CPU: threads are spread over them.
std::atomic<uint32_t> threads{0};

std::vector<ThreadState>& states() {
  thread_local std::vector<ThreadState> states;
  return states;
}

}  // namespace

ThreadState& thread_state(uint64_t host) {
  std::vector<ThreadState>& all = states();
  for (ThreadState& state : all) {
    if (state.host != host) continue;
    if (&state != &all.front() && all.front().depth == 0) std::swap(state, all.front());
    return all.front().host == host ? all.front() : state;
  }
  all.push_back(ThreadState{.host = host, .cpu = threads.fetch_add(1, std::memory_order_relaxed)});
  return all.back();
}

void forget_thread_state(uint64_t host) {
  std::erase_if(states(), [&](const ThreadState& state) { return state.host == host; });
}

}  // namespace zext::shim
