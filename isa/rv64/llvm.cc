#include "isa/rv64/llvm.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace zext::rv64 {

namespace {

constexpr const char* kAttributes = "+m,+a,+c,+zba,+zbb,+zbs,+zicond";

// "      10: 12345537     \tlui\ta0, 0x12345" without address, bytes and symbol; the address apart.
struct Line {
  uint64_t address;
  std::string text;
};

std::optional<Line> parse(const std::string& line) {
  const size_t colon = line.find(':');
  const size_t tab = line.find('\t');
  if (colon == std::string::npos || tab == std::string::npos || tab < colon) return std::nullopt;
  char* end = nullptr;
  const uint64_t address = std::strtoull(line.c_str(), &end, 16);
  if (end != line.c_str() + colon) return std::nullopt;
  std::string text = line.substr(tab + 1);
  if (text != kLlvmUnknown) text = text.substr(0, text.find(" <"));
  for (char& c : text) c = c == '\t' ? ' ' : c;
  return Line{address, text};
}

void write_source(const std::string& path, const std::vector<Encoding>& batch) {
  std::ofstream source(path);
  source << std::hex;
  for (const Encoding& e : batch) {
    source << (e.bytes == 2 ? ".2byte 0x" : ".4byte 0x") << e.bits << '\n';
  }
}

std::optional<std::vector<std::string>> read_listing(const std::string& path,
                                                     const std::vector<Encoding>& batch) {
  std::vector<std::string> texts;
  std::ifstream listing(path);
  std::string text;
  uint64_t address = 0;
  while (std::getline(listing, text)) {
    const std::optional<Line> line = parse(text);
    if (!line) continue;
    if (texts.size() == batch.size() || line->address != address) return std::nullopt;
    address += batch[texts.size()].bytes;
    texts.push_back(line->text);
  }
  if (texts.size() != batch.size()) return std::nullopt;
  return texts;
}

}  // namespace

std::optional<std::vector<std::string>> disassemble_with_llvm(const std::vector<Encoding>& batch) {
  const char* folder = std::getenv("TEST_TMPDIR");
  const std::string stem =
      (folder != nullptr ? std::string(folder) : std::filesystem::temp_directory_path().string()) +
      "/llvm_" + std::to_string(getpid());
  write_source(stem + ".s", batch);
  const std::string command = std::string("llvm-mc-19 --triple=riscv64 --mattr=") + kAttributes +
                              " --filetype=obj " + stem + ".s -o " + stem +
                              ".o && llvm-objdump-19 -d -z -M no-aliases --mattr=" + kAttributes +
                              " " + stem + ".o > " + stem + ".txt";
  std::optional<std::vector<std::string>> texts;
  if (std::system(command.c_str()) == 0) texts = read_listing(stem + ".txt", batch);
  for (const char* suffix : {".s", ".o", ".txt"}) std::filesystem::remove(stem + suffix);
  return texts;
}

}  // namespace zext::rv64
