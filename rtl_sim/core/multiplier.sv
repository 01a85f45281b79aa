// Two-stage multiplier: four 32 x 32 products in execute, their sum in memory.
module multiplier (
  input  logic        clk_i,
  // Execute
  input  logic        enable_i,     // take the operands at this edge
  input  logic [63:0] a_i,
  input  logic [63:0] b_i,
  // Memory, one cycle later
  input  logic        use_i,        // without it the result means nothing
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

  always_comb begin
    middle = '0;
    low = '0;
    high_unsigned = '0;
    a_correction = '0;
    b_correction = '0;
    result_o = '0;
    if (use_i) begin
      middle = {32'b0, low_low_q[63:32]} + {32'b0, low_high_q[31:0]} + {32'b0, high_low_q[31:0]};
      low = {middle[31:0], low_low_q[31:0]};
      result_o = low;
      if (op_i != 2'b00) begin
        high_unsigned = high_high_q + {32'b0, low_high_q[63:32]} + {32'b0, high_low_q[63:32]} +
                        {32'b0, middle[63:32]};
        // A negative operand was taken as 2^64 more than it is.
        if (op_i != 2'b11 && a_held_i[63]) a_correction = b_held_i;
        if (op_i == 2'b01 && b_held_i[63]) b_correction = a_held_i;
        result_o = high_unsigned - a_correction - b_correction;
      end else if (word_i) begin
        result_o = {{32{low[31]}}, low[31:0]};
      end
    end
  end

endmodule
