// Decides a branch or jump.
module branch_unit (
  input  core_pkg::unit_e unit_i,
  input  logic [2:0]      funct3_i,
  input  logic [63:0]     rs1_i,
  input  logic [63:0]     rs2_i,
  output logic            taken_o
);

  logic condition;
  always_comb begin
    condition = 1'b0;
    if (unit_i == core_pkg::UnitBranch) begin
      unique case (funct3_i[2:1])
        2'b00: condition = (rs1_i == rs2_i);
        2'b10: condition = $signed(rs1_i) < $signed(rs2_i);
        default: condition = rs1_i < rs2_i;
      endcase
    end
  end

  assign taken_o = unit_i == core_pkg::UnitBranch ? condition != funct3_i[0]
                   : unit_i == core_pkg::UnitJal || unit_i == core_pkg::UnitJalr;

endmodule
