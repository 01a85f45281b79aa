#include "verifier/certificate/format.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "verifier/certificate/fnv.h"
#include "verifier/certificate/footprint.h"
#include "verifier/certificate/layout.h"
#include "verifier/certificate/reader.h"
#include "verifier/certificate/writer.h"

namespace zext::verifier::certificate {
namespace {

constexpr std::string_view kMagic = "zcert";
constexpr size_t kChecksumBytes = 8;
// A cut point: its base, its pc, its parent, its changes.
constexpr size_t kLeastBytes = 4;

// The cut points that each one may be told by, by how many before it they are.
class Bases {
 public:
  explicit Bases(const std::vector<CutPoint>& points) : points_(points) {}

  // 0: by none.
  std::vector<uint32_t> distances(uint32_t index) const {
    std::vector<uint32_t> result = {0};
    const auto add = [&](uint32_t base) {
      if (base < index) result.push_back(index - base);
    };
    add(index - 1);
    add(points_[index].parent);
    const auto found = latest_.find(points_[index].pc);
    if (found != latest_.end()) add(found->second);
    std::ranges::sort(result);
    const auto rest = std::ranges::unique(result);
    result.erase(rest.begin(), rest.end());
    return result;
  }
  void passed(uint32_t index) { latest_[points_[index].pc] = index; }

 private:
  const std::vector<CutPoint>& points_;
  std::unordered_map<uint32_t, uint32_t> latest_;  // by pc
};

const CutPoint& base_of(const std::vector<CutPoint>& points, uint32_t index, uint32_t distance) {
  return distance == 0 ? beginning() : points[index - distance];
}

void write_cut_point(std::vector<CutPoint>& points, uint32_t index, const Bases& bases,
                     Writer& writer) {
  Writer best;
  for (const uint32_t distance : bases.distances(index)) {
    Writer tried = writer.beginning();
    tried.natural(distance);
    cut_point_layout(tried, index, base_of(points, index, distance), points[index]);
    if (best.bytes().empty() || tried.bytes().size() < best.bytes().size()) best = tried;
  }
  writer.append(best);
}

CutPoint read_cut_point(const std::vector<CutPoint>& points, Reader& reader) {
  const auto index = static_cast<uint32_t>(points.size());
  uint32_t distance = 0;
  reader.natural(distance);
  CutPoint point;
  if (!reader.require(distance <= index, "a base that does not come before")) return point;
  if (!reader.take(sizeof(CutPoint))) return point;
  cut_point_layout(reader, index, base_of(points, index, distance), point);
  return point;
}

std::unexpected<FormatError> refused(size_t at, std::string what, std::string hint) {
  return std::unexpected(
      FormatError{"byte " + std::to_string(at), std::move(what), std::move(hint)});
}

// The magic word and the version, which no version changes.
std::optional<FormatError> read_header(Reader& reader) {
  bool ours = true;
  for (const char letter : kMagic) {
    uint8_t byte = 0;
    reader.byte(byte);
    ours = ours && byte == static_cast<uint8_t>(letter);
  }
  if (reader.failed() || !ours) {
    return FormatError{"byte 0", "it is no certificate", "give a file that zext wrote"};
  }
  const size_t at = reader.at();
  uint64_t version = 0;
  reader.natural(version);
  if (reader.failed()) return reader.error();
  if (version == kVersion) return {};
  return FormatError{"byte " + std::to_string(at),
                     "version " + std::to_string(version) + ", this zext reads version " +
                         std::to_string(kVersion),
                     "make the certificate again with this zext"};
}

bool checksum_fits(std::span<const uint8_t> file) {
  if (file.size() < kChecksumBytes) return false;
  uint64_t wanted = 0;
  Reader(file.last(kChecksumBytes), 0).word(wanted);
  return fnv1a(file.first(file.size() - kChecksumBytes)) == wanted;
}

}  // namespace

std::vector<uint8_t> write(const Certificate& certificate) {
  Certificate written = renumbered(certificate);
  std::vector<CutPoint>& points = written.cut_points;
  Writer writer;
  for (const char letter : kMagic) writer.byte(static_cast<uint8_t>(letter));
  writer.natural(kVersion);
  writer.word(written.subject);
  writer.natural(points.size());
  Bases bases(points);
  for (uint32_t i = 0; i < points.size(); ++i) {
    write_cut_point(points, i, bases, writer);
    bases.passed(i);
  }
  const uint64_t memory = footprint(points);
  while (writer.bytes().size() * kMemoryPerByte < memory) writer.byte(0);
  writer.word(fnv1a(writer.bytes()));
  return writer.bytes();
}

std::expected<Certificate, FormatError> read(std::span<const uint8_t> file) {
  if (file.empty()) return refused(0, "the file is empty", "give a file that zext wrote");
  Reader header(file, 0);
  if (auto error = read_header(header)) return std::unexpected(std::move(*error));
  if (!checksum_fits(file)) {
    return refused(file.size(), "its checksum does not fit: bytes are missing or were changed",
                   "copy the file again, or make the certificate again");
  }

  const std::span<const uint8_t> body = file.first(file.size() - kChecksumBytes);
  Reader reader(body, body.size() * kMemoryPerByte);
  for (size_t i = 0; i < header.at(); ++i) {
    uint8_t byte = 0;
    reader.byte(byte);
  }
  Certificate certificate;
  reader.word(certificate.subject);
  uint64_t count = 0;
  reader.natural(count);
  reader.require(count <= kMaxCutPoints, "more cut points than a certificate may have");
  reader.require(count <= reader.remaining() / kLeastBytes,
                 "more cut points than the file has bytes for");
  for (uint64_t i = 0; i < count && !reader.failed(); ++i) {
    certificate.cut_points.push_back(read_cut_point(certificate.cut_points, reader));
  }
  while (!reader.failed() && reader.remaining() > 0) {
    uint8_t byte = 0;
    reader.byte(byte);
    reader.require(byte == 0, "something behind the last cut point");
  }
  if (reader.failed()) return std::unexpected(reader.error());
  return certificate;
}

}  // namespace zext::verifier::certificate
