// Iterative divider: four quotient bits a cycle, in two steps of radix 4, starting at the first bits
// that can be set.
//
// Held in execute until done_o. A quotient of n bits takes ceil(n / 4) + 2 cycles; division by zero
// and quotients of zero take 2. Signed overflow needs no case: |-2^63| / |-1| negates to itself.
module divider (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        valid_i,       // operands are there and stay until leave_i
  input  logic        leave_i,       // the instruction leaves execute, or is killed
  input  logic        is_unsigned_i,
  input  logic        is_rem_i,
  input  logic        word_i,
  input  logic [63:0] a_i,
  input  logic [63:0] b_i,
  output logic        done_o,
  output logic [63:0] result_o
);

  typedef enum logic [1:0] {
    StateIdle,
    StateRun,
    StateDone
  } state_e;

  function automatic logic [63:0] extend(input logic [63:0] x, input logic word,
                                         input logic is_unsigned);
    if (!word) extend = x;
    else if (is_unsigned) extend = {32'b0, x[31:0]};
    else extend = {{32{x[31]}}, x[31:0]};
  endfunction

  // Leading zeros of a non-zero value, and 63 for zero.
  function automatic logic [5:0] leading_zeros(input logic [63:0] x);
    logic [63:0] rest;
    rest = x;
    leading_zeros = '0;
    if (rest[63:32] == '0) begin
      leading_zeros = leading_zeros | 6'd32;
      rest = rest << 32;
    end
    if (rest[63:48] == '0) begin
      leading_zeros = leading_zeros | 6'd16;
      rest = rest << 16;
    end
    if (rest[63:56] == '0) begin
      leading_zeros = leading_zeros | 6'd8;
      rest = rest << 8;
    end
    if (rest[63:60] == '0) begin
      leading_zeros = leading_zeros | 6'd4;
      rest = rest << 4;
    end
    if (rest[63:62] == '0) begin
      leading_zeros = leading_zeros | 6'd2;
      rest = rest << 2;
    end
    if (!rest[63]) leading_zeros = leading_zeros | 6'd1;
  endfunction

  state_e state_q;
  logic [63:0] remainder_q, quotient_q;
  logic [63:0] divisor_q;
  logic [65:0] triple_q;    // of the divisor
  logic [3:0] count_q;      // rounds after this one
  logic negate_quotient_q, negate_remainder_q;

  // ---------------------------------------------------------------------------------------------
  // First cycle: magnitudes
  // ---------------------------------------------------------------------------------------------

  logic [63:0] a, b, a_magnitude, b_magnitude;
  logic [5:0] a_zeros, b_zeros;
  logic start;
  assign start = valid_i && state_q == StateIdle;
  always_comb begin
    a = '0;
    b = '0;
    a_magnitude = '0;
    b_magnitude = '0;
    a_zeros = '0;
    b_zeros = '0;
    if (start) begin
      a = extend(a_i, word_i, is_unsigned_i);
      b = extend(b_i, word_i, is_unsigned_i);
      a_magnitude = (!is_unsigned_i && a[63]) ? -a : a;
      b_magnitude = (!is_unsigned_i && b[63]) ? -b : b;
      a_zeros = leading_zeros(a_magnitude);
      b_zeros = leading_zeros(b_magnitude);
    end
  end

  // Rounds after the first: the quotient has b_zeros - a_zeros + 1 bits, if it is not 0.
  logic [5:0] bits;
  logic [3:0] rounds;
  assign bits = b_zeros - a_zeros;
  assign rounds = bits[5:2];
  logic unused_bits;
  assign unused_bits = ^bits[1:0];

  // ---------------------------------------------------------------------------------------------
  // A round: how often four divisors fit (0 to 3), then how often one does
  // ---------------------------------------------------------------------------------------------

  logic [1:0] fours, ones;
  logic [63:0] remainder_fours, remainder_ones;
  always_comb begin
    fours = 2'd0;
    ones = 2'd0;
    remainder_fours = remainder_q;
    if (state_q == StateRun) begin
      if (triple_q[65:62] == '0 && remainder_q >= {triple_q[61:0], 2'b0}) begin
        fours = 2'd3;
        remainder_fours = remainder_q - {triple_q[61:0], 2'b0};
      end else if (divisor_q[63:61] == '0 && remainder_q >= {divisor_q[60:0], 3'b0}) begin
        fours = 2'd2;
        remainder_fours = remainder_q - {divisor_q[60:0], 3'b0};
      end else if (divisor_q[63:62] == '0 && remainder_q >= {divisor_q[61:0], 2'b0}) begin
        fours = 2'd1;
        remainder_fours = remainder_q - {divisor_q[61:0], 2'b0};
      end
    end
    remainder_ones = remainder_fours;
    if (state_q == StateRun) begin
      if (triple_q[65:64] == '0 && remainder_fours >= triple_q[63:0]) begin
        ones = 2'd3;
        remainder_ones = remainder_fours - triple_q[63:0];
      end else if (!divisor_q[63] && remainder_fours >= {divisor_q[62:0], 1'b0}) begin
        ones = 2'd2;
        remainder_ones = remainder_fours - {divisor_q[62:0], 1'b0};
      end else if (remainder_fours >= divisor_q) begin
        ones = 2'd1;
        remainder_ones = remainder_fours - divisor_q;
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= StateIdle;
      remainder_q <= '0;
      divisor_q <= '0;
      triple_q <= '0;
      quotient_q <= '0;
      count_q <= '0;
      negate_quotient_q <= 1'b0;
      negate_remainder_q <= 1'b0;
    end else if (leave_i) begin
      state_q <= StateIdle;
    end else if (start) begin
      // Aligned to whole rounds, so that the first digit is below 16.
      remainder_q <= a_magnitude;
      divisor_q <= b_magnitude << {rounds, 2'b00};
      triple_q <= ({2'b0, b_magnitude} + {1'b0, b_magnitude, 1'b0}) << {rounds, 2'b00};
      count_q <= rounds;
      negate_remainder_q <= !is_unsigned_i && a[63];
      if (b == '0) begin
        // By zero: quotient of all ones, remainder the dividend.
        quotient_q <= '1;
        negate_quotient_q <= 1'b0;
        state_q <= StateDone;
      end else begin
        quotient_q <= '0;
        negate_quotient_q <= !is_unsigned_i && (a[63] != b[63]);
        state_q <= (a_magnitude < b_magnitude) ? StateDone : StateRun;
      end
    end else if (state_q == StateRun) begin
      remainder_q <= remainder_ones;
      quotient_q <= {quotient_q[59:0], fours, ones};
      divisor_q <= divisor_q >> 4;
      triple_q <= triple_q >> 4;
      count_q <= count_q - 4'd1;
      if (count_q == '0) state_q <= StateDone;
    end
  end

  // ---------------------------------------------------------------------------------------------
  // Result
  // ---------------------------------------------------------------------------------------------

  logic [63:0] quotient, remainder, result;
  assign quotient = negate_quotient_q ? -quotient_q : quotient_q;
  assign remainder = negate_remainder_q ? -remainder_q : remainder_q;
  assign result = is_rem_i ? remainder : quotient;
  assign result_o = word_i ? {{32{result[31]}}, result[31:0]} : result;
  assign done_o = (state_q == StateDone);

endmodule
