// How many calls a second: through the preload library and the daemon, and to the host kernel's own
// bpf(2) where this machine lets us.
//
//   bazel run //kernel_shim/clients/preload:benchmark

#include <errno.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

long bpf(int command, bpf_attr& attr) { return syscall(SYS_bpf, command, &attr, sizeof attr); }

uint64_t address(const void* pointer) { return reinterpret_cast<uint64_t>(pointer); }

int make_map(uint32_t type, uint32_t entries) {
  bpf_attr attr{};
  attr.map_type = type;
  attr.key_size = 4;
  attr.value_size = 8;
  attr.max_entries = entries;
  return static_cast<int>(bpf(BPF_MAP_CREATE, attr));
}

struct Element {
  uint32_t key = 0;
  uint64_t value = 1;
};

long element(int command, int map, Element& element) {
  bpf_attr attr{};
  attr.map_fd = static_cast<uint32_t>(map);
  attr.key = address(&element.key);
  attr.value = address(&element.value);
  return bpf(command, attr);
}

template <size_t kSize>
long load(const std::array<bpf_insn, kSize>& insns) {
  bpf_attr attr{};
  attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
  attr.insn_cnt = kSize;
  attr.insns = address(insns.data());
  attr.license = address("GPL");
  return bpf(BPF_PROG_LOAD, attr);
}

constexpr bpf_insn kExit = {
    .code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0};
constexpr bpf_insn kZero = {
    .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0};
// What `bpftool feature probe` does 5000 times: a call of a helper that the type has not.
constexpr std::array kRefused = {
    bpf_insn{.code = BPF_JMP | BPF_CALL, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 1}, kExit};
constexpr std::array kAccepted = {kZero, kExit};

// Runs `once` for about a second: how often.
template <typename Once>
double rate(Once once) {
  using Clock = std::chrono::steady_clock;
  constexpr double kSeconds = 1.0;
  uint64_t count = 0;
  const auto start = Clock::now();
  double elapsed = 0;
  while (elapsed < kSeconds) {
    for (int i = 0; i < 64; ++i) once();
    count += 64;
    elapsed = std::chrono::duration<double>(Clock::now() - start).count();
  }
  return static_cast<double>(count) / elapsed;
}

// One line a figure: the name, and calls a second.
int measure() {
  const auto print = [](const char* name, double figure) { printf("%s\t%.0f\n", name, figure); };
  const int array = make_map(BPF_MAP_TYPE_ARRAY, 1024);
  const int hash = make_map(BPF_MAP_TYPE_HASH, 1024);
  if (array < 0 || hash < 0) return 1;
  Element each;
  for (each.key = 0; each.key < 512; ++each.key) element(BPF_MAP_UPDATE_ELEM, hash, each);
  const auto next = [&each] { each.key = (each.key + 1) % 512; };
  print("array lookup", rate([&] { next(), element(BPF_MAP_LOOKUP_ELEM, array, each); }));
  print("hash lookup", rate([&] { next(), element(BPF_MAP_LOOKUP_ELEM, hash, each); }));
  print("hash update", rate([&] { next(), element(BPF_MAP_UPDATE_ELEM, hash, each); }));
  print("map create and close", rate([] { close(make_map(BPF_MAP_TYPE_ARRAY, 1)); }));
  print("refused program", rate([] { load(kRefused); }));
  print("loaded and closed program", rate([] { close(static_cast<int>(load(kAccepted))); }));
  const int program = static_cast<int>(load(kAccepted));
  std::array<uint8_t, 64> packet{};
  bpf_attr attr{};
  const auto test_run = [&](uint32_t repeat) {
    attr = {};
    attr.test.prog_fd = static_cast<uint32_t>(program);
    attr.test.data_in = address(packet.data());
    attr.test.data_size_in = packet.size();
    attr.test.repeat = repeat;
    return bpf(BPF_PROG_TEST_RUN, attr);
  };
  if (test_run(1) == 0) {
    print("test run", rate([&] { test_run(1); }));
    print("runs in test runs of 1000", 1000 * rate([&] { test_run(1000); }));
  }
  return 0;
}

struct Figure {
  std::string name;
  double value = 0;
};

std::vector<Figure> figures_of(const std::string& command) {
  std::vector<Figure> figures;
  FILE* output = popen(command.c_str(), "r");
  if (output == nullptr) return figures;
  char line[256];
  while (fgets(line, sizeof line, output) != nullptr) {
    const char* tab = strchr(line, '\t');
    if (tab != nullptr) {
      figures.push_back({.name = std::string(line, static_cast<size_t>(tab - line)),
                         .value = strtod(tab + 1, nullptr)});
    }
  }
  pclose(output);
  return figures;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && strcmp(argv[1], "--measure") == 0) return measure();
  const std::string self = std::string(argv[0]) + " --measure 2>/dev/null";
  setenv("ZEXT_SHIM_DIR", ("/tmp/zext-benchmark-" + std::to_string(getpid())).c_str(), 1);
  const auto ours = figures_of("cli/zext shim -- " + self);
  const auto host = figures_of(self);
  const int stopped = system("cli/zext shim --stop");
  printf("%-28s %16s %10s %18s\n", "calls a second", "through the shim", "us each",
         "the host's kernel");
  for (const Figure& figure : ours) {
    std::string other = "-";
    for (const Figure& each : host) {
      if (each.name == figure.name) other = std::to_string(static_cast<long>(each.value));
    }
    printf("%-28s %16.0f %10.2f %18s\n", figure.name.c_str(), figure.value, 1e6 / figure.value,
           other.c_str());
  }
  return ours.empty() || stopped != 0 ? 1 : 0;
}
