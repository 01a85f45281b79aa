#include "tests/corpus/linux.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <stdexcept>

namespace zext::corpus {
namespace {

constexpr unsigned kSeconds = 1;  // for an object

// Whether libbpf printed the log of a program that the verifier turned down.
bool verifier_spoke = false;

int listen(libbpf_print_level /*level*/, const char* format, va_list arguments) {
  char text[256];
  std::vsnprintf(text, sizeof text, format, arguments);
  if (std::strstr(text, "BEGIN PROG LOAD LOG") != nullptr) verifier_spoke = true;
  return 0;
}

Answer load(const std::vector<uint8_t>& bytes) {
  libbpf_set_print(listen);
  bpf_object* object = bpf_object__open_mem(bytes.data(), bytes.size(), nullptr);
  if (object == nullptr) return Answer::kNoAnswer;
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object) bpf_map__set_pin_path(map, nullptr);
  const bool loaded = bpf_object__load(object) == 0;
  bpf_object__close(object);
  if (loaded) return Answer::kAccepts;
  return verifier_spoke ? Answer::kRejects : Answer::kNoAnswer;
}

}  // namespace

std::optional<std::string> why_not_linux() {
  const bpf_insn program[] = {
      {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0},
      {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0},
  };
  const int fd = bpf_prog_load(BPF_PROG_TYPE_KPROBE, "probe", "GPL", program, 2, nullptr);
  if (fd < 0) return std::string("bpf(2): ") + std::strerror(errno);
  close(fd);
  return std::nullopt;
}

Answer ask_linux(const std::vector<uint8_t>& object) {
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("cannot fork");
  if (child == 0) {
    alarm(kSeconds);
    _exit(static_cast<int>(load(object)));
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? static_cast<Answer>(WEXITSTATUS(status)) : Answer::kNoAnswer;
}

}  // namespace zext::corpus
