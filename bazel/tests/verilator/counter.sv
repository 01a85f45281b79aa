`ifndef START
`define START 0
`endif

// Counts in steps; the smallest design with a clock, a reset and a parameter.
module counter #(
  parameter int unsigned Step = 1
) (
  input  logic       clk_i,
  input  logic       rst_ni,
  output logic [7:0] count_o
);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) count_o <= 8'(`START);
    else count_o <= count_o + 8'(Step);
  end

endmodule
