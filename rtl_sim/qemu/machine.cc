#include "rtl_sim/qemu/machine.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

#include "rtl_sim/qemu/cpu.h"

namespace zext::rtl_sim::qemu {

// The plugin's shared object, linked into this program: see BUILD.
extern const unsigned char kPlugin[];
extern const size_t kPluginSize;

namespace {

constexpr uint64_t kVirtMemoryBase = 0x8000'0000;  // where QEMU's machine `virt` has its memory
constexpr uint64_t kPage = 8192;                   // what QEMU rounds a memory's size to

std::string hex(uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "%#lx", value);
  return text;
}

std::string range_text(uint64_t address, uint64_t size) {
  return std::to_string(size) + " bytes at " + hex(address);
}

std::expected<void, Error> check(const Image& image, const Options& options) {
  const MemoryRange& memory = options.memory;
  const std::string have = "memory is " + range_text(memory.base, memory.size);
  auto fail = [](std::string what, std::string where, std::string fix) {
    return std::unexpected(Error{std::move(what), std::move(where), std::move(fix)});
  };
  if (memory.base != kVirtMemoryBase || memory.size == 0 || memory.size % kPage != 0) {
    return fail("QEMU cannot have such a memory", range_text(memory.base, memory.size),
                "give a multiple of 8192 bytes at " + hex(kVirtMemoryBase));
  }
  for (const Segment& segment : image.segments) {
    if (!memory.contains(segment.address, segment.memory_size())) {
      return fail("segment outside memory", range_text(segment.address, segment.memory_size()),
                  have);
    }
  }
  for (const MemoryRange& range : options.dump) {
    if (!memory.contains(range.base, range.size)) {
      return fail("dump outside memory", range_text(range.base, range.size), have);
    }
  }
  if ((image.entry & 1) != 0 || !memory.contains(image.entry, 2)) {
    return fail("cannot start there", hex(image.entry), "give an even address in memory");
  }
  if (image.tohost && !memory.contains(*image.tohost, 8)) {
    return fail("tohost outside memory", hex(*image.tohost), have);
  }
  if (!image.tohost && options.max_instructions == UINT64_MAX) {
    return fail("the run could never end", "the image has no tohost",
                "define the symbol tohost, or give a limit of instructions");
  }
  return {};
}

// QEMU without any device that we do not need, halted (-S).
std::vector<std::string> arguments(const Options& options, uint64_t entry, int memory, int channel,
                                   int plugin) {
  auto descriptor = [](int fd) { return "/proc/self/fd/" + std::to_string(fd); };
  const std::string size = std::to_string(options.memory.size);
  // Guest memory is ours as well: the image goes in and results come out without copies.
  const std::string backend =
      "memory-backend-file,id=ram,share=on,size=" + size + ",mem-path=" + descriptor(memory);
  const std::string loader = "loader,cpu-num=0,addr=" + hex(entry);
  const std::string with_plugin = descriptor(plugin) + ",channel=" + std::to_string(channel);
  return {options.program,
          "-machine",
          "virt,memory-backend=ram",
          "-object",
          backend,
          "-m",
          size + "B",
          "-smp",
          "1",
          "-accel",
          "tcg,thread=single",
          "-cpu",
          kCpu,
          "-bios",
          "none",
          "-device",
          loader,
          "-plugin",
          with_plugin,
          "-display",
          "none",
          "-serial",
          "none",
          "-qmp",
          "stdio",
          "-singlestep",
          "-nodefaults",
          "-no-user-config",
          "-S"};
}

// QEMU's reset puts a device tree into memory: make it hold the image and nothing else.
void place(const Image& image, const Descriptor& file, const Mapping& memory, uint64_t base) {
  const std::span<uint8_t> bytes = memory.bytes();
  if (fallocate(file.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, bytes.size()) != 0) {
    std::ranges::fill(bytes, 0);
  }
  for (const Segment& segment : image.segments) {
    std::ranges::copy(segment.bytes, bytes.begin() + (segment.address - base));
  }
}

// QEMU answers on its monitor only after it has built and reset the machine.
std::expected<void, Error> greet(Process& process, std::chrono::milliseconds limit) {
  if (auto greeting = process.read_line(limit); !greeting) return std::unexpected(greeting.error());
  process.write("{\"execute\": \"qmp_capabilities\"}\n");
  while (true) {
    auto line = process.read_line(limit);
    if (!line) return std::unexpected(line.error());
    if (line->find("\"return\"") != std::string::npos) return {};
  }
}

Request request_for(const Image& image, const Options& options, bool stream, int memory_fd) {
  return {.memory_base = options.memory.base,
          .memory_size = options.memory.size,
          .tohost = image.tohost.value_or(0),
          .has_tohost = image.tohost.has_value(),
          .max_instructions = options.max_instructions,
          .stream = stream,
          .follow = options.follow,
          .pmp_entries = options.pmp_entries,
          .memory_fd = memory_fd};
}

}  // namespace

