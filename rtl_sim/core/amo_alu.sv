// What an atomic instruction writes back to memory.
module amo_alu (
  input  logic           enable_i,    // without it the result means nothing
  input  logic [4:0]     op_i,        // a core_pkg::amo_e
  input  logic           word_i,
  input  logic [63:0]    memory_i,    // old value, zero-extended when word_i
  input  logic [63:0]    operand_i,   // rs2
  output logic [63:0]    result_o     // upper half meaningless when word_i
);

  // Comparisons of words are those of the extended double words.
  logic [63:0] memory, operand;
  logic is_unsigned, less;

  always_comb begin
    memory = '0;
    operand = '0;
    is_unsigned = 1'b0;
    less = 1'b0;
    result_o = operand_i;  // swap, and the store of a successful SC
    if (enable_i) begin
      is_unsigned = op_i == core_pkg::AmoMinu || op_i == core_pkg::AmoMaxu;
      memory = memory_i;
      operand = operand_i;
      if (word_i) begin
        memory[63:32] = {32{memory_i[31] && !is_unsigned}};
        operand[63:32] = {32{operand_i[31] && !is_unsigned}};
      end
      less = is_unsigned ? memory < operand : $signed(memory) < $signed(operand);
      unique case (op_i)
        core_pkg::AmoAdd: result_o = memory_i + operand_i;
        core_pkg::AmoXor: result_o = memory_i ^ operand_i;
        core_pkg::AmoOr: result_o = memory_i | operand_i;
        core_pkg::AmoAnd: result_o = memory_i & operand_i;
        core_pkg::AmoMin, core_pkg::AmoMinu: result_o = less ? memory_i : operand_i;
        core_pkg::AmoMax, core_pkg::AmoMaxu: result_o = less ? operand_i : memory_i;
        default: ;
      endcase
    end
  end

endmodule
