// Helpers on packets.
#include <errno.h>
#include <linux/pkt_cls.h>

#include <cstring>

#include "kernel_shim/helpers/testing.h"
#include "kernel_shim/programs/context.h"

namespace zext::shim {
namespace {

class PacketHelpers : public HelperTest {
 protected:
  PacketHelpers() {
    for (unsigned i = 0; i < sizeof buffer_; ++i) buffer_[i] = static_cast<uint8_t>(i);
    skb_.link_header = packet_.data;
    skb_.network_header = packet_.data + 14;
    set_packet(skb_, packet_);
    set_packet(xdp_, packet_);
    run_.packet = &packet_;
  }
  int64_t size() const { return packet_.end - packet_.data; }

  alignas(8) uint8_t buffer_[512];
  Packet packet_{.head = buffer_,
                 .data = buffer_ + 128,
                 .end = buffer_ + 192,
                 .limit = buffer_ + 480,
                 .meta = buffer_ + 128};
  SkbContext skb_{};
  XdpContext xdp_{};
};

TEST_F(PacketHelpers, LoadAndStoreBytes) {
  uint8_t to[4];
  EXPECT_EQ(call(BPF_FUNC_skb_load_bytes, &skb_, 2, to, 4), 0);
  EXPECT_EQ(to[0], 130);
  EXPECT_EQ(call(BPF_FUNC_skb_load_bytes, &skb_, 60, to, 4), 0);
  EXPECT_EQ(call(BPF_FUNC_skb_load_bytes, &skb_, 61, to, 4), -EFAULT);
  EXPECT_EQ(to[0], 0);
  EXPECT_EQ(call(BPF_FUNC_skb_load_bytes, &skb_, -1, to, 4), -EFAULT);
  EXPECT_EQ(call(BPF_FUNC_skb_load_bytes_relative, &skb_, 1, to, 4, BPF_HDR_START_NET), 0);
  EXPECT_EQ(to[0], 143);
  EXPECT_EQ(call(BPF_FUNC_skb_load_bytes_relative, &skb_, 1, to, 4, BPF_HDR_START_MAC), 0);
  EXPECT_EQ(to[0], 129);
  EXPECT_EQ(call(BPF_FUNC_skb_load_bytes_relative, &skb_, 1, to, 4, 2), -EFAULT);
  EXPECT_EQ(call(BPF_FUNC_skb_load_bytes_relative, &skb_, 47, to, 4, BPF_HDR_START_NET), -EFAULT);
  EXPECT_EQ(call(BPF_FUNC_skb_store_bytes, &skb_, 60, "abcd", 4, BPF_F_RECOMPUTE_CSUM), 0);
  EXPECT_EQ(std::memcmp(packet_.end - 4, "abcd", 4), 0);
  EXPECT_EQ(call(BPF_FUNC_skb_store_bytes, &skb_, 61, "abcd", 4, 0), -EFAULT);
  EXPECT_EQ(call(BPF_FUNC_skb_store_bytes, &skb_, 0, "abcd", 4, 4), -EINVAL);
}

TEST_F(PacketHelpers, SizesOfSkb) {
  EXPECT_EQ(call(BPF_FUNC_skb_pull_data, &skb_, 64), 0);
  EXPECT_EQ(call(BPF_FUNC_skb_pull_data, &skb_, 0), 0);
  EXPECT_EQ(call(BPF_FUNC_skb_pull_data, &skb_, 65), -ENOMEM);
  EXPECT_EQ(call(BPF_FUNC_skb_change_tail, &skb_, 100, 0), 0);
  EXPECT_EQ(size(), 100);
  EXPECT_EQ(skb_.user.len, 100u);
  EXPECT_EQ(packet_.data[64], 0);
  EXPECT_EQ(packet_.data[99], 0);
  EXPECT_EQ(call(BPF_FUNC_skb_change_tail, &skb_, 13, 0), -EINVAL);
  EXPECT_EQ(call(BPF_FUNC_skb_change_tail, &skb_, 14, 0), 0);
  EXPECT_EQ(call(BPF_FUNC_skb_change_tail, &skb_, 20, 1), -EINVAL);
  EXPECT_EQ(call(BPF_FUNC_skb_change_tail, &skb_, 70000, 0), -EINVAL);
  EXPECT_EQ(call(BPF_FUNC_skb_change_tail, &skb_, 4000, 0), -ENOMEM);
  EXPECT_EQ(call(BPF_FUNC_skb_change_head, &skb_, 28, 0), 0);
  EXPECT_EQ(size(), 42);
  EXPECT_EQ(packet_.data[27], 0);
  EXPECT_EQ(packet_.data[28], 128);
  EXPECT_EQ(skb_.data, word(packet_.data));
  EXPECT_EQ(call(BPF_FUNC_skb_change_head, &skb_, 1000, 0), -ENOMEM);
  EXPECT_EQ(call(BPF_FUNC_skb_change_head, &skb_, 1, 1), -EINVAL);
}

TEST_F(PacketHelpers, FieldsOfSkb) {
  EXPECT_EQ(call(BPF_FUNC_skb_change_type, &skb_, 3), 0);
  EXPECT_EQ(skb_.user.pkt_type, 3u);
  EXPECT_EQ(call(BPF_FUNC_skb_change_type, &skb_, 4), -EINVAL);
  EXPECT_EQ(call(BPF_FUNC_set_hash, &skb_, 77), 0);
  EXPECT_EQ(skb_.user.hash, 77u);
  EXPECT_EQ(call(BPF_FUNC_set_hash_invalid, &skb_), 0);
  EXPECT_EQ(skb_.user.hash, 0u);
  EXPECT_EQ(call(BPF_FUNC_csum_update, &skb_, 1), -524);
}

uint16_t sum_of(const uint8_t* bytes, unsigned size) {
  uint32_t sum = 0;
  for (unsigned i = 0; i < size; i += 2) sum += static_cast<uint32_t>(bytes[i] << 8 | bytes[i + 1]);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

// A header with its checksum at 10, as IPv4's: changing a word keeps the whole sum 0.
TEST_F(PacketHelpers, ChecksumsFollowChanges) {
  uint8_t* header = packet_.data;
  header[10] = header[11] = 0;
  const uint16_t sum = sum_of(header, 20);
  header[10] = static_cast<uint8_t>(sum >> 8);
  header[11] = static_cast<uint8_t>(sum);
  ASSERT_EQ(sum_of(header, 20), 0);
  uint32_t before;
  std::memcpy(&before, header + 12, 4);
  const uint32_t after = 0xfedc'0a09;
  std::memcpy(header + 12, &after, 4);
  for (const int number : {BPF_FUNC_l3_csum_replace, BPF_FUNC_l4_csum_replace}) {
    uint8_t saved[2] = {header[10], header[11]};
    EXPECT_EQ(call(number, &skb_, 10, before, after, 4), 0);
    EXPECT_EQ(sum_of(header, 20), 0);
    std::memcpy(header + 10, saved, 2);
    const int64_t difference = call(BPF_FUNC_csum_diff, &before, 4, &after, 4, 0);
    EXPECT_EQ(call(number, &skb_, 10, 0, difference, 0), 0);
    EXPECT_EQ(sum_of(header, 20), 0);
    std::memcpy(header + 10, saved, 2);
  }
  EXPECT_EQ(call(BPF_FUNC_l3_csum_replace, &skb_, 10, before, after, 4), 0);
  const uint16_t old_word = static_cast<uint16_t>(header[0] | header[1] << 8);
  header[0] = 0x12;
  header[1] = 0x34;
  EXPECT_EQ(call(BPF_FUNC_l3_csum_replace, &skb_, 10, old_word, 0x3412, 2), 0);
  EXPECT_EQ(sum_of(header, 20), 0);
}

TEST_F(PacketHelpers, ChecksumsRefuse) {
  for (const int number : {BPF_FUNC_l3_csum_replace, BPF_FUNC_l4_csum_replace}) {
    EXPECT_EQ(call(number, &skb_, 11, 0, 0, 2), -EFAULT);
    EXPECT_EQ(call(number, &skb_, 63, 0, 0, 2), -EFAULT);
    EXPECT_EQ(call(number, &skb_, 64, 0, 0, 2), -EFAULT);
    EXPECT_EQ(call(number, &skb_, 0x10000, 0, 0, 2), -EFAULT);
    EXPECT_EQ(call(number, &skb_, 10, 0, 0, 3), -EINVAL);
    EXPECT_EQ(call(number, &skb_, 10, 1, 0, 0), -EINVAL);
    EXPECT_EQ(call(number, &skb_, 10, 0, 0, 1 << 8), -EINVAL);
  }
  EXPECT_EQ(call(BPF_FUNC_l3_csum_replace, &skb_, 10, 0, 0, BPF_F_PSEUDO_HDR | 2), -EINVAL);
  EXPECT_EQ(call(BPF_FUNC_l4_csum_replace, &skb_, 10, 0, 0, BPF_F_PSEUDO_HDR | 2), 0);
  const uint32_t words[2] = {1, 2};
  EXPECT_EQ(call(BPF_FUNC_csum_diff, nullptr, 0, words, 8, 0), 3);
  EXPECT_EQ(call(BPF_FUNC_csum_diff, words, 4, nullptr, 0, 0), 0xffff'fffe);
  EXPECT_EQ(call(BPF_FUNC_csum_diff, words, 3, nullptr, 0, 0), -EINVAL);
  EXPECT_EQ(call(BPF_FUNC_csum_diff, words, 260, words, 256, 0), -EINVAL);
}

TEST_F(PacketHelpers, ZeroStaysNoChecksum) {
  uint8_t* field = packet_.data + 10;
  field[0] = field[1] = 0;
  EXPECT_EQ(call(BPF_FUNC_l4_csum_replace, &skb_, 10, 1, 2, BPF_F_MARK_MANGLED_0 | 2), 0);
  EXPECT_EQ(field[0] | field[1], 0);
  EXPECT_EQ(call(BPF_FUNC_l4_csum_replace, &skb_, 10, 0, 0xffff,
                 BPF_F_MARK_MANGLED_0 | BPF_F_MARK_ENFORCE | 2),
            0);
  EXPECT_NE(field[0] | field[1], 0);
}

TEST_F(PacketHelpers, XdpHead) {
  EXPECT_EQ(call(BPF_FUNC_xdp_adjust_head, &xdp_, 10), 0);
  EXPECT_EQ(size(), 54);
  EXPECT_EQ(xdp_.data, word(packet_.data));
  EXPECT_EQ(call(BPF_FUNC_xdp_adjust_head, &xdp_, 41), -EINVAL);
  EXPECT_EQ(call(BPF_FUNC_xdp_adjust_head, &xdp_, 40), 0);
  EXPECT_EQ(size(), 14);
  EXPECT_EQ(call(BPF_FUNC_xdp_adjust_head, &xdp_, -50 - 88), 0);
  EXPECT_EQ(packet_.data, buffer_ + 40);
  EXPECT_EQ(call(BPF_FUNC_xdp_adjust_head, &xdp_, -1), -EINVAL);
}

TEST_F(PacketHelpers, XdpMetadataMovesWithTheHead) {
  EXPECT_EQ(call(BPF_FUNC_xdp_adjust_meta, &xdp_, -4), 0);
  EXPECT_EQ(xdp_.data_meta, word(packet_.data - 4));
  std::memcpy(packet_.meta, "meta", 4);
  EXPECT_EQ(call(BPF_FUNC_xdp_adjust_head, &xdp_, -8), 0);
  EXPECT_EQ(std::memcmp(packet_.data - 4, "meta", 4), 0);
  EXPECT_EQ(call(BPF_FUNC_xdp_adjust_meta, &xdp_, 8), -EINVAL);
  EXPECT_EQ(call(BPF_FUNC_xdp_adjust_meta, &xdp_, -2), -EACCES);
  EXPECT_EQ(call(BPF_FUNC_xdp_adjust_meta, &xdp_, -32), -EACCES);
  EXPECT_EQ(call(BPF_FUNC_xdp_adjust_meta, &xdp_, -28), 0);
  EXPECT_EQ(call(BPF_FUNC_xdp_adjust_meta, &xdp_, 32), 0);
}

TEST_F(PacketHelpers, XdpTailAndBytes) {
  EXPECT_EQ(call(BPF_FUNC_xdp_get_buff_len, &xdp_), 64);
  EXPECT_EQ(call(BPF_FUNC_xdp_adjust_tail, &xdp_, 10), 0);
  EXPECT_EQ(packet_.data[64], 0);
  EXPECT_EQ(xdp_.data_end, word(packet_.end));
  EXPECT_EQ(call(BPF_FUNC_xdp_adjust_tail, &xdp_, -60), 0);
  EXPECT_EQ(call(BPF_FUNC_xdp_adjust_tail, &xdp_, -1), -EINVAL);
  EXPECT_EQ(call(BPF_FUNC_xdp_adjust_tail, &xdp_, 480 - 128 - 14), 0);
  EXPECT_EQ(call(BPF_FUNC_xdp_adjust_tail, &xdp_, 1), -EINVAL);
  uint8_t to[4];
  EXPECT_EQ(call(BPF_FUNC_xdp_load_bytes, &xdp_, 1, to, 4), 0);
  EXPECT_EQ(to[0], 129);
  EXPECT_EQ(call(BPF_FUNC_xdp_store_bytes, &xdp_, 2, "abcd", 4), 0);
  EXPECT_EQ(packet_.data[2], 'a');
  EXPECT_EQ(call(BPF_FUNC_xdp_load_bytes, &xdp_, size() - 3, to, 4), -EINVAL);
  EXPECT_EQ(call(BPF_FUNC_xdp_load_bytes, &xdp_, 0x10000, to, 4), -EFAULT);
  EXPECT_EQ(call(BPF_FUNC_xdp_store_bytes, &xdp_, size(), "abcd", 1), -EINVAL);
}

TEST_F(PacketHelpers, Redirections) {
  program_.type = BPF_PROG_TYPE_XDP;
  EXPECT_EQ(call(BPF_FUNC_redirect, 1, 0), XDP_REDIRECT);
  EXPECT_EQ(call(BPF_FUNC_redirect, 1, 1), XDP_ABORTED);
  program_.type = BPF_PROG_TYPE_SCHED_CLS;
  EXPECT_EQ(call(BPF_FUNC_redirect, 1, BPF_F_INGRESS), TC_ACT_REDIRECT);
  EXPECT_EQ(call(BPF_FUNC_redirect, 1, 2), TC_ACT_SHOT);
  EXPECT_EQ(call(BPF_FUNC_redirect_peer, 1, 0), TC_ACT_REDIRECT);
  EXPECT_EQ(call(BPF_FUNC_redirect_peer, 1, 1), TC_ACT_SHOT);
  EXPECT_EQ(call(BPF_FUNC_redirect_neigh, 1, nullptr, 0, 0), TC_ACT_REDIRECT);
  EXPECT_EQ(call(BPF_FUNC_redirect_neigh, 1, nullptr, 4, 0), TC_ACT_SHOT);
  Map& devices =
      map({.type = BPF_MAP_TYPE_DEVMAP, .key_size = 4, .value_size = 4, .max_entries = 4});
  EXPECT_EQ(call(BPF_FUNC_redirect_map, &devices, 1, XDP_TX), XDP_TX);
  EXPECT_EQ(call(BPF_FUNC_redirect_map, &devices, 1, 4), XDP_ABORTED);
  EXPECT_EQ(call(BPF_FUNC_redirect_map, &devices, 1, BPF_F_BROADCAST), XDP_REDIRECT);
}

}  // namespace
}  // namespace zext::shim
