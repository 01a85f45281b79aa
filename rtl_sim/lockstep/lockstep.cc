#include "rtl_sim/lockstep/lockstep.h"

#include <cstdio>
#include <cstring>
#include <utility>

#include "rtl_sim/lockstep/compare.h"

namespace zext::rtl_sim::lockstep {
namespace {

using Clock = std::chrono::steady_clock;

// The last retirements of one side.
class History {
 public:
  explicit History(unsigned capacity) : ring_(capacity) {}

  void add(const Retirement& retirement) {
    if (!ring_.empty()) ring_[count_++ % ring_.size()] = retirement;
  }

  std::vector<Retirement> oldest_first() const {
    std::vector<Retirement> all;
    const uint64_t kept = std::min<uint64_t>(count_, ring_.size());
    for (uint64_t i = count_ - kept; i < count_; ++i) all.push_back(ring_[i % ring_.size()]);
    return all;
  }

 private:
  std::vector<Retirement> ring_;
  uint64_t count_ = 0;
};

class Run {
 public:
  Run(Model model, qemu::Stream stream, const Options& options)
      : model_(std::move(model)),
        stream_(std::move(stream)),
        options_(options),
        core_history_(options.history),
        qemu_history_(options.history) {}

  std::expected<Report, Error> all(const OnRetire& on_retire);

 private:
  std::expected<bool, Error> step(const OnRetire& on_retire);
  bool supply(const Retirement& core, qemu::Retired& qemu);
  void compare_memory();
  void diverge(const Difference& difference, const Retirement& core, const qemu::Retired& qemu);
  void stuck(Field field, const std::string& hint);
  void qemu_stuck(const Error& error);

