// Chooses the address that is looked up next; it is in decode one cycle later.
module fetch (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic [63:0] boot_addr_i,

  // Decode: the address after what it issues, its own as long as it issues nothing
  input  logic [63:0] d_next_pc_i,
  output logic        d_valid_o,      // false in the first cycle only
  output logic [63:0] d_pc_o,

  // Redirections, the older instruction first
  input  logic        m_redirect_i,
  input  logic [63:0] m_target_i,
  input  logic        x_redirect_i,
  input  logic [63:0] x_target_i,

  output logic [63:0] f_pc_o
);

  logic valid_q;
  logic [63:0] pc_q;

  always_comb begin
    if (!valid_q) f_pc_o = boot_addr_i;
    else if (m_redirect_i) f_pc_o = m_target_i;
    else if (x_redirect_i) f_pc_o = x_target_i;
    else f_pc_o = d_next_pc_i;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q <= 1'b0;
      pc_q <= '0;
    end else begin
      valid_q <= 1'b1;
      pc_q <= f_pc_o;
    end
  end

  assign d_valid_o = valid_q;
  assign d_pc_o = pc_q;

endmodule
