// Decode stage: expands, decodes, reads operands (the newest value, wherever it is in the pipeline)
// and waits for the ones that are not there yet. Its own state is in fetch and instruction memory.
module decode (
  input  logic             clk_i,

  input  logic [31:0]      imem_rdata_i,

  // Results on their way, the youngest first
  input  logic             x_write_i,       // writes x_rd_i
  input  logic             x_ready_i,       // and its value is x_result_i; else it comes in memory
  input  logic             x_late_i,        // in its first cycle there, so that late operands do
  input  logic [4:0]       x_rd_i,
  input  logic [63:0]      x_result_i,
  input  logic             m_write_i,
  input  logic             m_ready_i,       // m_result_i is there; else it comes in a later cycle
  input  logic [4:0]       m_rd_i,
  input  logic [63:0]      m_result_i,
  input  logic             w_write_i,
  input  logic [4:0]       w_rd_i,
  input  logic [63:0]      w_result_i,

  output logic             hazard_o,        // an operand comes too late: stay
  output logic             rs1_late_o,      // take rs1 in memory, from the instruction just ahead
  output logic             rs2_late_o,
  output logic             compressed_o,
  output logic [31:0]      raw_o,           // upper half 0 when compressed
  output logic [31:0]      insn_o,          // expanded
  output core_pkg::ctrl_t  ctrl_o,
  output logic [63:0]      imm_o,
  output logic [63:0]      rs1_value_o,
  output logic [63:0]      rs2_value_o
);

  logic illegal_compressed;
  expander u_expander (
    .raw_i    (imem_rdata_i),
    .insn_o,
    .illegal_o(illegal_compressed)
  );

  assign compressed_o = (imem_rdata_i[1:0] != 2'b11);
  assign raw_o = compressed_o ? {16'b0, imem_rdata_i[15:0]} : imem_rdata_i;

  decoder u_decoder (
    .insn_i   (insn_o),
    .illegal_i(illegal_compressed),
    .ctrl_o,
    .imm_o
  );

  // ---------------------------------------------------------------------------------------------
  // Operands
  // ---------------------------------------------------------------------------------------------

  logic [4:0] rs1, rs2;
  logic [63:0] rs1_stored, rs2_stored;
  assign rs1 = insn_o[19:15];
  assign rs2 = insn_o[24:20];

  regfile u_regfile (
    .clk_i,
    .rs1_i      (rs1),
    .rs1_value_o(rs1_stored),
    .rs2_i      (rs2),
    .rs2_value_o(rs2_stored),
    .write_i    (w_write_i),
    .rd_i       (w_rd_i),
    .rd_value_i (w_result_i)
  );

  // A write enable implies rd != x0, so that x0 is never forwarded.
  always_comb begin
    if (x_write_i && x_rd_i == rs1) rs1_value_o = x_result_i;
    else if (m_write_i && m_rd_i == rs1) rs1_value_o = m_result_i;
    else if (w_write_i && w_rd_i == rs1) rs1_value_o = w_result_i;
    else rs1_value_o = rs1_stored;
  end

  always_comb begin
    if (x_write_i && x_rd_i == rs2) rs2_value_o = x_result_i;
    else if (m_write_i && m_rd_i == rs2) rs2_value_o = m_result_i;
    else if (w_write_i && w_rd_i == rs2) rs2_value_o = w_result_i;
    else rs2_value_o = rs2_stored;
  end

  logic rs1_in_x, rs2_in_x, rs1_missing, rs2_missing;
  assign rs1_in_x = ctrl_o.rs1_used && x_write_i && x_rd_i == rs1;
  assign rs2_in_x = ctrl_o.rs2_used && x_write_i && x_rd_i == rs2;
  assign rs1_missing = rs1_in_x ? !x_ready_i
                                : ctrl_o.rs1_used && m_write_i && m_rd_i == rs1 && !m_ready_i;
  assign rs2_missing = rs2_in_x ? !x_ready_i
                                : ctrl_o.rs2_used && m_write_i && m_rd_i == rs2 && !m_ready_i;

  // An ALU operation goes on without an operand that memory will have when it is there itself.
  logic late_possible;
  assign late_possible = x_late_i && ctrl_o.unit == core_pkg::UnitAlu;
  assign rs1_late_o = late_possible && rs1_in_x && rs1_missing;
  assign rs2_late_o = late_possible && rs2_in_x && rs2_missing;
  assign hazard_o = (rs1_missing && !rs1_late_o) || (rs2_missing && !rs2_late_o);

endmodule
