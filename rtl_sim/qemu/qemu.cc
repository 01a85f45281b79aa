#include "rtl_sim/qemu/qemu.h"

#include <unistd.h>

#include <optional>
#include <sstream>
#include <utility>

#include "rtl_sim/qemu/effects.h"
#include "rtl_sim/qemu/machine.h"

namespace zext::rtl_sim::qemu {
namespace {

using Clock = std::chrono::steady_clock;

// Notices that QEMU makes no progress.
class Watchdog {
 public:
  explicit Watchdog(std::chrono::milliseconds limit) : limit_(limit) {}

  // Tells it how far QEMU is. Errors: as far as before, for longer than the limit.
  std::expected<void, Error> saw(uint64_t instructions) {
    const auto now = Clock::now();
    if (instructions != seen_) {
      seen_ = instructions;
      since_ = now;
    }
    if (now - since_ <= limit_) return {};
    return std::unexpected(Error{kStalled,
                                 "nothing retired for " + std::to_string(limit_.count()) +
                                     " ms after " + std::to_string(seen_) + " instructions",
                                 "the program waits for an interrupt or traps without a handler"});
  }

  void restart() { since_ = Clock::now(); }

 private:
  std::chrono::milliseconds limit_;
  uint64_t seen_ = UINT64_MAX;
  Clock::time_point since_ = Clock::now();
};

constexpr uint8_t mask_of(unsigned bytes) { return static_cast<uint8_t>((1u << bytes) - 1); }

void convert(const Record& record, uint64_t order, Retired& out) {
  Retirement& r = out.retirement;
  r.order = order;
  r.pc = record.pc;
  r.next_pc = record.next_pc;
  r.insn = record.insn;
  r.trap = (record.flags & Record::kTrap) != 0;
  r.interrupt = (record.flags & Record::kInterrupt) != 0;
  constexpr uint64_t kInterruptBit = uint64_t{1} << 63;
  r.cause = record.cause() | (r.interrupt && !r.trap ? kInterruptBit : 0);
  r.mode = static_cast<Mode>(record.mode());
  r.tval = r.trap ? record.mem_addr : 0;
  r.rd = record.rd;
  r.rd_value = record.rd_value;
  r.mem_addr = r.trap ? 0 : record.mem_addr;
  r.mem_paddr = record.bytes != 0 ? record.mem_paddr : 0;
  r.mem_rmask = mask_of(record.read_bytes());
  r.mem_wmask = mask_of(record.written_bytes());
  r.mem_rdata = record.read_bytes() != 0 ? record.mem_rdata : 0;
  r.mem_wdata = record.written_bytes() != 0 ? record.mem_wdata : 0;
  r.csr_write = (record.flags & Record::kCsrWrite) != 0;
  r.csr = r.csr_write ? static_cast<uint16_t>(record.insn >> 20) : 0;
  r.csr_value = r.csr_write ? record.mem_wdata : 0;
  out.wants_value = (record.flags & Record::kWantsValue) != 0;
  out.unknown = (record.flags & Record::kUnknown) != 0;
  out.corrected = (record.flags & Record::kCorrected) != 0;
}

}  // namespace

std::expected<Outcome, Error> run(const Image& image, const Options& options) {
  auto machine = Machine::start(image, options, /*stream=*/false);
  if (!machine) return std::unexpected(machine.error());
  if (auto gone = machine->go(); !gone) return std::unexpected(gone.error());

  constexpr long kNap = 2'000'000;  // nanoseconds
  Channel& channel = machine->channel();
  Watchdog watchdog(options.stall_limit);
  auto result = machine->result();
  while (!result) {
    channel.consumer.sleep(kNap, [&] { return channel.ended(); });
    const uint64_t retired = channel.produced.load(std::memory_order_relaxed);
    if (auto alive = watchdog.saw(retired); !alive) return std::unexpected(alive.error());
    result = machine->result();
  }
  if (!*result) return std::unexpected(result->error());
  for (const MemoryRange& range : options.dump) {
    const auto bytes = machine->memory().subspan(range.base - options.memory.base, range.size);
    (*result)->memory.emplace_back(bytes.begin(), bytes.end());
  }
  return **result;
}

class Stream::Impl {
 public:
  Impl(Machine machine, const Options& options)
      : machine_(std::move(machine)), memory_(options.memory), watchdog_(options.stall_limit) {}

  std::expected<void, Error> go() { return machine_.go(); }