Mapping::~Mapping() {
  if (address_ != nullptr) munmap(address_, size_);
}

std::expected<Mapping, Error> Mapping::of(const Descriptor& file, size_t size) {
  void* const address = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (address == MAP_FAILED) {
    return std::unexpected(Error{"cannot map memory", std::strerror(errno), "free some"});
  }
  Mapping mapping;
  mapping.address_ = address;
  mapping.size_ = size;
  return mapping;
}

std::expected<Machine, Error> Machine::start(const Image& image, const Options& options,
                                             bool stream) {
  if (auto checked = check(image, options); !checked) return std::unexpected(checked.error());

  auto memory_fd = memory_file("guest", options.memory.size);
  if (!memory_fd) return std::unexpected(memory_fd.error());
  auto channel_fd = memory_file("channel", sizeof(Channel));
  if (!channel_fd) return std::unexpected(channel_fd.error());
  auto plugin_fd = memory_file("plugin", kPluginSize);
  if (!plugin_fd) return std::unexpected(plugin_fd.error());

  auto memory = Mapping::of(*memory_fd, options.memory.size);
  if (!memory) return std::unexpected(memory.error());
  auto channel = Mapping::of(*channel_fd, sizeof(Channel));
  if (!channel) return std::unexpected(channel.error());
  auto plugin = Mapping::of(*plugin_fd, kPluginSize);
  if (!plugin) return std::unexpected(plugin.error());
  std::memcpy(plugin->address(), kPlugin, kPluginSize);
  (new (channel->address()) Channel)->request =
      request_for(image, options, stream, memory_fd->get());

  const int inherited[] = {memory_fd->get(), channel_fd->get(), plugin_fd->get()};
  auto process = Process::start(
      arguments(options, image.entry, inherited[0], inherited[1], inherited[2]), inherited);
  if (!process) return std::unexpected(process.error());
  if (auto greeted = greet(*process, options.stall_limit); !greeted) {
    return std::unexpected(greeted.error());
  }
  place(image, *memory_fd, *memory, options.memory.base);
  return Machine(std::move(*process), std::move(*channel), std::move(*memory));
}

std::expected<void, Error> Machine::go() {
  if (process_.write("{\"execute\": \"cont\"}\n")) return {};
  return std::unexpected(process_.ended_error(process_.ended().value_or("closed its input")));
}

std::optional<std::expected<Outcome, Error>> Machine::result() {
  // The process is looked at first: what it told before its end is then seen for sure.
  const auto ended = process_.ended();
  const State state = channel().state.load(std::memory_order_acquire);
  Outcome outcome;
  outcome.instructions = channel().instructions;
  outcome.seconds = static_cast<double>(channel().nanoseconds) * 1e-9;
  switch (state) {
    case State::kStarting:
    case State::kRunning:
      if (!ended) return std::nullopt;
      return std::unexpected(process_.ended_error(*ended));
    case State::kTohost:
      outcome.tohost = channel().tohost_value;
      outcome.exit_code = outcome.tohost >> 1;
      outcome.stop =
          (outcome.tohost & 1) != 0 ? Outcome::Stop::kExited : Outcome::Stop::kHtifRequest;
      return outcome;
    case State::kInstructionLimit:
      outcome.stop = Outcome::Stop::kInstructionLimit;
      return outcome;
    case State::kUnsuitable:
      return std::unexpected(Error{"this QEMU cannot be compared with the core", channel().error,
                                   "use QEMU 7.2 as Debian 12 packages it"});
  }
  __builtin_unreachable();
}

}  // namespace zext::rtl_sim::qemu
