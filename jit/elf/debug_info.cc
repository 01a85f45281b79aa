#include "jit/elf/debug_info.h"

#include <array>
#include <cstddef>
#include <string>

#include "jit/baseline/registers.h"
#include "jit/elf/dwarf.h"

namespace zext::jit::elf {
namespace {

// The kinds of entries, numbered from 1.
enum Abbreviation : uint8_t { kUnit = 1, kFunction, kFunctionWithLine, kRegister, kBaseType };

struct AttributeForm {
  Attribute attribute;
  Form form;
};

void abbreviate(Section& out, Abbreviation number, Tag tag, bool children,
                std::initializer_list<AttributeForm> attributes) {
  out.uleb(number);
  out.uleb(tag);
  out.u8(children ? 1 : 0);
  for (const AttributeForm& each : attributes) {
    out.uleb(each.attribute);
    out.uleb(each.form);
  }
  out.uleb(0);
  out.uleb(0);
}

void write_abbreviations(Section& out) {
  abbreviate(out, kUnit, DW_TAG_compile_unit, true,
             {{DW_AT_producer, DW_FORM_string},
              {DW_AT_language, DW_FORM_data2},
              {DW_AT_name, DW_FORM_string},
              {DW_AT_low_pc, DW_FORM_addr},
              {DW_AT_high_pc, DW_FORM_data8},
              {DW_AT_stmt_list, DW_FORM_sec_offset}});
  abbreviate(out, kFunction, DW_TAG_subprogram, true,
             {{DW_AT_name, DW_FORM_string},
              {DW_AT_external, DW_FORM_flag},
              {DW_AT_low_pc, DW_FORM_addr},
              {DW_AT_high_pc, DW_FORM_data8},
              {DW_AT_frame_base, DW_FORM_exprloc},
              {DW_AT_type, DW_FORM_ref4}});
  abbreviate(out, kFunctionWithLine, DW_TAG_subprogram, true,
             {{DW_AT_name, DW_FORM_string},
              {DW_AT_external, DW_FORM_flag},
              {DW_AT_low_pc, DW_FORM_addr},
              {DW_AT_high_pc, DW_FORM_data8},
              {DW_AT_frame_base, DW_FORM_exprloc},
              {DW_AT_type, DW_FORM_ref4},
              {DW_AT_decl_file, DW_FORM_udata},
              {DW_AT_decl_line, DW_FORM_udata}});
  abbreviate(out, kRegister, DW_TAG_variable, false,
             {{DW_AT_name, DW_FORM_string},
              {DW_AT_artificial, DW_FORM_flag_present},
              {DW_AT_type, DW_FORM_ref4},
              {DW_AT_location, DW_FORM_exprloc}});
  abbreviate(out, kBaseType, DW_TAG_base_type, false,
             {{DW_AT_name, DW_FORM_string},
              {DW_AT_encoding, DW_FORM_data1},
              {DW_AT_byte_size, DW_FORM_data1}});
  out.uleb(0);
}

class Writer {
 public:
  Writer(const DebugSections& sections, const SourceFiles& files)
      : sections_(sections), out_(sections.info), files_(files) {}

  void write(std::span<const Unit> units) {
    const size_t header = out_.begin_length();
    out_.u16(kDwarfVersion);
    out_.u8(DW_UT_compile);
    out_.u8(8);  // of an address
    out_.offset(sections_.abbreviations.symbol, 0);
    out_.uleb(kUnit);
    out_.string("zext");
    out_.u16(DW_LANG_C11);
    out_.string(files_.names().front());
    out_.address(sections_.text.symbol, 0);
    out_.u64(sections_.text.size());
    out_.offset(sections_.lines.symbol, 0);
    word_ = static_cast<uint32_t>(out_.size() - header + 4);
    out_.uleb(kBaseType);
    out_.string("unsigned long");
    out_.u8(DW_ATE_unsigned);
    out_.u8(8);
    for (const Unit& unit : units) {
      for (const FunctionEntry& function : unit.code->functions) write(unit, function);
    }
    out_.uleb(0);
    out_.end_length(header);
  }

 private:
  void write(const Unit& unit, const FunctionEntry& function) {
    const object::Line* line = unit.line_at(function, function.pc);
    out_.uleb(line == nullptr ? kFunction : kFunctionWithLine);
    out_.string(unit.name_of(function));
    out_.u8(unit.enters(function) ? 1 : 0);
    out_.address(sections_.text.symbol, static_cast<int64_t>(unit.text + function.offset));
    out_.u64(function.end - function.offset);
    out_.uleb(1);
    out_.u8(DW_OP_call_frame_cfa);
    out_.u32(word_);
    if (line != nullptr) {
      out_.uleb(files_.number_of(line->file));
      out_.uleb(line->line);
    }
    for (ebpf::Reg reg = 0; reg < kHomeCount; ++reg) {
      begin_register(reg);
      out_.uleb(1);
      out_.u8(DW_OP_reg0 + home(reg));
    }
    write_frame_pointer(function.frame);
    out_.uleb(0);
  }

  void begin_register(ebpf::Reg reg) {
    out_.uleb(kRegister);
    out_.string("r" + std::to_string(reg));
    out_.u32(word_);
  }

  // r10 is in no register: it is the caller's sp and a constant.
  void write_frame_pointer(const Frame& frame) {
    begin_register(ebpf::kFramePointer);
    const size_t at = out_.begin_block();
    out_.u8(DW_OP_call_frame_cfa);
    out_.u8(DW_OP_consts);
    out_.sleb(int64_t{frame.stack} - frame.size());
    out_.u8(DW_OP_plus);
    out_.u8(DW_OP_stack_value);
    out_.end_block(at);
  }

  const DebugSections& sections_;
  Section& out_;
  const SourceFiles& files_;
  uint32_t word_ = 0;  // the type of 64-bit words, from the unit's begin
};

}  // namespace

void write_debug_info(const DebugSections& sections, std::span<const Unit> units,
                      const SourceFiles& files) {
  write_abbreviations(sections.abbreviations);
  Writer(sections, files).write(units);
}

}  // namespace zext::jit::elf
