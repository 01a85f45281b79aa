// Platforms from a file: a host's own program types, as JSON. Hosted.
//
//   auto set = load_json(R"({"platforms": [{"name": "my_os/trace", "type": 200,
//                            "context": [{"name": "pid", "offset": 0, "bytes": 4}],
//                            "allowed_helpers": ["map_lookup_elem"]}]})", "my_os.json");
//   set.value()->find("my_os/trace")->context[0].bytes      // 4
//
// docs/platform.md describes the format.
#pragma once

#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "object/error.h"
#include "verifier/platform/platform.h"

namespace zext::verifier {

// The platforms of a file; it owns what their rows point to.
class PlatformSet {
 public:
  virtual ~PlatformSet() = default;
  virtual std::span<const Platform> platforms() const = 0;

  // As find_platform, in this file first and then in zext's rows.
  const Platform* find(const char* name) const;
  const Platform* find(uint8_t type, uint8_t attach_type) const;
};

// The error says where in the file of this name (a path as in platforms[0].context[1].offset, or
// the line of what is not JSON), what is wrong and how to mend it.
std::expected<std::unique_ptr<PlatformSet>, object::Error> load_json(std::string_view text,
                                                                     const std::string& name);

}  // namespace zext::verifier
