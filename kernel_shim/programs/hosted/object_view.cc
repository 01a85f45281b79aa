#include "kernel_shim/programs/hosted/object_view.h"

#include <cstring>
#include <string>

namespace zext::shim {
namespace {

template <typename Record>
Record record_at(const uint8_t* records, uint32_t index) {
  Record record{};
  std::memcpy(&record, records + sizeof record * index, sizeof record);
  return record;
}

void add_functions(const Program& program, object::Program& view) {
  const uint32_t count = program.func_info_count;
  for (uint32_t i = 0; i < count; ++i) {
    const auto record = record_at<bpf_func_info>(program.func_info, i);
    const uint32_t end =
        i + 1 < count ? record_at<bpf_func_info>(program.func_info, i + 1).insn_off : program.slots;
    const btf_type* type = program.btf->type(record.type_id);
    view.functions.push_back({.name = program.btf->string(type->name_off),
                              .first_slot = record.insn_off,
                              .slots = end - record.insn_off,
                              .btf_id = record.type_id,
                              .global = BTF_INFO_VLEN(type->info) == BTF_FUNC_GLOBAL});
  }
  if (view.functions.empty()) {
    view.functions.push_back({.name = view.name, .first_slot = 0, .slots = program.slots});
  }
}

void add_lines(const Program& program, object::Program& view) {
  view.lines.reserve(program.line_info_count);
  for (uint32_t i = 0; i < program.line_info_count; ++i) {
    const auto record = record_at<bpf_line_info>(program.line_info, i);
    view.lines.push_back({.slot = record.insn_off,
                          .file = program.btf->string(record.file_name_off),
                          .line = BPF_LINE_INFO_LINE_NUM(record.line_col),
                          .column = BPF_LINE_INFO_LINE_COL(record.line_col),
                          .text = program.btf->string(record.line_off)});
  }
}

}  // namespace

object::Program object_view(const Program& program) {
  object::Program view;
  view.name = program.name[0] != 0 ? program.name : "program";
  view.type = static_cast<object::ProgramType>(program.type);
  view.attach_type = static_cast<uint8_t>(program.attach_type);
  view.sleepable = program.sleepable;
  view.attach_target = program.attach_name;
  view.slots.assign(program.insns, program.insns + program.slots);
  add_functions(program, view);
  if (program.btf != nullptr) add_lines(program, view);
  return view;
}

}  // namespace zext::shim
