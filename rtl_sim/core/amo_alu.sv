// What an atomic instruction writes back to memory.
module amo_alu (
  input  logic [4:0]     op_i,        // a core_pkg::amo_e
  input  logic           word_i,
  input  logic [63:0]    memory_i,    // old value, zero-extended when word_i
  input  logic [63:0]    operand_i,   // rs2
  output logic [63:0]    result_o     // upper half meaningless when word_i
);

  // Comparisons of words are those of the extended double words.
  logic [63:0] memory_signed, operand_signed, memory_unsigned, operand_unsigned;
  assign memory_signed = word_i ? {{32{memory_i[31]}}, memory_i[31:0]} : memory_i;
  assign operand_signed = word_i ? {{32{operand_i[31]}}, operand_i[31:0]} : operand_i;
  assign memory_unsigned = word_i ? {32'b0, memory_i[31:0]} : memory_i;
  assign operand_unsigned = word_i ? {32'b0, operand_i[31:0]} : operand_i;

  logic less, less_unsigned;
  assign less = $signed(memory_signed) < $signed(operand_signed);
  assign less_unsigned = memory_unsigned < operand_unsigned;

  always_comb begin
    result_o = operand_i;  // swap, and the store of a successful SC
    unique case (op_i)
      core_pkg::AmoAdd: result_o = memory_i + operand_i;
      core_pkg::AmoXor: result_o = memory_i ^ operand_i;
      core_pkg::AmoOr: result_o = memory_i | operand_i;
      core_pkg::AmoAnd: result_o = memory_i & operand_i;
      core_pkg::AmoMin: result_o = less ? memory_i : operand_i;
      core_pkg::AmoMax: result_o = less ? operand_i : memory_i;
      core_pkg::AmoMinu: result_o = less_unsigned ? memory_i : operand_i;
      core_pkg::AmoMaxu: result_o = less_unsigned ? operand_i : memory_i;
      default: result_o = operand_i;
    endcase
  end

endmodule
