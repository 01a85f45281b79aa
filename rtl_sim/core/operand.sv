// One source operand in decode: the newest value on its way, or how to get it later.
//
// A write enable implies rd != x0, so that x0 is never forwarded.
module operand (
  input  logic              used_i,
  input  logic [4:0]        rs_i,
  input  logic [63:0]       stored_i,      // from the register file

  // Results on their way, the younger lane of each stage last
  input  logic              m_stall_i,     // results in memory may not be there yet
  input  logic              x0_write_i,
  input  logic [4:0]        x0_rd_i,
  input  logic              x0_ready_i,    // x0_result_i is the value; else it comes in memory
  input  logic [63:0]       x0_result_i,
  input  logic              x1_write_i,
  input  logic [4:0]        x1_rd_i,
  input  logic              x1_ready_i,
  input  logic [63:0]       x1_result_i,
  input  logic              m0_write_i,
  input  logic [4:0]        m0_rd_i,
  input  logic [63:0]       m0_result_i,
  input  logic              m1_write_i,
  input  logic [4:0]        m1_rd_i,
  input  logic [63:0]       m1_result_i,
  input  logic              w0_write_i,
  input  logic [4:0]        w0_rd_i,
  input  logic [63:0]       w0_result_i,
  input  logic              w1_write_i,
  input  logic [4:0]        w1_rd_i,
  input  logic [63:0]       w1_result_i,

  output logic [63:0]       value_o,
  output core_pkg::late_e   from_o         // FromNone: value_o is the operand
);

  logic in_x0, in_x1, in_m0, in_m1;
  assign in_x1 = x1_write_i && x1_rd_i == rs_i;
  assign in_x0 = x0_write_i && x0_rd_i == rs_i;
  assign in_m1 = m1_write_i && m1_rd_i == rs_i;
  assign in_m0 = m0_write_i && m0_rd_i == rs_i;

  always_comb begin
    if (in_x1) value_o = x1_result_i;
    else if (in_x0) value_o = x0_result_i;
    else if (in_m1) value_o = m1_result_i;
    else if (in_m0) value_o = m0_result_i;
    else if (w1_write_i && w1_rd_i == rs_i) value_o = w1_result_i;
    else if (w0_write_i && w0_rd_i == rs_i) value_o = w0_result_i;
    else value_o = stored_i;
  end

  always_comb begin
    from_o = core_pkg::FromNone;
    if (used_i) begin
      if (in_x1) begin
        if (!x1_ready_i) from_o = core_pkg::FromW1;
      end else if (in_x0) begin
        if (!x0_ready_i) from_o = core_pkg::FromW0;
      end else if (m_stall_i) begin
        // Execute is empty: what memory waits for is in write-back when this instruction follows it.
        if (in_m1) from_o = core_pkg::FromW1;
        else if (in_m0) from_o = core_pkg::FromW0;
      end
    end
  end

endmodule
