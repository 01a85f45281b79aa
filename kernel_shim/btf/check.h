// Check: one BTF that is being validated, as Linux's btf_verifier_env.
//
//   Check check(kernel, btf, log);
//   int error = check.sections();            // header, strings (sections.cc)
//   if (error == 0) error = check.records(); // each type by itself (records_check.cc)
//   if (error == 0) error = check.graph();   // what refers to what (graph.cc)
//
// Messages have Linux's words (report.h), since clients and their tests read them.
#pragma once

#include <linux/btf.h>

#include <cstdint>

#include "kernel_shim/btf/btf_object.h"
#include "kernel_shim/btf/records.h"
#include "kernel_shim/btf/report.h"

namespace zext::shim {

class Check {
 public:
  Check(Kernel& kernel, BtfObject& btf, Log& log) : kernel_(kernel), btf_(btf), report_(btf, log) {}
  ~Check();
  Check(const Check&) = delete;
  Check& operator=(const Check&) = delete;

  // btf.data and size are set: checks the header, finds the strings.
  int sections();
  // Fills btf.types.
  int records();
  int graph();

  const btf_header& header() const { return header_; }

 private:
  // --- sections.cc
  int copy_header();
  int check_header();
  int check_layout();
  int find_strings();

  // --- records_check.cc: 0 or an errno; the record is whole
  int check_record(const btf_type& type, uint32_t left);
  int check_kind(const btf_type& type);
  int check_int(const btf_type& type);
  int check_reference(const btf_type& type);
  int check_array(const btf_type& type);
  int check_struct(const btf_type& type);
  int check_member(const btf_type& outer, const btf_member& member, uint32_t* last_offset);
  int check_enum(const btf_type& type);
  int check_forward(const btf_type& type);
  int check_function(const btf_type& type);
  int check_prototype(const btf_type& type);
  int check_variable(const btf_type& type);
  int check_section(const btf_type& type);
  int check_section_variable(const btf_type& type, const btf_var_secinfo& variable,
                             uint64_t* last_end);
  int check_float(const btf_type& type);
  int check_declaration_tag(const btf_type& type);
  int refuse(const btf_type& type, const char* why);

  // --- names.cc
  bool is_offset(uint32_t name) const;
  bool is_identifier(uint32_t name) const { return is_name(name, false); }
  bool is_section_name(uint32_t name) const { return is_name(name, true); }
  bool is_name(uint32_t name, bool dots) const;

  // --- graph.cc
  static constexpr uint32_t kDepth = 32;
  enum class State : uint8_t { kNew, kOpen, kResolved };
  // Which types end the search for what is open: see is_sink.
  enum class Mode { kAny, kPointer, kStructOrArray };
  struct Vertex {
    const btf_type* type = nullptr;
    uint32_t id = 0;
    uint32_t next = 0;  // member to go on with
  };
  int allocate();
  int check_types();
  int resolve(const btf_type& type, uint32_t id);
  int resolve_vertex(const Vertex& vertex);
  int resolve_modifier(const Vertex& vertex);
  int resolve_variable(const Vertex& vertex);
  int resolve_pointer(const Vertex& vertex);
  int resolve_array(const Vertex& vertex);
  int resolve_index(const Vertex& vertex, bool* waits);
  int resolve_element(const Vertex& vertex);
  int resolve_struct(const Vertex& vertex);
  int resolve_section(const Vertex& vertex);
  int resolve_function(const Vertex& vertex);
  int resolve_declaration_tag(const Vertex& vertex);
  int check_component(const btf_type& tag, const btf_type& target);
  static bool is_source_only(const btf_type& type);
  static bool needs_resolve(const btf_type& type);
  bool is_sink(const btf_type& type) const;
  bool is_resolved(uint32_t id) const { return states_[id] == State::kResolved; }
  // Its type has to be resolved before what refers to it.
  bool is_open(const btf_type& type, uint32_t id) const {
    return !is_sink(type) && !is_resolved(id);
  }
  // A pointer behind the modifier `id` that has to be, or 0.
  uint32_t open_pointer(const btf_type& type, uint32_t id) const;
  // The type that it may refer to, if it has no size: void, a forward declaration, a prototype.
  bool may_be_sizeless(const btf_type& type, uint32_t* id) const;
  int push(uint32_t id);
  void pop(uint32_t id, uint32_t size);
  bool is_resolve_valid(const btf_type& type, uint32_t id) const;
  // The type that has this one's size, and the size; null: none.
  const btf_type* sized(uint32_t* id, uint32_t* size = nullptr) const;

  // --- prototypes.cc
  int check_prototype_types(const btf_type& type);
  int check_result(const btf_type& type);
  int check_parameter(const btf_type& type, uint32_t number, const btf_param& parameter);
  int resolve_used(uint32_t id);
  int refuse_parameter(const btf_type& type, uint32_t number);
  int check_tags();
  int check_tag_chain(uint32_t id, uint32_t good);

  // --- members.cc: how a member lies in its struct
  int place(const btf_type& outer, const btf_member& member, const btf_type& type);
  int place_int(const btf_type& outer, const btf_member& member, const btf_type& type);
  int place_bits(const btf_type& outer, const btf_member& member, const btf_type& type);
  int place_enum_bits(const btf_type& outer, const btf_member& member);
  int place_bytes(const btf_type& outer, const btf_member& member, uint64_t size);
  int place_float(const btf_type& outer, const btf_member& member, const btf_type& type);
  int check_copied_bits(const btf_type& outer, const btf_member& member, uint32_t offset,
                        uint32_t bits);

  Kernel& kernel_;
  BtfObject& btf_;
  Report report_;
  btf_header header_{};
  const uint8_t* body_ = nullptr;  // behind the header

  uint32_t* resolved_ids_ = nullptr;  // by id
  uint32_t* resolved_sizes_ = nullptr;
  State* states_ = nullptr;
  Mode mode_ = Mode::kAny;
  Vertex stack_[kDepth];
  uint32_t depth_ = 0;
};

}  // namespace zext::shim
