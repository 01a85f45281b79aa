// DWARF 5's numbers, by its names; those that are used here.
#pragma once

#include <cstdint>

namespace zext::jit::elf {

inline constexpr uint16_t kDwarfVersion = 5;

enum UnitType : uint8_t { DW_UT_compile = 0x01 };

enum Tag : uint8_t {
  DW_TAG_formal_parameter = 0x05,
  DW_TAG_compile_unit = 0x11,
  DW_TAG_base_type = 0x24,
  DW_TAG_subprogram = 0x2e,
  DW_TAG_variable = 0x34,
};

enum Attribute : uint8_t {
  DW_AT_location = 0x02,
  DW_AT_name = 0x03,
  DW_AT_byte_size = 0x0b,
  DW_AT_stmt_list = 0x10,
  DW_AT_low_pc = 0x11,
  DW_AT_high_pc = 0x12,
  DW_AT_language = 0x13,
  DW_AT_producer = 0x25,
  DW_AT_prototyped = 0x27,
  DW_AT_artificial = 0x34,
  DW_AT_decl_file = 0x3a,
  DW_AT_decl_line = 0x3b,
  DW_AT_encoding = 0x3e,
  DW_AT_external = 0x3f,
  DW_AT_frame_base = 0x40,
  DW_AT_type = 0x49,
};

enum Form : uint8_t {
  DW_FORM_addr = 0x01,
  DW_FORM_data2 = 0x05,
  DW_FORM_data8 = 0x07,
  DW_FORM_string = 0x08,
  DW_FORM_data1 = 0x0b,
  DW_FORM_flag = 0x0c,
  DW_FORM_udata = 0x0f,
  DW_FORM_ref4 = 0x13,
  DW_FORM_sec_offset = 0x17,
  DW_FORM_exprloc = 0x18,
  DW_FORM_flag_present = 0x19,
};

enum Language : uint8_t { DW_LANG_C11 = 0x1d };
enum Encoding : uint8_t { DW_ATE_unsigned = 0x07 };

enum Operation : uint8_t {
  DW_OP_consts = 0x11,
  DW_OP_plus = 0x22,
  DW_OP_reg0 = 0x50,
  DW_OP_call_frame_cfa = 0x9c,
  DW_OP_stack_value = 0x9f,
};

enum LocationEntry : uint8_t { DW_LLE_end_of_list = 0x00, DW_LLE_start_length = 0x08 };

enum LineContent : uint8_t { DW_LNCT_path = 0x01, DW_LNCT_directory_index = 0x02 };

enum LineOpcode : uint8_t {
  DW_LNS_copy = 0x01,
  DW_LNS_advance_pc = 0x02,
  DW_LNS_advance_line = 0x03,
  DW_LNS_set_file = 0x04,
  DW_LNS_set_column = 0x05,
  DW_LNS_set_prologue_end = 0x0a,
  DW_LNS_set_epilogue_begin = 0x0b,
};

enum ExtendedLineOpcode : uint8_t { DW_LNE_end_sequence = 0x01, DW_LNE_set_address = 0x02 };

enum FrameInstruction : uint8_t {
  DW_CFA_nop = 0x00,
  DW_CFA_advance_loc1 = 0x02,
  DW_CFA_advance_loc2 = 0x03,
  DW_CFA_advance_loc4 = 0x04,
  DW_CFA_undefined = 0x07,
  DW_CFA_def_cfa = 0x0c,
  DW_CFA_def_cfa_offset = 0x0e,
  DW_CFA_advance_loc = 0x40,  // with the distance in the low bits
  DW_CFA_offset = 0x80,       // with the register in the low bits
  DW_CFA_restore = 0xc0,      // likewise
};

}  // namespace zext::jit::elf
