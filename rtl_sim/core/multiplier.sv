// Two-stage multiplier: four 32 x 32 products in execute, their sum in memory.
module multiplier (
  input  logic        clk_i,
  // Execute
  input  logic        enable_i,     // take the operands at this edge
  input  logic [63:0] a_i,
  input  logic [63:0] b_i,
  // Memory, one cycle later
  input  logic [1:0]  op_i,         // funct3[1:0]: mul, mulh, mulhsu, mulhu
  input  logic        word_i,
  input  logic [63:0] a_held_i,     // the same operands, one cycle later
  input  logic [63:0] b_held_i,
  output logic [63:0] result_o
);

  logic [63:0] low_low_q, low_high_q, high_low_q, high_high_q;

  always_ff @(posedge clk_i) begin
    if (enable_i) begin
      low_low_q <= {32'b0, a_i[31:0]} * {32'b0, b_i[31:0]};
      low_high_q <= {32'b0, a_i[31:0]} * {32'b0, b_i[63:32]};
      high_low_q <= {32'b0, a_i[63:32]} * {32'b0, b_i[31:0]};
      high_high_q <= {32'b0, a_i[63:32]} * {32'b0, b_i[63:32]};
    end
  end

  logic [63:0] middle;  // of the column at bit 32; at most 3 * (2^32 - 1)
  logic [63:0] low, high_unsigned, a_correction, b_correction;
  assign middle = {32'b0, low_low_q[63:32]} + {32'b0, low_high_q[31:0]} +
                  {32'b0, high_low_q[31:0]};
  assign low = {middle[31:0], low_low_q[31:0]};
  assign high_unsigned = high_high_q + {32'b0, low_high_q[63:32]} + {32'b0, high_low_q[63:32]} +
                         {32'b0, middle[63:32]};

  // A negative operand was taken as 2^64 more than it is.
  assign a_correction = (op_i != 2'b11 && a_held_i[63]) ? b_held_i : '0;
  assign b_correction = (op_i == 2'b01 && b_held_i[63]) ? a_held_i : '0;

  always_comb begin
    if (op_i != 2'b00) result_o = high_unsigned - a_correction - b_correction;
    else if (word_i) result_o = {{32{low[31]}}, low[31:0]};
    else result_o = low;
  end

endmodule
