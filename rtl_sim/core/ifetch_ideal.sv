// Fetch from ideal memory, in the place of icache: 8 bytes from any even physical address, in the
// cycle after it. The address leaves before the cycle that checks the translation it came from:
// here it is compared with what it should have been, and asked for again if it was another one.
//
// Of a 32-bit instruction that ends in another page one halfword comes after the other.
module ifetch_ideal (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        invalidate_i,

  // Looked up at this edge
  input  logic [55:0] f_addr_i,
  input  logic        f_again_i,        // it is the address that d_offset_i is of

  // The window, in the cycle after; as in icache
  input  logic [11:1] d_offset_i,
  input  logic        first_i,
  input  logic [43:0] first_ppn_i,
  input  logic        second_i,
  input  logic [43:0] second_ppn_i,
  output logic        first_hit_o,
  output logic        second_hit_o,
  output logic        long_o,           // meant only of the last halfword in a page
  output logic [63:0] data_o,

  output logic [55:0] ideal_raddr_o,
  input  logic [63:0] ideal_rdata_i
);

  logic [55:0] addr_q;                  // whose bytes are there
  logic        kept_q;                  // the last halfword of a page, which decode still waits at
  logic [43:0] kept_ppn_q;
  logic [15:0] kept_data_q;
  logic        page_end, there, kept, second_lookup;

  assign page_end = &d_offset_i;
  assign there = first_i && addr_q == {first_ppn_i, d_offset_i, 1'b0};
  assign kept = page_end && first_i && kept_q && kept_ppn_q == first_ppn_i;

  assign first_hit_o = page_end ? kept : there;
  assign second_hit_o = page_end ? kept && second_i && addr_q == {second_ppn_i, 12'd0} : there;
  assign long_o = &kept_data_q[1:0];
  assign data_o = page_end ? {ideal_rdata_i[47:0], kept_data_q} : ideal_rdata_i;

  assign second_lookup = kept && second_i && f_again_i;
  assign ideal_raddr_o = second_lookup ? {second_ppn_i, 12'd0} : f_addr_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      addr_q <= '0;
      kept_q <= 1'b0;
      kept_ppn_q <= '0;
      kept_data_q <= '0;
    end else begin
      addr_q <= ideal_raddr_o;
      kept_q <= page_end && (there || kept) && !invalidate_i;
      if (page_end && there) begin
        kept_ppn_q <= first_ppn_i;
        kept_data_q <= ideal_rdata_i[15:0];
      end
    end
  end

endmodule
