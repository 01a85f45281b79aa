// One lane of memory: its instruction, and the late ALU, for operations whose operand was still on
// its way when they were in execute.
module memory_lane (
  input  logic             clk_i,
  input  logic             load_i,          // take the instruction from execute at this edge
  input  logic [63:0]      x_pc_i,
  input  logic [31:0]      x_raw_i,
  input  logic [31:0]      x_insn_i,
  input  core_pkg::ctrl_t  x_ctrl_i,
  input  logic [63:0]      x_link_i,
  input  logic [63:0]      x_rs1_i,
  input  logic [63:0]      x_rs2_i,
  input  core_pkg::late_e  x_rs1_from_i,
  input  core_pkg::late_e  x_rs2_from_i,
  input  logic [63:0]      x_operand_a_i,
  input  logic [63:0]      x_operand_b_i,
  input  logic [63:0]      x_result_i,

  // Where late operands come from
  input  logic [63:0]      w0_result_i,
  input  logic [63:0]      w1_result_i,
  input  logic [63:0]      lane0_result_i,  // early result of the older lane beside

  input  logic             fault_i,
  input  logic [63:0]      fault_mask_i,

  output logic [63:0]      pc_o,
  output logic [31:0]      raw_o,
  output logic [31:0]      insn_o,
  output core_pkg::ctrl_t  ctrl_o,
  output logic [63:0]      link_o,
  output logic [63:0]      rs1_o,
  output logic [63:0]      rs2_o,
  output logic             late_o,
  output logic [63:0]      early_result_o,
  output logic [63:0]      result_o         // of ALU, divider, jumps: early or late
);

  logic [63:0] pc_q, link_q, rs1_q, rs2_q, operand_a_q, operand_b_q, result_q;
  logic [31:0] raw_q, insn_q;
  core_pkg::ctrl_t ctrl_q;
  core_pkg::late_e rs1_from_q, rs2_from_q;
  logic x_late, late_q;
  assign x_late = x_rs1_from_i != core_pkg::FromNone || x_rs2_from_i != core_pkg::FromNone;

  always_ff @(posedge clk_i) begin
    if (load_i) begin
      pc_q <= x_pc_i;
      raw_q <= x_raw_i;
      insn_q <= x_insn_i;
      ctrl_q <= x_ctrl_i;
      link_q <= x_link_i;
      rs1_q <= x_rs1_i;
      rs2_q <= x_rs2_i;
      rs1_from_q <= x_rs1_from_i;
      rs2_from_q <= x_rs2_from_i;
      result_q <= x_result_i;
      late_q <= x_late;
      if (x_late) begin
        operand_a_q <= x_operand_a_i;
        operand_b_q <= x_operand_b_i;
      end
    end
  end

  assign pc_o = pc_q;
  assign raw_o = raw_q;
  assign insn_o = insn_q;
  assign ctrl_o = ctrl_q;
  assign link_o = link_q;
  assign early_result_o = result_q;
  assign late_o = late_q;

  function automatic logic [63:0] late(input core_pkg::late_e from, input logic [63:0] w0,
                                       input logic [63:0] w1, input logic [63:0] lane0,
                                       input logic [63:0] early);
    unique case (from)
      core_pkg::FromW0: late = w0;
      core_pkg::FromW1: late = w1;
      core_pkg::FromLane0: late = lane0;
      default: late = early;
    endcase
  endfunction

  logic [63:0] late_a, late_b, late_result;

  always_comb begin
    rs1_o = rs1_q;
    rs2_o = rs2_q;
    late_a = '0;
    late_b = '0;
    if (late_q) begin
      rs1_o = late(rs1_from_q, w0_result_i, w1_result_i, lane0_result_i, rs1_q);
      rs2_o = late(rs2_from_q, w0_result_i, w1_result_i, lane0_result_i, rs2_q);
      late_a = rs1_from_q != core_pkg::FromNone ? rs1_o : operand_a_q;
      late_b = rs2_from_q != core_pkg::FromNone ? rs2_o : operand_b_q;
    end
  end

  alu u_late_alu (
    .enable_i(late_q),
    .op_i    (ctrl_q.alu_op),
    .word_i  (ctrl_q.word),
    .a_i     (late_a),
    .b_i     (late_b),
    .result_o(late_result)
  );

  always_comb begin
    result_o = result_q;
    if (late_q && ctrl_q.unit == core_pkg::UnitAlu) begin
      result_o = fault_i ? late_result ^ fault_mask_i : late_result;
    end
  end

endmodule
