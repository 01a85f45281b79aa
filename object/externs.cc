#include "object/externs.h"

#include <elf.h>
#include <linux/bpf.h>

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

namespace zext::object {
namespace {

constexpr uint64_t kMaxConfigValue = 4096;

class Reader {
 public:
  explicit Reader(const Btf& btf) : btf_(btf) {}

  std::expected<Externs, Error> read(MapTable& maps) {
    read_section(".ksyms");
    read_section(".kconfig");
    if (auto wrong = add_config_map(maps)) return std::unexpected(*std::move(wrong));
    return std::move(externs_);
  }

 private:
  void read_section(std::string_view name) {
    const btf_type* section = btf_.type(btf_.find(name, BTF_KIND_DATASEC));
    if (section == nullptr || !btf_is_datasec(section)) return;
    const bool config = name == ".kconfig";
    for (uint32_t i = 0; i < btf_vlen(section); ++i) {
      const uint32_t id = btf_var_secinfos(section)[i].type;
      const btf_type* declared = btf_.type(id);
      if (declared == nullptr) continue;
      const bool function = btf_is_func(declared);
      if (!btf_is_var(declared) && (!function || config)) continue;
      ExternSymbol symbol;
      symbol.name = btf_.string(declared->name_off);
      symbol.btf_id = id;
      if (!function) symbol.kind = Extern::Kind::kVariable;
      if (config) symbol.kind = Extern::Kind::kConfig;
      externs_.symbols.emplace(symbol.name, symbol);
    }
  }

  struct ConfigValue {
    ExternSymbol* symbol;
    uint64_t size;
    uint32_t alignment;
    uint32_t type;
  };

  std::expected<std::vector<ConfigValue>, Error> config_values() {
    std::vector<ConfigValue> values;
    for (auto& [name, symbol] : externs_.symbols) {
      if (symbol.kind != Extern::Kind::kConfig) continue;
      const uint32_t type = btf_.type(symbol.btf_id)->type;
      const auto size = btf_.size_of(type);
      const uint32_t alignment = btf_.alignment_of(type);
      if (!size || *size > kMaxConfigValue || alignment == 0) {
        return std::unexpected(Error{".kconfig, " + quoted(name),
                                     "is of a type without a size, or too large",
                                     "declare it as a number, an enum tristate or a char array"});
      }
      values.push_back({&symbol, *size, alignment, type});
    }
    // libbpf's order: the most aligned first, of those the smallest, then by name.
    std::ranges::sort(values, {}, [](const ConfigValue& value) {
      return std::tuple(-int64_t{value.alignment}, value.size,
                        std::string_view(value.symbol->name));
    });
    return values;
  }

  std::optional<Error> add_config_map(MapTable& maps) {
    auto values = config_values();
    if (!values) return values.error();
    if (values->empty()) return std::nullopt;
    Map map;
    map.name = ".kconfig";
    map.kind = Map::Kind::kData;
    map.type = BPF_MAP_TYPE_ARRAY;
    map.key_size = sizeof(uint32_t);
    map.max_entries = 1;
    map.flags = BPF_F_RDONLY_PROG;
    map.read_only = true;
    map.host_value = true;
    map.value_btf_id = btf_.find(map.name, BTF_KIND_DATASEC);
    uint64_t end = 0;
    for (const ConfigValue& value : *values) {
      const uint64_t offset = (end + value.alignment - 1) / value.alignment * value.alignment;
      end = offset + value.size;
      value.symbol->offset = static_cast<uint32_t>(offset);
      map.variables.push_back({.name = value.symbol->name,
                               .offset = value.symbol->offset,
                               .bytes = static_cast<uint32_t>(value.size),
                               .btf_id = value.type});
    }
    map.value_size = static_cast<uint32_t>(end);
    externs_.config_map = static_cast<uint32_t>(maps.maps.size());
    maps.maps.push_back(std::move(map));
    return std::nullopt;
  }

  const Btf& btf_;
  Externs externs_;
};

void mark_weak(const ElfFile& elf, Externs& externs) {
  for (const Symbol& symbol : elf.symbols) {
    if (symbol.section != SHN_UNDEF || symbol.binding != STB_WEAK) continue;
    const auto found = externs.symbols.find(symbol.name);
    if (found != externs.symbols.end()) found->second.weak = true;
  }
}

}  // namespace

std::expected<Externs, Error> read_externs(const ElfFile& elf, const Btf* btf, MapTable& maps) {
  if (btf == nullptr) return Externs();
  auto externs = Reader(*btf).read(maps);
  if (externs) mark_weak(elf, *externs);
  return externs;
}

}  // namespace zext::object
