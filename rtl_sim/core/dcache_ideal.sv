// Stands in for the data cache where there is none: memory that answers in the next cycle.
//
// The same interface towards the lsu as the cache's, except that reads need whole physical addresses.
module dcache_ideal (
  input  logic             clk_i,
  input  logic             rst_ni,

  input  logic             x_read_i,
  input  logic [55:0]      x_paddr_i,
  input  logic             m_read_i,
  input  logic             m_read_second_i,
  input  logic [55:0]      m_read_paddr_i,

  input  logic             m_second_i,
  input  logic             m_store_i,
  input  logic             m_kill_i,
  input  logic             m_both_i,
  input  logic [55:0]      m_paddr_i,
  input  logic [7:0]       m_mask_i,
  input  logic [63:0]      m_wdata_i,
  input  logic [55:0]      m_first_paddr_i,
  input  logic [7:0]       m_first_mask_i,
  input  logic [63:0]      m_first_wdata_i,
  output logic             m_loaded_o,
  output logic [63:0]      m_rdata_o,
  output logic             m_stored_o,

  input  logic             p_req_i,
  input  logic             p_we_i,
  input  logic [55:0]      p_addr_i,
  input  logic [63:0]      p_wdata_i,
  output logic             p_done_o,
  output logic [63:0]      p_rdata_o,

  output logic             ideal_req_o,
  output logic             ideal_we_o,
  output logic [55:0]      ideal_addr_o,
  output logic [7:0]       ideal_mask_o,
  output logic [63:0]      ideal_wdata_o,
  output logic             ideal_read_o,
  output logic [55:0]      ideal_raddr_o,
  input  logic [63:0]      ideal_rdata_i
);

  // Who read at the last edge
  logic m_read_q, second_q, p_read, p_read_q;
  // The first half of a store has been written.
  logic half_q, m_write, first;

  always_comb begin
    p_read = 1'b0;
    p_done_o = 1'b0;
    if (p_req_i) begin
      p_read = !p_we_i && !x_read_i && !m_read_i && !p_read_q;
      p_done_o = p_we_i ? !m_write : p_read_q;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      m_read_q <= 1'b0;
      second_q <= 1'b0;
      p_read_q <= 1'b0;
      half_q <= 1'b0;
    end else begin
      m_read_q <= x_read_i || m_read_i;
      second_q <= !x_read_i && m_read_second_i;
      p_read_q <= p_read;
      half_q <= m_write && first;
    end
  end

  assign ideal_read_o = x_read_i || m_read_i || p_read;
  assign ideal_raddr_o = x_read_i ? x_paddr_i : m_read_i ? m_read_paddr_i : p_addr_i;

  assign m_loaded_o = m_read_q && second_q == m_second_i;
  assign m_rdata_o = ideal_rdata_i;
  assign p_rdata_o = ideal_rdata_i;

  assign first = m_both_i && !half_q;
  assign m_stored_o = !first;
  assign m_write = m_store_i && !m_kill_i;

  assign ideal_req_o = ideal_we_o;
  assign ideal_we_o = m_write || (p_req_i && p_we_i);
  always_comb begin
    ideal_addr_o = p_addr_i;
    ideal_mask_o = 8'hff;
    ideal_wdata_o = p_wdata_i;
    if (m_write) begin
      ideal_addr_o = first ? m_first_paddr_i : m_paddr_i;
      ideal_mask_o = first ? m_first_mask_i : m_mask_i;
      ideal_wdata_o = first ? m_first_wdata_i : m_wdata_i;
    end
  end

endmodule
