#include "rtl_sim/model/model.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <utility>

#include "rtl_sim/model/bus.h"
#include "rtl_sim/model/bytes.h"
#include "rtl_sim/model/hang.h"
#include "rtl_sim/model/htif.h"
#include "rtl_sim/model/text.h"
#include "rtl_sim/model/uart.h"

namespace zext::rtl_sim {
namespace {

// The last cycles before the limit of a run are watched, for the report of a hang.
constexpr uint64_t kWatchedCycles = 1'000;

// QEMU's `virt` has its UART here, too.
constexpr MemoryRange kUart{.base = 0x1000'0000, .size = 0x100};
constexpr unsigned kUartSource = 10;

constexpr uint64_t kSnapshotMagic = 0x3174'6f68'7370'616e;  // "napshot1"

std::unexpected<Error> outside_memory(const MemoryRange& range, const MemoryRange& memory) {
  return std::unexpected(Error{"outside memory", text(range), "main memory is " + text(memory)});
}

}  // namespace

class Model::Impl {
 public:
  static std::expected<std::unique_ptr<Impl>, Error> create(const ModelConfig& config);

  std::expected<void, Error> load(const Image& image);
  std::expected<void, Error> start(uint64_t pc);
  std::optional<Retirement> retire(uint64_t max_cycles);
  Outcome run(const RunLimits& limits);
  std::expected<void, Error> read(uint64_t address, std::span<uint8_t> bytes);
  std::expected<void, Error> write(uint64_t address, std::span<const uint8_t> bytes);
  std::vector<uint8_t> snapshot() const;
  bool restore(std::span<const uint8_t> state);

  Bus& bus() { return *bus_; }
  Simulation& simulation() { return *simulation_; }
  const std::string& console() const { return console_; }
  std::optional<uint64_t> exit_code() const { return exit_code_; }

  void send_console(std::string_view text) {
    if (uart_) uart_->receive(text);
    htif_.receive(text);
  }

 private:
  explicit Impl(const ModelConfig& config)
      : config_(config), htif_([this](std::string_view text) { print(text); }) {}

  std::expected<void, Error> power_on();
  std::expected<void, Error> check(const Image& image);
  std::expected<void, Error> check_start(uint64_t pc) const;
  void print(std::string_view text);
  void enqueue();
  void settle();
  void place(uint64_t address, std::span<const uint8_t> bytes);
  Retirement deliver();
  void note_store(const Retirement& retirement);
  bool deliver_until(const RunLimits& limits, Outcome& outcome, Hang* hang);
  bool run_until(uint64_t end, const RunLimits& limits, Outcome& outcome, Hang* hang);

  ModelConfig config_;
  std::shared_ptr<Uart> uart_;
  std::unique_ptr<Bus> bus_;
  std::unique_ptr<Simulation> simulation_;
  Htif htif_;
  std::string console_;

