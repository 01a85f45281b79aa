// Iterative divider: two quotient bits a cycle, starting at the first bit that can be set.
//
// Held in execute until done_o. A quotient of n bits takes ceil(n / 2) + 2 cycles; division by zero
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
  logic [63:0] remainder_q, divisor_q, quotient_q;
  logic [5:0] count_q;
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

  // ---------------------------------------------------------------------------------------------
  // Subtract and shift, twice
  // ---------------------------------------------------------------------------------------------

  logic first_fits, second_fits, last_is_single;
  logic [63:0] remainder_first, remainder_second;
  assign first_fits = (remainder_q >= divisor_q);
  assign remainder_first = first_fits ? remainder_q - divisor_q : remainder_q;
  assign second_fits = (remainder_first >= (divisor_q >> 1));
  assign remainder_second = second_fits ? remainder_first - (divisor_q >> 1) : remainder_first;
  assign last_is_single = (count_q == '0);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= StateIdle;
      remainder_q <= '0;
      divisor_q <= '0;
      quotient_q <= '0;
      count_q <= '0;
      negate_quotient_q <= 1'b0;
      negate_remainder_q <= 1'b0;
    end else if (leave_i) begin
      state_q <= StateIdle;
    end else if (start) begin
      remainder_q <= a_magnitude;
      divisor_q <= b_magnitude << (b_zeros - a_zeros);
      count_q <= b_zeros - a_zeros;
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
      if (last_is_single) begin
        remainder_q <= remainder_first;
        quotient_q <= {quotient_q[62:0], first_fits};
      end else begin
        remainder_q <= remainder_second;
        quotient_q <= {quotient_q[61:0], first_fits, second_fits};
      end
      divisor_q <= divisor_q >> 2;
      count_q <= count_q - 6'd2;
      if (count_q <= 6'd1) state_q <= StateDone;
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
