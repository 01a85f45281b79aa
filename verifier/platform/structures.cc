#include "verifier/platform/structures.h"

namespace zext::verifier {
namespace {

using fields::kAllRows;
using fields::named;
using fields::pick;
using fields::whole;

// Less what only full sockets have: type to priority.
constexpr auto kSockCommonFields =
    pick<kSocketFields,
         kAllRows<kSocketFields> & ~named<kSocketFields>("type", "protocol", "mark", "priority")>();

constexpr Field kTcpSockFields[] = {
    whole("snd_cwnd", 0),
    whole("srtt_us", 4),
    whole("rtt_min", 8),
    whole("snd_ssthresh", 12),
    whole("rcv_nxt", 16),
    whole("snd_nxt", 20),
    whole("snd_una", 24),
    whole("mss_cache", 28),
    whole("ecn_flags", 32),
    whole("rate_delivered", 36),
    whole("rate_interval_us", 40),
    whole("packets_out", 44),
    whole("retrans_out", 48),
    whole("total_retrans", 52),
    whole("segs_in", 56),
    whole("data_segs_in", 60),
    whole("segs_out", 64),
    whole("data_segs_out", 68),
    whole("lost_out", 72),
    whole("sacked_out", 76),
    whole("bytes_received", 80, 8),
    whole("bytes_acked", 88, 8),
    whole("dsack_dups", 96),
    whole("delivered", 100),
    whole("delivered_ce", 104),
    whole("icsk_retransmits", 108),
};

constexpr Field kXdpSockFields[] = {whole("queue_id", 0)};

// Plain memory for the program, which fills it.
constexpr Field kFlowKeysFields[] = {
    {.name = "flow_keys",
     .offset = 0,
     .bytes = 56,
     .kind = FieldKind::kBytes,
     .narrow = true,
     .writable = true,
     .narrow_write = true},
};

constexpr Structure kStructures[] = {
    {},
    {.name = "bpf_sock", .fields = kSocketFields},
    {.name = "bpf_sock_common", .fields = kSockCommonFields},
    {.name = "bpf_tcp_sock", .fields = kTcpSockFields},
    {.name = "bpf_xdp_sock", .fields = kXdpSockFields},
    {.name = "bpf_flow_keys", .fields = kFlowKeysFields},
};
static_assert(std::size(kStructures) == static_cast<size_t>(StructureId::kCount));

// The field that has all these bytes, which are aligned unless it is kBytes.
const Field* field_of(std::span<const Field> fields, uint64_t offset, unsigned bytes) {
  const Field* field = field_at(fields, offset);
  if (field == nullptr || offset - field->offset + bytes > field->bytes) return nullptr;
  return field->kind == FieldKind::kBytes || offset % bytes == 0 ? field : nullptr;
}

// Numbers only: what a part of an address means depends on the host.
bool has_part(const Field& field, uint64_t begin, unsigned bytes) {
  if (field.kind != FieldKind::kNumber && field.kind != FieldKind::kBytes) return false;
  if (field.narrow_at_start && begin != 0) return false;
  return field.narrow_end == 0 || begin + bytes <= field.narrow_end;
}

}  // namespace

std::span<const Structure> structures() { return kStructures; }

const Field* field_at(std::span<const Field> fields, uint64_t offset) {
  for (const Field& field : fields) {
    if (offset >= field.offset && offset - field.offset < field.bytes) return &field;
  }
  return nullptr;
}

bool may_read(std::span<const Field> fields, uint64_t offset, unsigned bytes) {
  const Field* field = field_of(fields, offset, bytes);
  if (field == nullptr || !field->readable) return false;
  if (bytes == field->bytes) return true;
  return field->narrow && bytes >= field->least_read &&
         has_part(*field, offset - field->offset, bytes);
}

bool may_write(std::span<const Field> fields, uint64_t offset, unsigned bytes) {
  const Field* field = field_of(fields, offset, bytes);
  if (field == nullptr || !field->writable) return false;
  if (bytes == field->bytes) return true;
  return field->narrow_write && bytes >= field->least_write &&
         has_part(*field, offset - field->offset, bytes);
}

}  // namespace zext::verifier
