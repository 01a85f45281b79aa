// Fully associative translation look-aside buffer for Sv39, with ASIDs and pages of each size.
//
// Each entry has a key {asid, vpn} and a mask of the bits of it that count: a superpage does not
// look at the low parts of the page number, a global page not at the ASID. No two valid entries
// match the same key, so that look-up is an OR of what matches.
//
// Replacement is "not used lately": an entry is marked when it hits, and the marks start anew when
// the last one would be given out.
module tlb #(
  parameter int unsigned Entries = 16
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,

  // Look-up, combinational
  input  logic                 lookup_i,
  input  logic [26:0]          vpn_i,
  input  logic [15:0]          asid_i,
  output logic                 hit_o,
  output logic [43:0]          ppn_o,          // of the 4 KiB in question, also within a superpage
  output core_pkg::pte_flags_t flags_o,

  // Takes the walker's result at this edge, in place of every entry that overlaps it
  input  logic                 fill_i,
  input  logic [26:0]          fill_vpn_i,
  input  logic [15:0]          fill_asid_i,
  input  logic [43:0]          fill_ppn_i,     // aligned to the size of the page
  input  core_pkg::pte_flags_t fill_flags_i,
  input  logic [1:0]           fill_level_i,   // 0: 4 KiB, 1: 2 MiB, 2: 1 GiB

  // sfence.vma at this edge; a fill at the same one is lost
  input  logic                 flush_i,
  input  logic                 flush_vaddr_valid_i,
  input  logic [26:0]          flush_vpn_i,
  input  logic                 flush_asid_valid_i,
  input  logic [15:0]          flush_asid_i
);

  localparam int unsigned KeyWidth = 43;  // {asid, vpn}
  localparam int unsigned IndexWidth = $clog2(Entries);

  logic [Entries-1:0] valid_q, used_q;
  logic [KeyWidth-1:0] key_q[0:Entries-1];
  logic [KeyWidth-1:0] mask_q[0:Entries-1];
  logic [51:0] data_q[0:Entries-1];       // {ppn, flags}

  // ---------------------------------------------------------------------------------------------
  // Look-up
  // ---------------------------------------------------------------------------------------------

  logic [KeyWidth-1:0] lookup_key;
  logic [Entries-1:0] match;
  logic [51:0] data;
  logic [26:0] page_offset;  // the low bits of the page number that a superpage leaves as they are

  always_comb begin
    lookup_key = '0;
    match = '0;
    data = '0;
    page_offset = '0;
    if (lookup_i) begin
      lookup_key = {asid_i, vpn_i};
      for (int unsigned i = 0; i < Entries; i++) begin
        match[i] = valid_q[i] && ((key_q[i] ^ lookup_key) & mask_q[i]) == '0;
        if (match[i]) begin
          data = data | data_q[i];
          page_offset = page_offset | (vpn_i & ~mask_q[i][26:0]);
        end
      end
    end
  end

  assign hit_o = match != '0;
  assign ppn_o = data[51:8] | {17'b0, page_offset};
  assign flags_o = data[7:0];

  // ---------------------------------------------------------------------------------------------
  // Fill: into an entry that it displaces, else a free one, else one that was not used lately
  // ---------------------------------------------------------------------------------------------

  logic [KeyWidth-1:0] fill_key, fill_mask;
  logic [Entries-1:0] overlap, candidates, victim;
  logic [IndexWidth-1:0] victim_index;

  always_comb begin
    fill_key = '0;
    fill_mask = '0;
    overlap = '0;
    candidates = '0;
    victim_index = '0;
    victim = '0;
    if (fill_i) begin
      fill_key = {fill_asid_i, fill_vpn_i};
      fill_mask = {{16{!fill_flags_i.g}}, 9'h1ff, {9{fill_level_i != 2'd2}},
                   {9{fill_level_i == 2'd0}}};
      for (int unsigned i = 0; i < Entries; i++) begin
        overlap[i] = valid_q[i] && ((key_q[i] ^ fill_key) & mask_q[i] & fill_mask) == '0;
      end
      candidates = ~valid_q | overlap;
      if (candidates == '0) candidates = ~used_q;
      for (int unsigned i = 0; i < Entries; i++) begin
        if (candidates[i]) victim_index = IndexWidth'(i);
      end
      victim = Entries'(1) << victim_index;
    end
  end

  always_ff @(posedge clk_i) begin
    if (fill_i) begin
      key_q[victim_index] <= fill_key;
      mask_q[victim_index] <= fill_mask;
      data_q[victim_index] <= {fill_ppn_i, fill_flags_i};
    end
  end

  // ---------------------------------------------------------------------------------------------
  // Flush
  // ---------------------------------------------------------------------------------------------

  logic [KeyWidth-1:0] flush_difference;
  logic [Entries-1:0] flushed;

  // Of the ASID's pages those that are global stay.
  always_comb begin
    flushed = '0;
    flush_difference = '0;
    if (flush_i) begin
      for (int unsigned i = 0; i < Entries; i++) begin
        flush_difference = key_q[i] ^ {flush_asid_i, flush_vpn_i};
        flushed[i] =
            (!flush_vaddr_valid_i || (flush_difference[26:0] & mask_q[i][26:0]) == '0) &&
            (!flush_asid_valid_i || (flush_difference[42:27] == '0 && mask_q[i][27]));
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q <= '0;
    end else if (flush_i) begin
      valid_q <= valid_q & ~flushed;
    end else if (fill_i) begin
      valid_q <= (valid_q & ~overlap) | victim;
    end
  end

  // ---------------------------------------------------------------------------------------------
  // Which entries were used
  // ---------------------------------------------------------------------------------------------

  logic [Entries-1:0] use_now, used_next;

  always_comb begin
    use_now = '0;
    used_next = '0;
    if (fill_i || hit_o) begin
      use_now = match | victim;
      used_next = used_q | use_now;
    end
  end

  // Never all ones: some entry can be displaced.
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      used_q <= '0;
    end else if (fill_i) begin
      used_q <= used_next == '1 ? victim : used_next;
    end else if (hit_o) begin
      used_q <= used_next == '1 ? match : used_next;
    end
  end

endmodule
