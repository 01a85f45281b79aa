// QEMU, one process for all requests: it shares RAM with this process, and sleeps until a byte
// comes by its UART. Memory of pages_alloc is not in the file that it has: it is copied there and
// back.

#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "kernel_shim/engines/machine/machine.h"
#include "rtl_sim/qemu/cpu.h"
#include "rtl_sim/qemu/process.h"

namespace zext::shim::machine {
namespace {

using rtl_sim::qemu::Process;

constexpr std::chrono::milliseconds kStallLimit{60'000};
constexpr uint64_t kPage = 4096;

std::vector<std::string> arguments(uint64_t size, int fd) {
  const std::string bytes = std::to_string(size);
  return {"qemu-system-riscv64",
          "-machine",
          "virt,memory-backend=ram",
          "-object",
          "memory-backend-file,id=ram,share=on,size=" + bytes + ",mem-path=/proc/self/fd/" +
              std::to_string(fd),
          "-m",
          bytes + "B",
          "-smp",
          "1",
          "-cpu",
          rtl_sim::qemu::kCpu,
          "-bios",
          "none",
          "-display",
          "none",
          "-monitor",
          "none",
          "-serial",
          "stdio",
          "-nodefaults",
          "-no-user-config"};
}

// Only pages that differ are written: somebody else may be looking at them.
void copy_changes(uint8_t* to, const uint8_t* from, uint64_t size) {
  for (uint64_t at = 0; at < size; at += kPage) {
    if (std::memcmp(to + at, from + at, kPage) != 0) std::memcpy(to + at, from + at, kPage);
  }
}

class Qemu : public Machine {
 public:
  Qemu(Ram& ram, uint8_t* view) : ram_(ram), view_(view) {}
  ~Qemu() override { munmap(view_, ram_.size()); }

  std::expected<void, std::string> request(const Serve& serve) override {
    for (const auto& [address, pages] : ram_.pages()) {
      copy_changes(at(pages.place), pages.place, pages.size);
    }
    if (auto begun = begin(); !begun) return begun;
    auto done = follow(serve);
    for (const auto& [address, pages] : ram_.pages()) {
      copy_changes(pages.place, at(pages.place), pages.size);
    }
    return done;
  }

  Platform platform() const override { return Platform::kUart; }
  uint64_t tick_nanoseconds() const override { return 100; }
  bool counts_cycles() const override { return false; }
  bool sees_text() const override { return false; }

 private:
  // The same place in QEMU's memory.
  uint8_t* at(const uint8_t* place) const { return view_ + (place - ram_.bytes()); }

  // The first request is there when QEMU starts.
  std::expected<void, std::string> begin() {
    if (process_) return send();
    const int inherited[] = {ram_.fd()};
    auto process = Process::start(arguments(ram_.size(), ram_.fd()), inherited);
    if (!process) return std::unexpected(process.error().message());
    process_.emplace(std::move(*process));
    return {};
  }

  std::expected<void, std::string> send() {
    if (process_->write("x")) return {};
    return std::unexpected(
        process_->ended_error(process_->ended().value_or("closed its input")).message());
  }

  std::expected<void, std::string> follow(const Serve& serve) {
    while (true) {
      const auto line = process_->read_line(kStallLimit);
      if (!line) return std::unexpected(line.error().message());
      if (line->starts_with('F')) return {};
      serve(ram_.mailbox());
      ram_.mailbox().answered = ram_.mailbox().asked;
      if (auto sent = send(); !sent) return sent;
    }
  }

  Ram& ram_;
  uint8_t* view_;  // of QEMU's memory
  std::optional<Process> process_;
};

}  // namespace

std::expected<std::unique_ptr<Machine>, std::string> make_qemu(Ram& ram) {
  void* view = mmap(nullptr, ram.size(), PROT_READ | PROT_WRITE, MAP_SHARED, ram.fd(), 0);
  if (view == MAP_FAILED) return std::unexpected("no memory for QEMU's");
  return std::make_unique<Qemu>(ram, static_cast<uint8_t*>(view));
}

}  // namespace zext::shim::machine
