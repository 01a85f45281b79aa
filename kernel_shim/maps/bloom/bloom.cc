#include "kernel_shim/maps/bloom/bloom.h"

#include <errno.h>

#include <bit>

namespace zext::shim {
namespace {

constexpr uint32_t kDefaultHashes = 5;
constexpr uint64_t kMaxBits = uint64_t{1} << 32;

struct BloomMap : Map {
  std::atomic<uint64_t>* bits = nullptr;
  uint64_t bytes = 0;
  uint64_t mask = 0;  // number of bits less 1
  uint64_t seed = 0;
  uint32_t hashes = 0;
};

BloomMap& bloom_of(Map& map) { return static_cast<BloomMap&>(map); }

int check(Kernel& /*kernel*/, const MapAttributes& attributes) {
  if (attributes.value_size > kMaxValueSize) return -E2BIG;
  constexpr uint32_t kFlags = BPF_F_NUMA_NODE | BPF_F_ZERO_SEED | kAccessFlags;
  const bool wrong = attributes.key_size != 0 || attributes.value_size == 0 ||
                     attributes.max_entries == 0 || (attributes.flags & ~kFlags) != 0 ||
                     !access_flags_agree(attributes.flags) || (attributes.extra & ~uint64_t{0xf});
  return wrong ? -EINVAL : 0;
}

// For n values and k hashes, n * k / ln 2 bits make the fewest mistakes; 1 / ln 2 is about 7 / 5.
uint64_t bits_for(uint64_t entries, uint64_t hashes) {
  const uint64_t product = entries * hashes;
  if (product > ~uint32_t{0}) return kMaxBits;
  const uint64_t wanted = product / 5 * 7;
  if (wanted > kMaxBits / 2) return kMaxBits;
  return wanted <= 64 ? 64 : std::bit_ceil(wanted);
}

int create(Kernel& kernel, const MapAttributes& attributes, Map** map) {
  auto* bloom = kernel.make<BloomMap>(KSHIM_MAP);
  if (bloom == nullptr) return -ENOMEM;
  bloom->hashes = attributes.extra == 0 ? kDefaultHashes : static_cast<uint32_t>(attributes.extra);
  const uint64_t bits = bits_for(attributes.max_entries, bloom->hashes);
  bloom->mask = bits - 1;
  bloom->bytes = bits / 8;
  if ((attributes.flags & BPF_F_ZERO_SEED) == 0) {
    const ReadSection on_one_cpu(kernel);
    bloom->seed = kernel.random();
  }
  bloom->bits = static_cast<std::atomic<uint64_t>*>(kernel.alloc_zeroed(*bloom, bloom->bytes));
  if (bloom->bits == nullptr) {
    kernel.destroy(*bloom);
    return -ENOMEM;
  }
  *map = bloom;
  return 0;
}

void destroy(Kernel& kernel, Map& map) {
  BloomMap& bloom = bloom_of(map);
  kernel.free(bloom, bloom.bits, bloom.bytes);
  kernel.destroy(bloom);
}

uint64_t mix(uint64_t x) {
  // The finaliser of MurmurHash3 (Appleby, public domain).
  x ^= x >> 33;
  x *= 0xff51'afd7'ed55'8ccd;
  x ^= x >> 33;
  x *= 0xc4ce'b9fe'1a85'ec53;
  return x ^ (x >> 33);
}

// The bits of a value: an arithmetic progression from one hash by another is as good as that many
// hashes (Kirsch and Mitzenmacher, "Less hashing, same performance", 2006).
class Bits {
 public:
  Bits(const BloomMap& bloom, const void* value) : mask_(bloom.mask) {
    uint64_t hash = bloom.seed;
    const auto* bytes = static_cast<const uint8_t*>(value);
    uint32_t left = bloom.value_size;
    for (; left >= 8; left -= 8, bytes += 8) {
      uint64_t word;
      __builtin_memcpy(&word, bytes, 8);
      hash = mix(hash ^ word) + word;
    }
    uint64_t word = uint64_t{left} << 56;
    __builtin_memcpy(&word, bytes, left);
    at_ = mix(hash ^ word);
    step_ = mix(at_ + 0x9e37'79b9'7f4a'7c15) | 1;
  }
  uint64_t next() {
    const uint64_t bit = (at_ >> 16) & mask_;
    at_ += step_;
    return bit;
  }

 private:
  uint64_t mask_;
  uint64_t at_ = 0;
  uint64_t step_ = 0;
};

int push(Kernel& /*kernel*/, Map& map, const void* value, uint64_t flags) {
  if (flags != BPF_ANY) return -EINVAL;
  const BloomMap& bloom = bloom_of(map);
  Bits bits(bloom, value);
  for (uint32_t i = 0; i < bloom.hashes; ++i) {
    const uint64_t bit = bits.next();
    bloom.bits[bit / 64].fetch_or(uint64_t{1} << (bit % 64), std::memory_order_relaxed);
  }
  return 0;
}

int peek(Kernel& /*kernel*/, Map& map, void* value) {
  const BloomMap& bloom = bloom_of(map);
  Bits bits(bloom, value);
  for (uint32_t i = 0; i < bloom.hashes; ++i) {
    const uint64_t bit = bits.next();
    const uint64_t word = bloom.bits[bit / 64].load(std::memory_order_relaxed);
    if ((word >> (bit % 64) & 1) == 0) return -ENOENT;
  }
  return 0;
}

int update(Kernel& /*kernel*/, Map& /*map*/, const void* /*key*/, const void* /*value*/,
           uint64_t /*flags*/) {
  return -EINVAL;
}
int remove(Kernel& /*kernel*/, Map& /*map*/, const void* /*key*/) { return -EOPNOTSUPP; }
int next_key(Kernel& /*kernel*/, Map& /*map*/, const void* /*key*/, void* /*next*/) {
  return -EOPNOTSUPP;
}

}  // namespace

const MapOps kBloomFilterOps = {
    .check = check,
    .create = create,
    .destroy = destroy,
    .update = update,
    .remove = remove,
    .push = push,
    .peek = peek,
    .next_key = next_key,
    .can_be_inner = true,
};

}  // namespace zext::shim