  std::deque<Retirement> queue_;  // retired, but not handed out
  std::optional<Retirement> last_;
  std::optional<uint64_t> exit_code_;
  uint64_t tohost_ = 0;    // the last value stored there
  bool unserved_ = false;  // which is a request that run() stops for
};

std::expected<std::unique_ptr<Model::Impl>, Error> Model::Impl::create(const ModelConfig& config) {
  if (config.miss_latency == 1 || config.miss_latency > UINT16_MAX) {
    return std::unexpected(Error{"impossible miss latency", std::to_string(config.miss_latency),
                                 "give 2 to 65535 cycles, or 0 for the preset's own"});
  }
  std::unique_ptr<Impl> impl(new Impl(config));
  std::vector<DeviceMapping> devices = config.devices;
  if (config.uart) {
    impl->uart_ = std::make_shared<Uart>([target = impl.get()](char c) { target->print({&c, 1}); });
    devices.push_back({.range = kUart, .device = impl->uart_, .source = kUartSource});
  }
  auto bus = Bus::create(config.memory, config.regions, std::move(devices), config.memory_bytes);
  if (!bus) return std::unexpected(bus.error());
  impl->bus_ = std::move(*bus);
  if (auto made = impl->power_on(); !made) return std::unexpected(made.error());
  impl->simulation_->reset(config.memory.base);
  return impl;
}

// A verilated core that no program has run on.
std::expected<void, Error> Model::Impl::power_on() {
  // One at a time, since both would write to the same trace file.
  simulation_.reset();
  auto simulation = make_simulation(config_.preset, {.bus = bus_.get(),
                                                     .miss_latency = config_.miss_latency,
                                                     .seed = config_.seed,
                                                     .trace_file = config_.trace_file,
                                                     .trace_from = config_.trace_from,
                                                     .trace_to = config_.trace_to});
  if (!simulation) return std::unexpected(simulation.error());
  simulation_ = std::move(*simulation);
  return {};
}

void Model::Impl::print(std::string_view text) {
  console_ += text;
  if (config_.console) config_.console(text);
}

std::expected<void, Error> Model::Impl::check(const Image& image) {
  const auto outside = [&](uint64_t address, uint64_t bytes) {
    return outside_memory({.base = address, .size = bytes}, config_.memory);
  };
  for (const Segment& segment : image.segments) {
    const uint64_t size = segment.memory_size();
    if (size != 0 && bus_->memory(segment.address, size).empty()) {
      return outside(segment.address, size);
    }
  }
  if (image.tohost && !config_.memory.contains(*image.tohost, sizeof(uint64_t))) {
    return outside(*image.tohost, sizeof(uint64_t));
  }
  return check_start(image.entry);
}

std::expected<void, Error> Model::Impl::check_start(uint64_t pc) const {
  if ((pc & 1) == 0 && config_.memory.contains(pc, 2)) return {};
  return std::unexpected(Error{"cannot start there", hex(pc), "give an even address in memory"});
}

std::expected<void, Error> Model::Impl::load(const Image& image) {
  if (auto checked = check(image); !checked) return checked;
  if (auto made = power_on(); !made) return made;
  bus_->reset();
  console_.clear();
  queue_.clear();
  if (auto started = start(image.entry); !started) return started;
  htif_.set(image.tohost, image.symbol("fromhost"));
  for (const Segment& segment : image.segments) {
    std::ranges::copy(segment.bytes, bus_->memory(segment.address, segment.memory_size()).begin());
  }
  return {};
}

std::expected<void, Error> Model::Impl::start(uint64_t pc) {
  if (auto checked = check_start(pc); !checked) return checked;
  // What was committed is kept, even if nobody has asked for it yet.
  for (const Retirement& retirement : queue_) simulation_->count(retirement);
  queue_.clear();
  simulation_->publish();
  simulation_->reset(pc);
  exit_code_.reset();
  unserved_ = false;
  last_.reset();
  return {};
}

void Model::Impl::enqueue() {
  const Bundle bundle = simulation_->bundle();
  for (unsigned i = 0; i < bundle.count; ++i) queue_.push_back(bundle.lanes[i]);
}

// Runs until a write of the host cannot miss a line on its way to the cache: some cycles, as a real
// host would need too. A program that never lets go of the cache is written to all the same.
void Model::Impl::settle() {
  constexpr int kMostCycles = 10'000;
  for (int i = 0; i < kMostCycles && !simulation_->settled(); ++i) {
    if (simulation_->run(1, {}, true).stopped) enqueue();
  }
}

// Takes the next one out of the queue.
Retirement Model::Impl::deliver() {
  const Retirement retirement = queue_.front();
  queue_.pop_front();
  simulation_->count(retirement);
  last_ = retirement;
  if (retirement.mem_wmask != 0 && retirement.mem_paddr == htif_.tohost()) note_store(retirement);
  return retirement;
}

void Model::Impl::note_store(const Retirement& retirement) {
  // Half a word changes only half of it.
  uint64_t value = retirement.mem_wdata;
  if (retirement.mem_wmask == 0x0f) {
    std::array<uint8_t, 4> high{};
    if (read(retirement.mem_paddr + 4, high)) {
      for (unsigned i = 0; i < 4; ++i) value |= uint64_t{high[i]} << (32 + 8 * i);
    }
  }
  if (value == 0) return;
  tohost_ = value;
  Htif::Result result;
  if (config_.serve_htif) {
    result = htif_.request(value, [this](uint64_t address, std::span<uint8_t> bytes) {
      return read(address, bytes).has_value();
    });
  } else if ((value & 1) != 0) {
    result = {.kind = Htif::Result::Kind::kExit, .exit_code = value >> 1, .answers = {}};
  }
  switch (result.kind) {
    case Htif::Result::Kind::kExit:
      exit_code_ = result.exit_code;
      break;
    case Htif::Result::Kind::kServed:
      for (const Htif::Write& answer : result.answers) {
        std::array<uint8_t, sizeof answer.value> bytes;
        std::memcpy(bytes.data(), &answer.value, bytes.size());
        place(answer.address, bytes);
      }
      break;
    case Htif::Result::Kind::kUnknown:
      unserved_ = true;
      break;
  }
}

std::optional<Retirement> Model::Impl::retire(uint64_t max_cycles) {
  if (queue_.empty()) {
    bus_->poll();
    if (simulation_->run(max_cycles, {}, true).stopped) enqueue();
  }
  if (queue_.empty()) return std::nullopt;
  return deliver();
}

// Hands out what is in the queue; true if the run ends with one of them.
bool Model::Impl::deliver_until(const RunLimits& limits, Outcome& outcome, Hang* hang) {
  while (!queue_.empty()) {
    const Retirement retirement = deliver();
    if (hang != nullptr) hang->retired(retirement);
    if (exit_code_ || unserved_) {
      outcome.stop = exit_code_ ? Outcome::Stop::kExited : Outcome::Stop::kHtifRequest;
      outcome.tohost = tohost_;
      outcome.exit_code = exit_code_.value_or(tohost_ >> 1);
      return true;
    }
    if (limits.until_pc == retirement.next_pc) {
      outcome.stop = Outcome::Stop::kPc;
      return true;
    }
  }
  return false;
}

// Runs up to cycle `end`; true if the run ends before. With `hang` all that retires is handed out.
bool Model::Impl::run_until(uint64_t end, const RunLimits& limits, Outcome& outcome, Hang* hang) {
  const Simulation::Watch watch{.tohost = htif_.tohost().value_or(UINT64_MAX),
                                .pc = limits.until_pc.value_or(UINT64_MAX)};
  while (true) {
    if (deliver_until(limits, outcome, hang)) return true;
    if (simulation_->cycle() >= end) return false;
    if (simulation_->run(end - simulation_->cycle(), watch, hang != nullptr).stopped) enqueue();
  }
}

Outcome Model::Impl::run(const RunLimits& limits) {
  bus_->poll();
  unserved_ = false;  // the caller has seen it
  Outcome outcome;
  if (exit_code_) {
    outcome.stop = Outcome::Stop::kExited;
    outcome.exit_code = *exit_code_;
    outcome.tohost = tohost_;
    return outcome;
  }
  const uint64_t first_instruction = simulation_->instructions();
  const uint64_t start = simulation_->cycle();
  const uint64_t end = start + std::min(limits.max_cycles, UINT64_MAX - start);
  const uint64_t closely = std::min(end - start, kWatchedCycles);
  if (!run_until(end - closely, limits, outcome, nullptr)) {
    // What retired last may not have been handed out one by one.
    if (const Bundle bundle = simulation_->bundle(); bundle.count != 0) {
      last_ = bundle.lanes[bundle.count - 1];
    }
    Hang hang(simulation_->lost());
    if (!run_until(end, limits, outcome, &hang)) {
      outcome.hang = hang.report(closely, simulation_->lost(), last_);
    }
  }
  outcome.cycles = simulation_->cycle() - start;
  outcome.instructions = simulation_->instructions() - first_instruction;
  return outcome;
}

std::expected<void, Error> Model::Impl::read(uint64_t address, std::span<uint8_t> bytes) {
  if (bytes.empty()) return {};
  const auto memory = bus_->memory(address, bytes.size());
  if (memory.empty()) {
    return outside_memory({.base = address, .size = bytes.size()}, config_.memory);
  }
  simulation_->publish();
  std::ranges::copy(memory, bytes.begin());
  return {};
}

// Nothing if it is outside memory.
void Model::Impl::place(uint64_t address, std::span<const uint8_t> bytes) {
  const auto memory = bus_->memory(address, bytes.size());
  if (memory.empty()) return;
  settle();
  std::ranges::copy(bytes, memory.begin());
  simulation_->patch(address, bytes);
}

std::expected<void, Error> Model::Impl::write(uint64_t address, std::span<const uint8_t> bytes) {
  if (bytes.empty()) return {};
  if (bus_->memory(address, bytes.size()).empty()) {
    return outside_memory({.base = address, .size = bytes.size()}, config_.memory);
  }
  place(address, bytes);
  return {};
}

std::vector<uint8_t> Model::Impl::snapshot() const {
  std::vector<uint8_t> state;
  put(state, kSnapshotMagic);
  put(state, config_.preset);
  bus_->save(state);
  simulation_->save(state);
  htif_.save(state);
  put_block(state, {reinterpret_cast<const uint8_t*>(console_.data()), console_.size()});
  put(state, uint64_t{queue_.size()});
  for (const Retirement& retirement : queue_) put(state, retirement);
  put(state, last_);
  put(state, exit_code_);
  put(state, tohost_);
  put(state, unserved_);
  return state;
}

bool Model::Impl::restore(std::span<const uint8_t> state) {
  uint64_t magic = 0, queued = 0;
  Preset preset{};
  std::span<const uint8_t> printed;
  if (!get(state, magic) || magic != kSnapshotMagic || !get(state, preset) ||
      preset != config_.preset || !bus_->restore(state) || !simulation_->restore(state) ||
      !htif_.restore(state) || !get_block(state, printed) || !get(state, queued) ||
      queued > state.size() / sizeof(Retirement)) {
    return false;
  }
  console_.assign(printed.begin(), printed.end());
  queue_.resize(queued);
  for (Retirement& retirement : queue_) get(state, retirement);
  if (!get(state, last_)) return false;
  return get(state, exit_code_) && get(state, tohost_) && get(state, unserved_) && state.empty();
}

std::expected<Model, Error> Model::create(const ModelConfig& config) {
  auto impl = Impl::create(config);
  if (!impl) return std::unexpected(impl.error());
  return Model(std::move(*impl));
}

Model::Model(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Model::Model(Model&&) noexcept = default;
Model& Model::operator=(Model&&) noexcept = default;
Model::~Model() = default;

std::expected<void, Error> Model::load(const Image& image) { return impl_->load(image); }

std::optional<Retirement> Model::retire(uint64_t max_cycles) { return impl_->retire(max_cycles); }

Outcome Model::run(const RunLimits& limits) { return impl_->run(limits); }

std::optional<uint64_t> Model::exited() const { return impl_->exit_code(); }

uint64_t Model::reg(unsigned index) const {
  return index < 32 ? impl_->simulation().registers()[index] : 0;
}

void Model::set_reg(unsigned index, uint64_t value) {
  if (index > 0 && index < 32) impl_->simulation().set_register(index, value);
}

std::expected<void, Error> Model::set_pc(uint64_t pc) { return impl_->start(pc); }

std::expected<void, Error> Model::read(uint64_t address, std::span<uint8_t> bytes) const {
  return impl_->read(address, bytes);
}

std::expected<void, Error> Model::write(uint64_t address, std::span<const uint8_t> bytes) {
  auto written = impl_->write(address, bytes);
  if (written) impl_->simulation().forget_instructions();
  return written;
}

std::span<const uint8_t> Model::memory() const {
  impl_->simulation().publish();
  return impl_->bus().ram().bytes();
}

const std::string& Model::console() const { return impl_->console(); }
void Model::send_console(std::string_view text) { impl_->send_console(text); }

uint64_t Model::cycles() const { return impl_->simulation().cycle(); }
uint64_t Model::instructions() const { return impl_->simulation().instructions(); }

std::array<uint64_t, kLostCauses> Model::lost_cycles() const {
  std::array<uint64_t, kLostCauses> lost{};
  std::copy_n(impl_->simulation().lost().begin(), lost.size(), lost.begin());
  return lost;
}

std::vector<uint8_t> Model::snapshot() const { return impl_->snapshot(); }

std::expected<void, Error> Model::restore(std::span<const uint8_t> snapshot) {
  if (impl_->restore(snapshot)) return {};
  return std::unexpected(Error{"not a snapshot of such a model",
                               std::to_string(snapshot.size()) + " bytes",
                               "restore into the configuration and build that made it"});
}

void Model::inject_fault(uint64_t order, uint64_t mask) {
  impl_->simulation().inject_fault(order, mask);
}

void Model::set_interrupts(bool software, bool timer, bool external) {
  impl_->simulation().set_interrupts(software, timer, external);
}

}  // namespace zext::rtl_sim
