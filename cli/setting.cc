#include "cli/setting.h"

#include <fmt/core.h>
#include <linux/bpf.h>

#include <cstring>
#include <optional>
#include <utility>

namespace zext::cli {
namespace {

using object::ProgramType;

template <class T>
std::vector<uint8_t> bytes_of(const T& value) {
  std::vector<uint8_t> bytes(sizeof value);
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

Region packet_region(const std::vector<uint8_t>& data) {
  return {.name = "packet", .address = kPacketAddress, .bytes = data, .writable = true};
}

Region context_region(std::vector<uint8_t> bytes) {
  return {
      .name = "context", .address = kContextAddress, .bytes = std::move(bytes), .writable = true};
}

Setting xdp(const std::vector<uint8_t>& data) {
  xdp_md context = {};
  context.data = static_cast<uint32_t>(kPacketAddress);
  context.data_end = static_cast<uint32_t>(kPacketAddress + data.size());
  context.data_meta = context.data;
  context.ingress_ifindex = 1;
  return {.regions = {context_region(bytes_of(context)), packet_region(data)},
          .arguments = {kContextAddress}};
}

Setting socket_filter(const std::vector<uint8_t>& data) {
  __sk_buff context = {};
  context.len = static_cast<uint32_t>(data.size());
  context.ifindex = 1;
  // The EtherType, in network byte order, as Linux hands it over.
  if (data.size() >= 14) context.protocol = static_cast<uint32_t>(data[12] | data[13] << 8);
  return {.regions = {context_region(bytes_of(context)), packet_region(data)},
          .arguments = {kContextAddress},
          .packet = 1};
}

Setting plain_memory(const std::vector<uint8_t>& data) {
  return {
      .regions = {{.name = "memory", .address = kMemoryAddress, .bytes = data, .writable = true}},
      .arguments = {kMemoryAddress, data.size()},
      .packet = 0};
}

}  // namespace

std::expected<Setting, object::Error> make_setting(ProgramType type,
                                                   const std::vector<uint8_t>& data) {
  const uint64_t room = type == ProgramType::kPlainMemory ? kMaxMemory : kMaxPacket;
  if (data.size() > room) {
    return std::unexpected(object::Error{
        .where = "the input",
        .what = fmt::format("{} bytes, more than the {} there is room for", data.size(), room),
        .hint = "give a shorter packet or memory"});
  }
  if (type == ProgramType::kXdp) return xdp(data);
  if (type == ProgramType::kSocketFilter) return socket_filter(data);
  if (type == ProgramType::kPlainMemory) return plain_memory(data);
  return std::unexpected(
      object::Error{.where = "the program",
                    .what = fmt::format("programs of type {} cannot be run", object::name_of(type)),
                    .hint = "types with a setting: xdp, socket_filter, plain_memory (--type)"});
}

}  // namespace zext::cli