  std::expected<const Retired*, Error> next() {
    if (consumed_ == produced_) [[unlikely]] {
      if (auto more = wait(); !more || !*more) {
        if (!more) return std::unexpected(more.error());
        return nullptr;
      }
    }
    convert(channel_.record(consumed_), consumed_, retired_);
    // Room is given back in lots, and so a QEMU that waits for it is woken up seldom.
    if (++consumed_ % kLot == 0) [[unlikely]]
      give_room();
    return &retired_;
  }

  void lead(const Retirement& leader) {
    Lead lead{.index = led_};
    // A handler whose first instruction traps does not show what it was entered for.
    if (leader.interrupt) {
      lead.flags |= Lead::kInterrupt;
      lead.cause = leader.trap ? Lead::kUnknownCause : static_cast<uint32_t>(leader.cause & 63);
    }
    if (leader.rd != 0 && may_differ(leader)) {
      lead.flags |= Lead::kValue;
      lead.value = leader.rd_value;
    }
    if (lead.flags != 0) [[unlikely]] {
      channel_.lead(leads_) = lead;
      channel_.leads.store(++leads_, std::memory_order_relaxed);
    }
    channel_.led.store(++led_, std::memory_order_release);
    channel_.producer.ring();
  }

  void end_lead() {
    channel_.led.store(UINT64_MAX, std::memory_order_release);
    channel_.producer.ring();
  }

  const Outcome& outcome() const { return outcome_; }
  std::span<const uint8_t> memory() const { return machine_.memory(); }
  int process_id() { return machine_.process().id(); }

 private:
  static constexpr uint64_t kLot = Channel::kRecords / 2;

  // Whether rd holds what QEMU cannot know: plugin.cc asks for it in the same cases.
  bool may_differ(const Retirement& leader) const {
    if (leader.trap) return false;
    if (leader.mem_rmask != 0) return !memory_.contains(leader.mem_paddr, 1);
    const Effects effects = effects_of(leader.insn);
    return effects.kind == Effects::Kind::kCsr && implementation_defined(effects.csr);
  }

  void give_room() {
    channel_.consumed.store(consumed_, std::memory_order_release);
    channel_.producer.ring();
  }

  bool look() {
    produced_ = channel_.produced.load(std::memory_order_acquire);
    return produced_ != consumed_;
  }

  // Whether there is a further record; false at the end of the run.
  std::expected<bool, Error> wait() {
    for (int i = 0; i < Channel::kSpins; ++i) {
      if (look()) return true;
      relax();
    }
    give_room();
    watchdog_.restart();
    while (!look()) {
      channel_.consumer.sleep(Channel::kSleep, [this] { return look() || channel_.ended(); });
      auto result = machine_.result();
      if (look()) return true;  // written before the end
      if (result) {
        if (!*result) return std::unexpected(result->error());
        outcome_ = std::move(**result);
        return false;
      }
      if (auto alive = watchdog_.saw(consumed_); !alive) return std::unexpected(alive.error());
    }
    return true;
  }

  Machine machine_;
  MemoryRange memory_;
  Channel& channel_ = machine_.channel();
  Watchdog watchdog_;
  uint64_t consumed_ = 0;
  uint64_t produced_ = 0;  // as last seen
  uint64_t led_ = 0;
  uint64_t leads_ = 0;
  Retired retired_;
  Outcome outcome_;
};

std::expected<Stream, Error> Stream::open(const Image& image, const Options& options) {
  auto machine = Machine::start(image, options, /*stream=*/true);
  if (!machine) return std::unexpected(machine.error());
  auto impl = std::make_unique<Impl>(std::move(*machine), options);
  if (auto gone = impl->go(); !gone) return std::unexpected(gone.error());
  return Stream(std::move(impl));
}

Stream::Stream(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Stream::Stream(Stream&&) noexcept = default;
Stream& Stream::operator=(Stream&&) noexcept = default;
Stream::~Stream() = default;

std::expected<const Retired*, Error> Stream::next() { return impl_->next(); }
void Stream::lead(const Retirement& leader) { impl_->lead(leader); }
void Stream::end_lead() { impl_->end_lead(); }
const Outcome& Stream::outcome() const { return impl_->outcome(); }
std::span<const uint8_t> Stream::memory() const { return impl_->memory(); }
int Stream::process_id() const { return impl_->process_id(); }

bool available(const std::string& program) {
  if (program.find('/') != std::string::npos) return access(program.c_str(), X_OK) == 0;
  const char* const path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (access((folder + "/" + program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

}  // namespace zext::rtl_sim::qemu
