#include "kernel_shim/btf/report.h"

#include "kernel_shim/btf/records.h"

namespace zext::shim {
namespace {

constexpr const char* kKinds[] = {"UNKNOWN", "INT",      "PTR",      "ARRAY",      "STRUCT",
                                  "UNION",   "ENUM",     "FWD",      "TYPEDEF",    "VOLATILE",
                                  "CONST",   "RESTRICT", "FUNC",     "FUNC_PROTO", "VAR",
                                  "DATASEC", "FLOAT",    "DECL_TAG", "TYPE_TAG"};
static_assert(sizeof kKinds / sizeof kKinds[0] == kLastKind + 1);

const char* encoding_name(uint32_t encoding) {
  switch (encoding) {
    case 0:
      return "(none)";
    case BTF_INT_SIGNED:
      return "SIGNED";
    case BTF_INT_CHAR:
      return "CHAR";
    case BTF_INT_BOOL:
      return "BOOL";
    default:
      return "UNKN";
  }
}

}  // namespace

const char* Report::name(uint32_t offset) const {
  if (offset == 0) return "(anon)";
  return offset < btf_.strings_size ? btf_.strings + offset : "(invalid-name-offset)";
}

void Report::begin(const btf_type& type, bool with_details) {
  log_.add("[", id_, "] ", kKinds[kind_of(type)], " ", name(type.name_off));
  if (!with_details) return;
  log_.text(" ");
  details(type);
}

void Report::details(const btf_type& type) {
  switch (kind_of(type)) {
    case BTF_KIND_INT: {
      const uint32_t value = int_of(type);
      log_.add("size=", type.size, " bits_offset=", uint32_t{BTF_INT_OFFSET(value)},
               " nr_bits=", uint32_t{BTF_INT_BITS(value)},
               " encoding=", encoding_name(BTF_INT_ENCODING(value)));
      break;
    }
    case BTF_KIND_ARRAY: {
      const btf_array& array = array_of(type);
      log_.add("type_id=", array.type, " index_type_id=", array.index_type,
               " nr_elems=", array.nelems);
      break;
    }
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
    case BTF_KIND_ENUM:
    case BTF_KIND_DATASEC:
      log_.add("size=", type.size, " vlen=", vlen_of(type));
      break;
    case BTF_KIND_FWD:
      log_.text(flag_of(type) ? "union" : "struct");
      break;
    case BTF_KIND_FUNC_PROTO:
      prototype(type);
      break;
    case BTF_KIND_VAR:
      log_.add("type_id=", type.type, " linkage=", after<btf_var>(type).linkage);
      break;
    case BTF_KIND_FLOAT:
      log_.add("size=", type.size);
      break;
    case BTF_KIND_DECL_TAG:
      log_.add("type=", type.type, " component_idx=", after<btf_decl_tag>(type).component_idx);
      break;
    default:
      log_.add("type_id=", type.type);
      break;
  }
}

void Report::prototype(const btf_type& type) {
  const auto parameters = parameters_of(type);
  log_.add("return=", type.type, " args=(");
  if (parameters.empty()) log_.text("void");
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (i != 0) log_.text(", ");
    // Without a type, the last one stands for "...".
    if (i + 1 == parameters.size() && parameters[i].type == 0) {
      log_.text("vararg");
    } else {
      log_.add(parameters[i].type, " ", name(parameters[i].name_off));
    }
  }
  log_.text(")");
}

void Report::begin_member(const btf_type& outer, const btf_member& member) {
  if (in_graph_) type(outer);
  log_.add("\t", name(member.name_off), " type_id=", member.type);
  if (flag_of(outer))
    log_.add(" bitfield_size=", uint32_t{BTF_MEMBER_BITFIELD_SIZE(member.offset)});
  log_.add(" bits_offset=", bit_offset(outer, member));
}

void Report::begin_variable(const btf_type& section, const btf_var_secinfo& variable) {
  if (in_graph_) type(section);
  log_.add("\t type_id=", variable.type, " offset=", variable.offset, " size=", variable.size);
}

void Report::enumerator(const btf_enum& value) {
  log_.add("\t", name(value.name_off), " val=", int32_t{value.val}, "\n");
}

void Report::header(const btf_header& header, uint64_t size) {
  if (!log_.wanted()) return;
  log_.text("magic: 0x");
  log_.hex(header.magic);
  log_.add("\nversion: ", uint32_t{header.version}, "\nflags: 0x");
  log_.hex(header.flags);
  log_.add("\nhdr_len: ", header.hdr_len, "\ntype_off: ", header.type_off,
           "\ntype_len: ", header.type_len, "\nstr_off: ", header.str_off,
           "\nstr_len: ", header.str_len, "\nbtf_total_size: ", size, "\n");
}

}  // namespace zext::shim
