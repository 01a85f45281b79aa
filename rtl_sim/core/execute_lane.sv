// One lane of execute: its instruction, and the early ALU.
module execute_lane (
  input  logic             clk_i,
  input  logic             load_i,        // take the instruction from decode at this edge
  input  logic [63:0]      d_pc_i,
  input  logic [31:0]      d_raw_i,
  input  logic [31:0]      d_insn_i,
  input  logic             d_compressed_i,
  input  core_pkg::ctrl_t  d_ctrl_i,
  input  logic [63:0]      d_imm_i,
  input  logic [63:0]      d_rs1_i,
  input  logic [63:0]      d_rs2_i,
  input  core_pkg::late_e  d_rs1_from_i,
  input  core_pkg::late_e  d_rs2_from_i,

  input  logic             fault_i,       // seeded: spoil the ALU's result
  input  logic [63:0]      fault_mask_i,

  output logic [63:0]      pc_o,
  output logic [31:0]      raw_o,
  output logic [31:0]      insn_o,
  output core_pkg::ctrl_t  ctrl_o,
  output logic [63:0]      imm_o,
  output logic [63:0]      rs1_o,
  output logic [63:0]      rs2_o,
  output core_pkg::late_e  rs1_from_o,
  output core_pkg::late_e  rs2_from_o,
  output logic [63:0]      operand_a_o,
  output logic [63:0]      operand_b_o,
  output logic [63:0]      alu_o,
  output logic [63:0]      link_o,        // address of the next instruction in memory
  output logic             late_o         // an operand comes in memory only
);

  logic compressed_q;
  logic [63:0] pc_q, imm_q, rs1_q, rs2_q;
  logic [31:0] raw_q, insn_q;
  core_pkg::ctrl_t ctrl_q;
  core_pkg::late_e rs1_from_q, rs2_from_q;

  always_ff @(posedge clk_i) begin
    if (load_i) begin
      pc_q <= d_pc_i;
      raw_q <= d_raw_i;
      insn_q <= d_insn_i;
      compressed_q <= d_compressed_i;
      ctrl_q <= d_ctrl_i;
      imm_q <= d_imm_i;
      rs1_q <= d_rs1_i;
      rs2_q <= d_rs2_i;
      rs1_from_q <= d_rs1_from_i;
      rs2_from_q <= d_rs2_from_i;
    end
  end

  assign pc_o = pc_q;
  assign raw_o = raw_q;
  assign insn_o = insn_q;
  assign ctrl_o = ctrl_q;
  assign imm_o = imm_q;
  assign rs1_o = rs1_q;
  assign rs2_o = rs2_q;
  assign rs1_from_o = rs1_from_q;
  assign rs2_from_o = rs2_from_q;
  assign late_o = rs1_from_q != core_pkg::FromNone || rs2_from_q != core_pkg::FromNone;
  assign link_o = pc_q + (compressed_q ? 64'd2 : 64'd4);

  always_comb begin
    unique case (ctrl_q.operand_a)
      core_pkg::OperandPc: operand_a_o = pc_q;
      core_pkg::OperandZero: operand_a_o = '0;
      default: operand_a_o = rs1_q;
    endcase
  end
  assign operand_b_o = ctrl_q.operand_b_imm ? imm_q : rs2_q;

  logic [63:0] alu_clean;
  alu u_alu (
    .enable_i(1'b1),
    .op_i    (ctrl_q.alu_op),
    .word_i  (ctrl_q.word),
    .a_i     (operand_a_o),
    .b_i     (operand_b_o),
    .result_o(alu_clean)
  );
  assign alu_o = fault_i ? alu_clean ^ fault_mask_i : alu_clean;

endmodule
