// RandomBtf: BTF of every kind of type, mostly good, with a mistake now and then.
//
//   RandomBtf random(seed);
//   Blob blob = random.blob(0.1);      // each field is wrong with this probability over 10
//   random.damage(bytes);              // changes a byte, a word, or the length
#pragma once

#include <random>

#include "kernel_shim/btf/btf_blob.h"

namespace zext::shim {

class RandomBtf {
 public:
  // Later kernels take names with dots where 5.19 does not: without them they judge alike.
  explicit RandomBtf(uint64_t seed, bool dots = true) : random_(seed), dots_(dots) {}

  bool chance(double probability) { return std::bernoulli_distribution(probability)(random_); }
  uint32_t below(uint32_t end) {
    return std::uniform_int_distribution<uint32_t>(0, end - 1)(random_);
  }

  Blob blob(double mistakes) {
    mistakes_ = mistakes / 10;
    Blob blob;
    count_ = 1 + below(12);
    for (uint32_t i = 0; i < count_; ++i) add(blob);
    return blob;
  }

  void damage(std::vector<uint8_t>& bytes) {
    if (bytes.empty()) return;
    const uint32_t at = below(static_cast<uint32_t>(bytes.size()));
    switch (below(5)) {
      case 0:
        bytes[at] = static_cast<uint8_t>(random_());
        break;
      case 1:
        bytes[at] ^= static_cast<uint8_t>(1u << below(8));
        break;
      case 2:
        bytes[at & ~3u] = static_cast<uint8_t>(below(8));
        break;
      case 3:
        bytes.resize(at);
        break;
      default:
        bytes[below(bytes.size() < 24 ? 1 : 24)] = static_cast<uint8_t>(random_());
        break;
    }
  }

 private:
  bool wrong() { return chance(mistakes_); }
  uint32_t or_wrong(uint32_t good) {
    constexpr uint32_t kOdd[] = {0, 1, 3, 7, 8, 31, 33, 64, 255, 0xffff, 0x80000000, ~0u};
    return wrong() ? kOdd[below(std::size(kOdd))] : good;
  }
  uint32_t id() { return or_wrong(below(count_ + 1)); }
  uint32_t earlier(const Blob& blob) {
    return chance(0.3) || blob.count() == 0 ? id() : or_wrong(1 + below(blob.count()));
  }
  uint32_t name(Blob& blob, bool wanted = true) {
    if (wrong()) wanted = !wanted;
    if (!wanted) return 0;
    constexpr const char* kNames[] = {"a", "b_1", "Xyz", "bpf_spin_lock", "bpf_timer", "_"};
    constexpr const char* kBad[] = {"1a", "a b", "a-b", "-"};
    return or_wrong(blob.name(wrong() ? kBad[below(4)] : kNames[below(6)]));
  }
  // Of variables and sections.
  uint32_t dotted(Blob& blob) {
    constexpr const char* kNames[] = {"a", ".bss", ".data.x", "f.v"};
    return blob.name(kNames[dots_ ? below(4) : 0]);
  }
  uint32_t info(uint32_t kind, uint32_t vlen, bool flag = false) {
    return Blob::info(kind, or_wrong(vlen) & 0xffff, wrong() ? !flag && may_flag(kind) : flag);
  }
  // Later kernels give the flag of these a meaning.
  static bool may_flag(uint32_t kind) {
    return kind != BTF_KIND_ENUM && kind != BTF_KIND_DECL_TAG && kind != BTF_KIND_TYPE_TAG;
  }

