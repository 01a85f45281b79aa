#include "rtl_sim/lockstep/lockstep.h"

#include <algorithm>
#include <cstring>
#include <deque>
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
  Run(Model model, qemu::Stream stream, std::optional<uint64_t> tohost, const Options& options)
      : model_(std::move(model)),
        stream_(std::move(stream)),
        tohost_(tohost),
        options_(options),
        core_history_(options.history),
        qemu_history_(options.history) {}

  std::expected<Report, Error> all(const OnRetire& on_retire);

 private:
  void run_core();
  bool ends(const Retirement& core) const;
  std::expected<bool, Error> step(const OnRetire& on_retire);
  bool supply(const Retirement& core, qemu::Retired& qemu);
  void compare_memory();
  void diverge(const Difference& difference, const Retirement& core, const qemu::Retired& qemu);
  void stuck(Field field, const std::string& hint);
  void qemu_stuck(const Error& error);

  Model model_;
  qemu::Stream stream_;
  std::optional<uint64_t> tohost_;
  const Options& options_;
  std::deque<Retirement> ahead_;  // what the core retired and QEMU did not yet
  uint64_t retired_ = 0;          // by the core
  bool core_ended_ = false;       // it has come to the program's end, or it hangs
  History core_history_;
  History qemu_history_;
  Report report_;
};

// Lets the core run ahead in lots, so that QEMU has work while it does.
void Run::run_core() {
  constexpr size_t kFew = 256, kLot = 1024;
  static_assert(kLot <= qemu::kMostAhead);
  if (core_ended_ || ahead_.size() >= kFew) return;
  while (!core_ended_ && ahead_.size() < kLot) {
    const auto core = model_.retire(options_.max_cycles_per_instruction);
    core_ended_ = !core || ++retired_ == options_.max_instructions || ends(*core);
    if (!core) break;
    ahead_.push_back(*core);
    stream_.lead(*core);
  }
  if (core_ended_) stream_.end_lead();
}

// A store to `tohost`: where QEMU ends, too.
bool Run::ends(const Retirement& core) const {
  return core.mem_wmask != 0 && core.mem_wdata != 0 && tohost_ && core.mem_paddr == *tohost_;
}

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
  run_core();
  auto next = stream_.next();
  if (!next && next.error().what != qemu::kStalled) return std::unexpected(next.error());
  if (!next) {
    qemu_stuck(next.error());
    return false;
  }
  if (*next == nullptr) return false;
  qemu::Retired qemu = **next;
  if (ahead_.empty()) {
    qemu_history_.add(qemu.retirement);
    stuck(Field::kCoreStuck,
          "nothing retired for " + std::to_string(options_.max_cycles_per_instruction) + " cycles");
    report_.divergence->qemu = qemu.retirement;
    return false;
  }
  const Retirement core = ahead_.front();
  ahead_.pop_front();
  const bool supplied = qemu.wants_value && supply(core, qemu);
  core_history_.add(core);
  qemu_history_.add(qemu.retirement);
  if (const auto d = difference(core, qemu)) [[unlikely]] {
    diverge(*d, core, qemu);
    return false;
  }
  report_.supplied_csr_reads += supplied;
  report_.interrupts += core.interrupt;
  report_.corrected_results += qemu.corrected;
  ++report_.instructions;
  if (on_retire) on_retire(core);
  return true;
}

// What the two may read differently: QEMU went on with the core's value. False if they must not
// differ like this, or do not.
bool Run::supply(const Retirement& core, qemu::Retired& retired) {
  Retirement& qemu = retired.retirement;
  if (core.insn != qemu.insn || core.rd != qemu.rd || core.trap) return false;
  // Whether an SC to x0 succeeded QEMU does not show; memory is compared at the end.
  constexpr uint32_t kScMask = 0xf800'007f, kSc = 0x1800'002f;
  if ((core.insn & kScMask) == kSc) {
    qemu.mem_addr = core.mem_addr;
    qemu.mem_paddr = core.mem_paddr;
    qemu.mem_wmask = core.mem_wmask;
    qemu.mem_wdata = core.mem_wdata;
    return false;
  }
  const bool device = core.mem_rmask != 0;
  const uint64_t comparable = device ? 0 : comparable_bits(static_cast<uint16_t>(core.insn >> 20));
  if (((core.rd_value ^ qemu.rd_value) & comparable) != 0) return false;
  const bool differs = core.rd_value != qemu.rd_value;
  qemu.rd_value = core.rd_value;
  if (device) qemu.mem_rdata = core.mem_rdata;
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
  if (ahead_.empty()) return;
  const Retirement& core = ahead_.front();
  core_history_.add(core);
  report_.divergence->core = core;
  if (core.trap && !options_.memory.contains(core.next_pc, 2)) {
    report_.divergence->hint = "the program trapped, and there is no trap handler at its mtvec";
  }
}

// The core's stores are on their way to memory for a while, and it goes on: bytes that its next
// instructions store are no difference, nor are those that arrive while these are executed.
void Run::compare_memory() {
  constexpr size_t kBlock = 4096, kMost = 4096;
  constexpr int kYounger = 500;
  std::vector<uint64_t> differing;  // offsets
  const auto compare = [&, qemu = stream_.memory()](std::span<const uint8_t> core) {
    for (size_t block = 0; block < core.size(); block += kBlock) {
      if (std::memcmp(&core[block], &qemu[block], kBlock) == 0) continue;
      for (size_t i = block; i < block + kBlock && differing.size() < kMost; ++i) {
        if (core[i] != qemu[i]) differing.push_back(i);
      }
    }
  };
  compare(model_.memory());
  if (differing.empty()) return;
  std::vector<std::pair<uint64_t, uint64_t>> stored;  // by younger instructions: offset, bytes
  for (int i = 0; i < kYounger; ++i) {
    const auto younger = model_.retire(options_.max_cycles_per_instruction);
    if (!younger) break;
    const auto bytes = static_cast<uint64_t>(__builtin_popcount(younger->mem_wmask));
    if (bytes != 0) stored.push_back({younger->mem_paddr - options_.memory.base, bytes});
  }
  const auto core = model_.memory(), qemu = stream_.memory();
  std::erase_if(differing, [&](uint64_t at) {
    return core[at] == qemu[at] || std::ranges::any_of(stored, [at](const auto& store) {
             return at - store.first < store.second;
           });
  });
  if (differing.empty()) return;
  Divergence& d = report_.divergence.emplace();
  d.index = report_.instructions;
  d.field = Field::kFinalMemory;
  d.address = options_.memory.base + differing[0];
  d.core_value = core[differing[0]];
  d.qemu_value = qemu[differing[0]];
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
  qemu_options.follow = true;
  qemu_options.pmp_entries = options.preset == Preset::kBig ? 16 : 8;
  auto stream = qemu::Stream::open(image, qemu_options);
  if (!stream) return std::unexpected(stream.error());

  ModelConfig config;
  config.memory = options.memory;
  config.preset = options.preset;
  config.serve_htif = false;  // QEMU's does not exist
  auto model = Model::create(config);
  if (!model) return std::unexpected(model.error());
  if (auto loaded = model->load(image); !loaded) return std::unexpected(loaded.error());
  if (options.fault) model->inject_fault(options.fault->order, options.fault->mask);

  return Run(std::move(*model), std::move(*stream), image.tohost, options).all(on_retire);
}

}  // namespace zext::rtl_sim::lockstep
