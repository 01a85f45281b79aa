// Blob: raw BTF, put together for tests.
//
//   Blob blob;
//   uint32_t i = blob.integer("int", 4);
//   blob.record(blob.name("s"), Blob::info(BTF_KIND_STRUCT, 1), 4, {blob.name("m"), i, 0});
//   std::vector<uint8_t> bytes = blob.bytes();
#pragma once

#include <linux/btf.h>

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <vector>

namespace zext::shim {

class Blob {
 public:
  static constexpr uint32_t info(uint32_t kind, uint32_t vlen = 0, bool flag = false) {
    return (flag ? 1u << 31 : 0) | kind << 24 | vlen;
  }

  uint32_t name(const std::string& text) {
    if (text.empty()) return 0;
    const auto offset = static_cast<uint32_t>(strings_.size());
    strings_ += text;
    strings_ += '\0';
    return offset;
  }
  // The id that it has.
  uint32_t record(uint32_t name, uint32_t info, uint32_t size_or_type,
                  std::initializer_list<uint32_t> rest = {}) {
    return record(name, info, size_or_type, std::vector<uint32_t>(rest));
  }
  uint32_t record(uint32_t name, uint32_t info, uint32_t size_or_type,
                  const std::vector<uint32_t>& rest) {
    words_.insert(words_.end(), {name, info, size_or_type});
    words_.insert(words_.end(), rest.begin(), rest.end());
    return ++count_;
  }
  uint32_t integer(const std::string& text, uint32_t size) {
    return record(name(text), info(BTF_KIND_INT), size, {size * 8});
  }
  // A typedef, a pointer, a qualifier ...
  uint32_t refer(uint32_t kind, uint32_t type, const std::string& text = "") {
    return record(name(text), info(kind), type);
  }
  uint32_t array(uint32_t element, uint32_t index, uint32_t count) {
    return record(0, info(BTF_KIND_ARRAY), 0, {element, index, count});
  }
  uint32_t count() const { return count_; }
  std::vector<uint32_t>& words() { return words_; }

  std::vector<uint8_t> bytes() const {
    const auto length = static_cast<uint32_t>(words_.size() * 4);
    const auto size = static_cast<uint32_t>(strings_.size());
    const btf_header header{BTF_MAGIC, BTF_VERSION, 0, sizeof(btf_header), 0, length, length, size};
    std::vector<uint8_t> all(sizeof header + length + size);
    std::memcpy(all.data(), &header, sizeof header);
    if (length != 0) std::memcpy(all.data() + sizeof header, words_.data(), length);
    std::memcpy(all.data() + sizeof header + length, strings_.data(), size);
    return all;
  }

 private:
  std::vector<uint32_t> words_;
  std::string strings_ = std::string(1, '\0');
  uint32_t count_ = 0;
};

}  // namespace zext::shim
