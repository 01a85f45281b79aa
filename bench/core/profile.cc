#include "bench/core/profile.h"

#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <link.h>
#include <signal.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <span>

namespace zext::bench {
namespace {

constexpr const char* kScheduling = "(scheduling)";
constexpr suseconds_t kMicroseconds = 1000;
constexpr size_t kMaxSamples = 1 << 18;

// What the signal's handler writes.
std::array<uint64_t, kMaxSamples> samples;
std::atomic<size_t> sample_count = 0;

void note(int /*signal*/, siginfo_t* /*info*/, void* context) {
  const size_t index = sample_count;
  if (index == kMaxSamples) return;
#if defined(__x86_64__)
  samples[index] =
      static_cast<uint64_t>(static_cast<const ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP]);
#elif defined(__aarch64__)
  samples[index] = static_cast<const ucontext_t*>(context)->uc_mcontext.pc;
#else
#error "say where the program counter is"
#endif
  sample_count = index + 1;
}

// By the clock, not by processor time, which many kernels only count in ticks of 4 ms.
void set_timer(suseconds_t interval) {
  const itimerval timer{.it_interval = {.tv_sec = 0, .tv_usec = interval},
                        .it_value = {.tv_sec = 0, .tv_usec = interval}};
  setitimer(ITIMER_REAL, &timer, nullptr);
}

// Where this program's code lies: its addresses in the ELF file, and what to add for memory's.
struct Code {
  uint64_t bias = 0;
  uint64_t begin = 0;
  uint64_t end = 0;
};

Code own_code() {
  Code code;
  // The first object that is listed is the program itself.
  const auto find = [](dl_phdr_info* info, size_t /*size*/, void* data) {
    Code& found = *static_cast<Code*>(data);
    found.bias = info->dlpi_addr;
    for (const auto& header : std::span(info->dlpi_phdr, info->dlpi_phnum)) {
      if (header.p_type != PT_LOAD || (header.p_flags & PF_X) == 0) continue;
      found.begin = header.p_vaddr;
      found.end = header.p_vaddr + header.p_memsz;
    }
    return 1;
  };
  dl_iterate_phdr(find, &code);
  return code;
}

std::map<uint64_t, std::string> functions_of(Elf* elf) {
  std::map<uint64_t, std::string> names;
  for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf, section)) != nullptr;) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || header.sh_type != SHT_SYMTAB) continue;
    Elf_Data* data = elf_getdata(section, nullptr);
    GElf_Sym symbol;
    for (int i = 0; gelf_getsym(data, i, &symbol) != nullptr; ++i) {
      if (GELF_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx == SHN_UNDEF) continue;
      const char* name = elf_strptr(elf, header.sh_link, symbol.st_name);
      if (name != nullptr) names[symbol.st_value] = name;
    }
  }
  return names;
}

}  // namespace

Profile::Profile() {
  sample_count = 0;
  struct sigaction action = {};
  action.sa_sigaction = note;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  sigaction(SIGALRM, &action, nullptr);
  set_timer(kMicroseconds);
}

Profile::~Profile() { stop(); }

std::vector<uint64_t> Profile::stop() {
  set_timer(0);
  std::vector<uint64_t> result(samples.begin(),
                               samples.begin() + static_cast<ptrdiff_t>(sample_count));
  sample_count = 0;
  const Code code = own_code();
  for (uint64_t& address : result) {
    address -= code.bias;
    if (address < code.begin || address >= code.end) address = 0;
  }
  return result;
}

Functions Functions::own() {
  elf_version(EV_CURRENT);
  const int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  Elf* elf = elf_begin(file, ELF_C_READ, nullptr);
  Functions functions(elf == nullptr ? std::map<uint64_t, std::string>{} : functions_of(elf));
  elf_end(elf);
  close(file);
  return functions;
}

std::string_view Functions::at(uint64_t address) const {
  const auto next = names_.upper_bound(address);
  return next == names_.begin() ? std::string_view() : std::prev(next)->second;
}

std::string module_of(std::string_view function) {
  constexpr std::string_view kMark = "__PROF__";
  const size_t mark = function.find(kMark);
  if (mark == std::string_view::npos) {
    return function.find("Vsoc_") == std::string_view::npos ? "(model)" : kScheduling;
  }
  const std::string_view rest = function.substr(mark + kMark.size());
  return std::string(rest.substr(0, rest.find("__l")));
}

std::map<std::string, double> module_shares(const std::vector<uint64_t>& samples,
                                            const Functions& functions) {
  std::map<std::string, double> shares;
  double total = 0;
  for (const uint64_t sample : samples) {
    const std::string module = module_of(functions.at(sample));
    if (module == kScheduling) continue;
    ++shares[module];
    ++total;
  }
  for (auto& [module, share] : shares) share /= total;
  return shares;
}

}  // namespace zext::bench
