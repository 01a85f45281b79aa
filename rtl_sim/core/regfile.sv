// Integer registers: four read ports, two write ports, x0 is zero.
module regfile (
  input  logic        clk_i,
  input  logic [4:0]  r0_i,
  output logic [63:0] r0_value_o,
  input  logic [4:0]  r1_i,
  output logic [63:0] r1_value_o,
  input  logic [4:0]  r2_i,
  output logic [63:0] r2_value_o,
  input  logic [4:0]  r3_i,
  output logic [63:0] r3_value_o,
  input  logic        w0_write_i,   // never with a destination of x0
  input  logic [4:0]  w0_rd_i,
  input  logic [63:0] w0_value_i,
  input  logic        w1_write_i,   // wins over w0: it is the younger
  input  logic [4:0]  w1_rd_i,
  input  logic [63:0] w1_value_i
);

  // x0 stays as initialised. Public, so that a simulation can set up and inspect registers.
  logic [63:0] registers_q[0:31]  /* verilator public_flat_rw */;

  initial begin
    for (int i = 0; i < 32; i++) registers_q[i] = '0;
  end

  always_ff @(posedge clk_i) begin
    if (w0_write_i) registers_q[w0_rd_i] <= w0_value_i;
    if (w1_write_i) registers_q[w1_rd_i] <= w1_value_i;
  end

  assign r0_value_o = registers_q[r0_i];
  assign r1_value_o = registers_q[r1_i];
  assign r2_value_o = registers_q[r2_i];
  assign r3_value_o = registers_q[r3_i];

endmodule
