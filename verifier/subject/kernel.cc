#include "verifier/subject/kernel.h"

#include <fstream>
#include <iterator>
#include <utility>

namespace zext::verifier {

using object::Error;

std::expected<Kernel, Error> Kernel::load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
  if (bytes.empty()) {
    return std::unexpected(Error{path, "cannot be read, or is empty",
                                 "name a file of BTF, such as /sys/kernel/btf/vmlinux"});
  }
  auto kernel = parse(std::move(bytes));
  if (!kernel) {
    return std::unexpected(Error{path + ", " + kernel.error().where, kernel.error().what,
                                 "name a file of BTF, such as /sys/kernel/btf/vmlinux"});
  }
  return kernel;
}

std::expected<Kernel, Error> Kernel::parse(std::vector<uint8_t> btf) {
  auto parsed = object::Btf::parse(btf);
  if (!parsed) return std::unexpected(parsed.error());
  return Kernel(std::move(btf), *std::move(parsed));
}

}  // namespace zext::verifier