  void add(Blob& blob) {
    switch (1 + below(BTF_KIND_TYPE_TAG)) {
      case BTF_KIND_INT:
        return add_int(blob);
      case BTF_KIND_ARRAY:
        blob.record(name(blob, false), info(BTF_KIND_ARRAY, 0), or_wrong(0),
                    {earlier(blob), chance(0.5) ? 1 : earlier(blob), or_wrong(below(5))});
        return;
      case BTF_KIND_STRUCT:
        return add_struct(blob, BTF_KIND_STRUCT);
      case BTF_KIND_UNION:
        return add_struct(blob, BTF_KIND_UNION);
      case BTF_KIND_ENUM:
        return add_enum(blob);
      case BTF_KIND_FWD:
        blob.record(name(blob), info(BTF_KIND_FWD, 0, chance(0.5)), or_wrong(0));
        return;
      case BTF_KIND_FUNC:
        blob.record(name(blob), info(BTF_KIND_FUNC, below(2)), earlier(blob));
        return;
      case BTF_KIND_FUNC_PROTO:
        return add_prototype(blob);
      case BTF_KIND_VAR:
        blob.record(dotted(blob), info(BTF_KIND_VAR, 0), earlier(blob), {or_wrong(below(2))});
        return;
      case BTF_KIND_DATASEC:
        return add_section(blob);
      case BTF_KIND_FLOAT:
        blob.record(name(blob), info(BTF_KIND_FLOAT, 0), or_wrong(4u << below(3)));
        return;
      case BTF_KIND_DECL_TAG:
        blob.record(name(blob), info(BTF_KIND_DECL_TAG, 0), earlier(blob),
                    {chance(0.5) ? ~0u : or_wrong(below(3))});
        return;
      case BTF_KIND_TYPEDEF:
        blob.record(name(blob), info(BTF_KIND_TYPEDEF, 0), earlier(blob));
        return;
      case BTF_KIND_TYPE_TAG:
        blob.record(name(blob), info(BTF_KIND_TYPE_TAG, 0), earlier(blob));
        return;
      case BTF_KIND_VOLATILE:
        blob.record(name(blob, false), info(BTF_KIND_VOLATILE, 0), earlier(blob));
        return;
      case BTF_KIND_CONST:
        blob.record(name(blob, false), info(BTF_KIND_CONST, 0), earlier(blob));
        return;
      default:
        blob.record(name(blob, false), info(BTF_KIND_PTR, 0), id());
        return;
    }
  }
  void add_int(Blob& blob) {
    const uint32_t size = 1u << below(5);
    const uint32_t bits = or_wrong(size * 8) & 0xff;
    const uint32_t encoding = or_wrong(below(2)) & 0xf;
    blob.record(name(blob), info(BTF_KIND_INT, 0), or_wrong(size),
                {encoding << 24 | (or_wrong(0) & 0xff) << 16 | bits});
  }
  void add_struct(Blob& blob, uint32_t kind) {
    const uint32_t members = below(4);
    const bool flag = chance(0.3);
    std::vector<uint32_t> rest;
    uint32_t offset = 0;
    for (uint32_t i = 0; i < members; ++i) {
      const uint32_t bits = flag && chance(0.5) ? or_wrong(1 + below(32)) << 24 : 0;
      rest.insert(rest.end(), {name(blob, chance(0.8)), earlier(blob), or_wrong(bits | offset)});
      if (kind == BTF_KIND_STRUCT) offset += chance(0.9) ? 64 : below(40);
    }
    blob.record(name(blob, chance(0.8)), info(kind, members, flag), or_wrong(16 + 8 * members),
                rest);
  }
  void add_enum(Blob& blob) {
    const uint32_t values = below(4);
    std::vector<uint32_t> rest;
    for (uint32_t i = 0; i < values; ++i) rest.insert(rest.end(), {name(blob), or_wrong(i)});
    blob.record(name(blob, chance(0.8)), info(BTF_KIND_ENUM, values), or_wrong(1u << below(4)),
                rest);
  }
  void add_prototype(Blob& blob) {
    const uint32_t parameters = below(4);
    std::vector<uint32_t> rest;
    for (uint32_t i = 0; i < parameters; ++i) {
      rest.insert(rest.end(), {name(blob, chance(0.8)), earlier(blob)});
    }
    if (parameters != 0 && chance(0.2)) rest[rest.size() - 2] = rest[rest.size() - 1] = 0;
    blob.record(name(blob, false), info(BTF_KIND_FUNC_PROTO, parameters),
                chance(0.4) ? 0 : earlier(blob), rest);
  }
  void add_section(Blob& blob) {
    const uint32_t variables = below(4);
    std::vector<uint32_t> rest;
    for (uint32_t i = 0; i < variables; ++i) {
      rest.insert(rest.end(), {earlier(blob), or_wrong(i * 16), or_wrong(16)});
    }
    blob.record(dotted(blob), info(BTF_KIND_DATASEC, variables), or_wrong(16 * (variables + 1)),
                rest);
  }

  std::mt19937_64 random_;
  bool dots_;
  double mistakes_ = 0;
  uint32_t count_ = 0;
};

}  // namespace zext::shim
