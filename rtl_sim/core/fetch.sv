// Fetch: chooses the next address, which instruction memory answers in the next cycle, in decode.
module fetch (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic [63:0] boot_addr_i,

  // Instruction memory
  output logic [63:0] imem_addr_o,

  // Decode
  input  logic        d_stall_i,      // decode keeps its instruction
  input  logic        d_compressed_i,
  input  logic        d_predict_taken_i,
  input  logic [63:0] d_predict_target_i,
  output logic        d_valid_o,
  output logic [63:0] d_pc_o,

  // Redirections, the older instruction first
  input  logic        m_redirect_i,
  input  logic [63:0] m_target_i,
  input  logic        x_redirect_i,
  input  logic [63:0] x_target_i
);

  logic valid_q;
  logic [63:0] pc_q, next_pc;

  always_comb begin
    if (!valid_q) next_pc = boot_addr_i;
    else if (m_redirect_i) next_pc = m_target_i;
    else if (x_redirect_i) next_pc = x_target_i;
    else if (d_stall_i) next_pc = pc_q;
    else if (d_predict_taken_i) next_pc = d_predict_target_i;
    else next_pc = pc_q + (d_compressed_i ? 64'd2 : 64'd4);
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q <= 1'b0;
      pc_q <= '0;
    end else begin
      valid_q <= 1'b1;
      pc_q <= next_pc;
    end
  end

  assign imem_addr_o = next_pc;
  assign d_valid_o = valid_q;
  assign d_pc_o = pc_q;

endmodule
