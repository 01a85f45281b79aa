// Integer registers: two read ports, one write port, x0 is zero.
module regfile (
  input  logic        clk_i,
  input  logic [4:0]  rs1_i,
  output logic [63:0] rs1_value_o,
  input  logic [4:0]  rs2_i,
  output logic [63:0] rs2_value_o,
  input  logic        write_i,    // never with rd_i == 0
  input  logic [4:0]  rd_i,
  input  logic [63:0] rd_value_i
);

  // x0 stays as initialised. Public, so that a simulation can set up and inspect registers.
  logic [63:0] registers_q[0:31]  /* verilator public_flat_rw */;

  initial begin
    for (int i = 0; i < 32; i++) registers_q[i] = '0;
  end

  always_ff @(posedge clk_i) begin
    if (write_i) registers_q[rd_i] <= rd_value_i;
  end

  assign rs1_value_o = registers_q[rs1_i];
  assign rs2_value_o = registers_q[rs2_i];

endmodule
