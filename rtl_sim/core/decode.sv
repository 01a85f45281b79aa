// Decode stage: expands, decodes, reads operands (the newest value, wherever it is in the pipeline)
// and waits for the ones that are not there yet. Its own state is in fetch and instruction memory.
module decode (
  input  logic             clk_i,

  input  logic [31:0]      imem_rdata_i,

  // Results on their way, the youngest first
  input  logic             x_write_i,       // writes x_rd_i
  input  logic             x_ready_i,       // and its value is x_result_i; else it comes in memory
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

  logic rs1_late, rs2_late;
  assign rs1_late = (x_write_i && x_rd_i == rs1) ? !x_ready_i
                                                 : m_write_i && m_rd_i == rs1 && !m_ready_i;
  assign rs2_late = (x_write_i && x_rd_i == rs2) ? !x_ready_i
                                                 : m_write_i && m_rd_i == rs2 && !m_ready_i;
  assign hazard_o = (ctrl_o.rs1_used && rs1_late) || (ctrl_o.rs2_used && rs2_late);

endmodule
