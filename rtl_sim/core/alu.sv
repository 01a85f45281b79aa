// Single-cycle integer operations of RV64I, Zba, Zbb, Zbs and Zicond.
module alu (
  input  logic              enable_i,  // without it the result means nothing
  input  core_pkg::alu_op_e op_i,
  input  logic              word_i,  // 32-bit form
  input  logic [63:0]       a_i,
  input  logic [63:0]       b_i,
  output logic [63:0]       result_o
);

  function automatic logic [63:0] sext32(input logic [31:0] x);
    sext32 = {{32{x[31]}}, x};
  endfunction

  // Number of zeros below the lowest one; 64 for zero.
  function automatic logic [6:0] count_trailing_zeros(input logic [63:0] x);
    logic [63:0] rest;
    rest = x;
    count_trailing_zeros = '0;
    if (rest == '0) begin
      count_trailing_zeros = 7'd64;
    end else begin
      if (rest[31:0] == '0) begin
        count_trailing_zeros = count_trailing_zeros | 7'd32;
        rest = rest >> 32;
      end
      if (rest[15:0] == '0) begin
        count_trailing_zeros = count_trailing_zeros | 7'd16;
        rest = rest >> 16;
      end
      if (rest[7:0] == '0) begin
        count_trailing_zeros = count_trailing_zeros | 7'd8;
        rest = rest >> 8;
      end
      if (rest[3:0] == '0) begin
        count_trailing_zeros = count_trailing_zeros | 7'd4;
        rest = rest >> 4;
      end
      if (rest[1:0] == '0) begin
        count_trailing_zeros = count_trailing_zeros | 7'd2;
        rest = rest >> 2;
      end
      if (!rest[0]) count_trailing_zeros = count_trailing_zeros | 7'd1;
    end
  endfunction

  function automatic logic [63:0] reverse_bits(input logic [63:0] x);
    logic [63:0] y;
    y = ((x & 64'h5555_5555_5555_5555) << 1) | ((x >> 1) & 64'h5555_5555_5555_5555);
    y = ((y & 64'h3333_3333_3333_3333) << 2) | ((y >> 2) & 64'h3333_3333_3333_3333);
    y = ((y & 64'h0f0f_0f0f_0f0f_0f0f) << 4) | ((y >> 4) & 64'h0f0f_0f0f_0f0f_0f0f);
    reverse_bits = {y[7:0], y[15:8], y[23:16], y[31:24], y[39:32], y[47:40], y[55:48], y[63:56]};
  endfunction

  function automatic logic [6:0] count_ones(input logic [63:0] x);
    logic [63:0] y;
    y = (x & 64'h5555_5555_5555_5555) + ((x >> 1) & 64'h5555_5555_5555_5555);
    y = (y & 64'h3333_3333_3333_3333) + ((y >> 2) & 64'h3333_3333_3333_3333);
    y = (y + (y >> 4)) & 64'h0f0f_0f0f_0f0f_0f0f;
    y = y + (y >> 8);
    y = y + (y >> 16);
    y = y + (y >> 32);
    count_ones = y[6:0];
  endfunction

  function automatic logic [63:0] or_combine_bytes(input logic [63:0] x);
    for (int i = 0; i < 8; i++) or_combine_bytes[8*i+:8] = {8{|x[8*i+:8]}};
  endfunction

  // Shift amounts: five bits in the 32-bit forms.
  logic [5:0] amount;
  // The right shifts see the low half extended as their kind needs it.
  logic [63:0] a_unsigned, a_signed;

  always_comb begin
    amount = b_i[5:0];
    a_unsigned = a_i;
    a_signed = a_i;
    if (word_i) begin
      amount[5] = 1'b0;
      a_unsigned[63:32] = '0;
      a_signed[63:32] = {32{a_i[31]}};
    end
  end

  logic [63:0] result;
  always_comb begin
    result = '0;
    if (enable_i) begin
      unique case (op_i)
        core_pkg::AluAdd: result = a_i + b_i;
        core_pkg::AluSub: result = a_i - b_i;
        core_pkg::AluSll: result = a_i << amount;
        core_pkg::AluSlt: result = {63'b0, $signed(a_i) < $signed(b_i)};
        core_pkg::AluSltu: result = {63'b0, a_i < b_i};
        core_pkg::AluXor: result = a_i ^ b_i;
        core_pkg::AluSrl: result = a_unsigned >> amount;
        core_pkg::AluSra: result = $signed(a_signed) >>> amount;
        core_pkg::AluOr: result = a_i | b_i;
        core_pkg::AluAnd: result = a_i & b_i;

        core_pkg::AluSh1add: result = (a_i << 1) + b_i;
        core_pkg::AluSh2add: result = (a_i << 2) + b_i;
        core_pkg::AluSh3add: result = (a_i << 3) + b_i;
        core_pkg::AluAddUw: result = {32'b0, a_i[31:0]} + b_i;
        core_pkg::AluSh1addUw: result = ({32'b0, a_i[31:0]} << 1) + b_i;
        core_pkg::AluSh2addUw: result = ({32'b0, a_i[31:0]} << 2) + b_i;
        core_pkg::AluSh3addUw: result = ({32'b0, a_i[31:0]} << 3) + b_i;
        core_pkg::AluSllUw: result = {32'b0, a_i[31:0]} << b_i[5:0];

        core_pkg::AluAndn: result = a_i & ~b_i;
        core_pkg::AluOrn: result = a_i | ~b_i;
        core_pkg::AluXnor: result = ~(a_i ^ b_i);
        core_pkg::AluClz: begin
          // A bit set below the word stops the count at 32.
          result = {57'b0, count_trailing_zeros(reverse_bits(word_i ? {a_i[31:0], 1'b1, 31'b0} : a_i))};
        end
        core_pkg::AluCtz: begin
          result = {57'b0, count_trailing_zeros(word_i ? {31'b0, 1'b1, a_i[31:0]} : a_i)};
        end
        core_pkg::AluCpop: result = {57'b0, count_ones(a_unsigned)};
        core_pkg::AluMax: result = ($signed(a_i) < $signed(b_i)) ? b_i : a_i;
        core_pkg::AluMaxu: result = (a_i < b_i) ? b_i : a_i;
        core_pkg::AluMin: result = ($signed(a_i) < $signed(b_i)) ? a_i : b_i;
        core_pkg::AluMinu: result = (a_i < b_i) ? a_i : b_i;
        core_pkg::AluSextB: result = {{56{a_i[7]}}, a_i[7:0]};
        core_pkg::AluSextH: result = {{48{a_i[15]}}, a_i[15:0]};
        core_pkg::AluZextH: result = {48'b0, a_i[15:0]};
        core_pkg::AluRol: begin
          if (word_i) result = {32'b0, (a_i[31:0] << amount[4:0]) | (a_i[31:0] >> (6'd32 - amount))};
          else result = (a_i << amount) | (a_i >> (7'd64 - {1'b0, amount}));
        end
        core_pkg::AluRor: begin
          if (word_i) result = {32'b0, (a_i[31:0] >> amount[4:0]) | (a_i[31:0] << (6'd32 - amount))};
          else result = (a_i >> amount) | (a_i << (7'd64 - {1'b0, amount}));
        end
        core_pkg::AluOrcB: result = or_combine_bytes(a_i);
        core_pkg::AluRev8: begin
          result = {a_i[7:0], a_i[15:8], a_i[23:16], a_i[31:24],
                    a_i[39:32], a_i[47:40], a_i[55:48], a_i[63:56]};
        end

        core_pkg::AluBclr: result = a_i & ~(64'd1 << b_i[5:0]);
        core_pkg::AluBext: result = (a_i >> b_i[5:0]) & 64'd1;
        core_pkg::AluBinv: result = a_i ^ (64'd1 << b_i[5:0]);
        core_pkg::AluBset: result = a_i | (64'd1 << b_i[5:0]);

        core_pkg::AluCzeroEqz: result = (b_i == '0) ? '0 : a_i;
        core_pkg::AluCzeroNez: result = (b_i != '0) ? '0 : a_i;
        default: result = a_i + b_i;
      endcase
    end
  end

  assign result_o = word_i ? sext32(result[31:0]) : result;

endmodule
