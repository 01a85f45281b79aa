#include "bench/jit/core_run.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "bench/jit/kernels.h"
#include "cli/image.h"
#include "cli/input.h"
#include "rtl_sim/model/model.h"

namespace zext::bench {
namespace {

constexpr uint64_t kMaxInstructions = 100'000'000;
constexpr uint64_t kMaxCyclesForOne = 2000;
const rtl_sim::MemoryRange kRam = {.base = cli::kStartAddress,
                                   .size = cli::kMemoryEnd - cli::kStartAddress};

object::Error converted(const rtl_sim::Error& error) {
  return {.where = error.where, .what = error.what, .hint = error.fix};
}

object::Error no_end(const std::string& what) {
  return {.where = "our core", .what = what, .hint = "zext run FILE shows the run"};
}

// Counts what retires within the text.
class Counter {
 public:
  explicit Counter(const Function& function)
      : size_(function.text.size()), work_(classify(function.text)) {
    cost_.bytes = size_;
  }

  bool retired(uint64_t pc, uint64_t cycle) {
    const uint64_t cycles = cycle - last_cycle_;
    last_cycle_ = cycle;
    const uint64_t offset = pc - cli::kTextAddress;
    if (offset >= size_) return false;
    ++cost_.instructions;
    cost_.cycles += cycles;
    ++cost_.work[static_cast<size_t>(work_[offset / 2])];
    return true;
  }

  const Cost& cost() const { return cost_; }

 private:
  uint64_t size_;
  std::vector<Work> work_;
  uint64_t last_cycle_ = 0;
  Cost cost_;
};

std::expected<CoreRun, object::Error> result_of(const rtl_sim::Model& model,
                                                const cli::Setting& setting, const Cost& cost) {
  if (*model.exited() != 0) return std::unexpected(no_end("the code trapped"));
  CoreRun run;
  run.cost = cost;
  const auto ram = model.memory();
  std::memcpy(&run.r0, &ram[cli::kResult - kRam.base], sizeof run.r0);
  const cli::Region& region = setting.regions.front();
  const auto bytes = ram.subspan(region.address - kRam.base, region.bytes.size());
  run.memory.assign(bytes.begin(), bytes.end());
  return run;
}

}  // namespace

std::expected<Function, object::Error> read_function(const std::string& file) {
  const auto bytes = cli::read_bytes(file);
  if (!bytes) return std::unexpected(bytes.error());
  const auto image = rtl_sim::load_elf(*bytes, {.memory = kRam, .require_tohost = false});
  if (!image) return std::unexpected(converted(image.error()));
  const auto end = image->symbol("text_end");
  const auto text =
      std::ranges::find(image->segments, cli::kTextAddress, &rtl_sim::Segment::address);
  if (!end || text == image->segments.end() || *end - cli::kTextAddress > text->bytes.size()) {
    return std::unexpected(object::Error{
        .where = file, .what = "not linked by kernel.ld", .hint = "build it by native_kernel"});
  }
  const auto size = static_cast<std::ptrdiff_t>(*end - cli::kTextAddress);
  Function function;
  function.text.assign(text->bytes.begin(), text->bytes.begin() + size);
  function.entry = static_cast<uint32_t>(image->entry - cli::kTextAddress);
  // Tables may share the text's segment; they stay where they were linked.
  if (text->memory_size() > function.text.size()) {
    rtl_sim::Segment rest = *text;
    rest.address += function.text.size();
    rest.bytes.erase(rest.bytes.begin(), rest.bytes.begin() + size);
    rest.size = rest.bytes.size();
    function.data.push_back(std::move(rest));
  }
  for (const rtl_sim::Segment& segment : image->segments) {
    if (segment.address != cli::kTextAddress) function.data.push_back(segment);
  }
  for (KernelHelper& known : kernel_helpers()) {
    const auto address = image->symbol(known.name);
    if (!address) continue;
    known.helper.address = *address;
    function.helpers.push_back(known.helper);
  }
  return function;
}

std::expected<CoreRun, object::Error> run_on_core(
    const Function& function, const cli::Setting& setting,
    const std::function<void(uint64_t pc, uint64_t cycle)>& retired, rtl_sim::Preset preset) {
  rtl_sim::Image image = cli::make_image(function.text, function.entry, setting);
  image.segments.insert(image.segments.end(), function.data.begin(), function.data.end());
  auto model = rtl_sim::Model::create({.memory = kRam, .preset = preset});
  if (!model) return std::unexpected(converted(model.error()));
  if (auto loaded = model->load(image); !loaded) return std::unexpected(converted(loaded.error()));
  Counter counter(function);
  for (uint64_t count = 0; !model->exited(); ++count) {
    const auto retirement = model->retire(kMaxCyclesForOne);
    if (!retirement || count == kMaxInstructions) {
      return std::unexpected(no_end(fmt::format("no end after {} instructions", count)));
    }
    if (counter.retired(retirement->pc, retirement->cycle)) {
      retired(retirement->pc, retirement->cycle);
    }
  }
  return result_of(*model, setting, counter.cost());
}

}  // namespace zext::bench