  Model model_;
  qemu::Stream stream_;
  const Options& options_;
  History core_history_;
  History qemu_history_;
  Report report_;
};

std::expected<Report, Error> Run::all(const OnRetire& on_retire) {
  const auto start = Clock::now();
  while (true) {
    auto more = step(on_retire);
    if (!more) return std::unexpected(more.error());
    if (!*more) break;
  }
  report_.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  report_.cycles = model_.cycles();
  for (const MemoryRange& range : options_.dump) {
    std::vector<uint8_t> bytes(range.size);
    if (auto read = model_.read(range.base, bytes); !read) return std::unexpected(read.error());
    report_.memory.push_back(std::move(bytes));
  }
  if (!report_.divergence) compare_memory();
  if (report_.divergence) {
    report_.stop = Report::Stop::kDiverged;
    report_.divergence->core_history = core_history_.oldest_first();
    report_.divergence->qemu_history = qemu_history_.oldest_first();
    return report_;
  }
  const qemu::Outcome& outcome = stream_.outcome();
  report_.tohost = outcome.tohost;
  report_.exit_code = outcome.exit_code;
  switch (outcome.stop) {
    case qemu::Outcome::Stop::kExited:
      report_.stop = Report::Stop::kExited;
      break;
    case qemu::Outcome::Stop::kHtifRequest:
      report_.stop = Report::Stop::kHtifRequest;
      break;
    case qemu::Outcome::Stop::kInstructionLimit:
      report_.stop = Report::Stop::kInstructionLimit;
      break;
  }
  return report_;
}

// Compares one instruction; false at the end of the run or at a divergence.
std::expected<bool, Error> Run::step(const OnRetire& on_retire) {
  auto next = stream_.next();
  if (!next && next.error().what != qemu::kStalled) return std::unexpected(next.error());
  if (!next) {
    qemu_stuck(next.error());
    return false;
  }
  if (*next == nullptr) return false;
  qemu::Retired qemu = **next;
  const auto core = model_.retire(options_.max_cycles_per_instruction);
  if (!core) {
    qemu_history_.add(qemu.retirement);
    stuck(Field::kCoreStuck,
          "nothing retired for " + std::to_string(options_.max_cycles_per_instruction) + " cycles");
    report_.divergence->qemu = qemu.retirement;
    return false;
  }
  const bool supplied = qemu.wants_value && supply(*core, qemu);
  core_history_.add(*core);
  qemu_history_.add(qemu.retirement);
  if (const auto d = difference(*core, qemu)) [[unlikely]] {
    diverge(*d, *core, qemu);
    return false;
  }
  report_.supplied_csr_reads += supplied;
  report_.corrected_results += qemu.corrected;
  ++report_.instructions;
  if (on_retire) on_retire(*core);
  return true;
}

// A CSR whose value the two may choose apart: QEMU goes on with the core's. False if they must not
// differ like this, or in what they read.
bool Run::supply(const Retirement& core, qemu::Retired& qemu) {
  if (core.insn != qemu.retirement.insn || core.rd != qemu.retirement.rd || core.trap) return false;
  const auto csr = static_cast<uint16_t>(core.insn >> 20);
  if (((core.rd_value ^ qemu.retirement.rd_value) & comparable_bits(csr)) != 0) return false;
  const bool differs = core.rd_value != qemu.retirement.rd_value;
  stream_.supply(core.rd_value);
  qemu.retirement.rd_value = core.rd_value;
  return differs;
}

void Run::diverge(const Difference& difference, const Retirement& core, const qemu::Retired& qemu) {
  Divergence& d = report_.divergence.emplace();
  d.index = report_.instructions;
  d.field = difference.field;
  d.core = core;
  d.qemu = qemu.retirement;
  d.core_value = difference.core;
  d.qemu_value = difference.qemu;
  d.hint = hint(d.field, core, qemu, options_.memory);
}

void Run::stuck(Field field, const std::string& hint) {
  Divergence& d = report_.divergence.emplace();
  d.index = report_.instructions;
  d.field = field;
  d.hint = hint;
}

// What the core does at this point mostly tells why.
void Run::qemu_stuck(const Error& error) {
  stuck(Field::kQemuStuck, error.message());
  const auto core = model_.retire(options_.max_cycles_per_instruction);
  if (!core) return;
  core_history_.add(*core);
  report_.divergence->core = *core;
  if (core->trap && !options_.memory.contains(core->next_pc, 2)) {
    report_.divergence->hint = "the program trapped, and there is no trap handler at its mtvec";
  }
}

// The core sends a store to memory a little before the store retires, so that memory may hold what
// instructions behind the last compared one write. Such bytes are no difference.
void Run::compare_memory() {
  constexpr size_t kBlock = 4096, kMost = 64;
  constexpr int kYounger = 4;  // more than the core has in flight behind memory
  const auto core = model_.memory(), qemu = stream_.memory();
  std::vector<std::pair<uint64_t, std::pair<uint8_t, uint8_t>>> differing;
  for (size_t block = 0; block < core.size(); block += kBlock) {
    if (std::memcmp(&core[block], &qemu[block], kBlock) == 0) continue;
    for (size_t i = block; i < block + kBlock && differing.size() < kMost; ++i) {
      if (core[i] != qemu[i]) differing.push_back({i + options_.memory.base, {core[i], qemu[i]}});
    }
  }
  for (int i = 0; i < kYounger && !differing.empty(); ++i) {
    const auto younger = model_.retire(options_.max_cycles_per_instruction);
    if (!younger) break;
    const auto bytes = static_cast<uint64_t>(__builtin_popcount(younger->mem_wmask));
    std::erase_if(differing, [&](const auto& d) { return d.first - younger->mem_addr < bytes; });
  }
  if (differing.empty()) return;
  Divergence& d = report_.divergence.emplace();
  d.index = report_.instructions;
  d.field = Field::kFinalMemory;
  d.address = differing[0].first;
  d.core_value = differing[0].second.first;
  d.qemu_value = differing[0].second.second;
  d.hint = "a store that neither side showed";
}

}  // namespace

std::expected<Report, Error> run(const Image& image, const Options& options,
                                 const OnRetire& on_retire) {
  qemu::Options qemu_options;
  qemu_options.max_instructions = options.max_instructions;
  qemu_options.memory = options.memory;
  qemu_options.dump = options.dump;
  qemu_options.stall_limit = options.stall_limit;
  qemu_options.program = options.qemu;
  qemu_options.supply_csr_reads = true;
  auto stream = qemu::Stream::open(image, qemu_options);
  if (!stream) return std::unexpected(stream.error());

  ModelConfig config;
  config.memory = options.memory;
  auto model = Model::create(config);
  if (!model) return std::unexpected(model.error());
  if (auto loaded = model->load(image); !loaded) return std::unexpected(loaded.error());
  if (options.fault) model->inject_fault(options.fault->order, options.fault->mask);

  return Run(std::move(*model), std::move(*stream), options).all(on_retire);
}

}  // namespace zext::rtl_sim::lockstep
