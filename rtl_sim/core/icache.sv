// Instruction cache: virtually indexed, physically tagged, a window of 8 bytes from any even
// address in each cycle, whether or not it crosses a line.
//
// One line is refilled at a time, in the order of its words. What has arrived can be fetched at
// once, and so can all other lines, whatever address fetch turns to meanwhile. The two lines of a
// window differ in parity and so in their sets: the refill of one never evicts the other.
//
// The cache does not see stores: invalidate_i (fence.i) clears it. A simulator that writes memory
// behind the core's back does the same by clearing even_valid_q and odd_valid_q and setting
// refill_stale_q.
module icache #(
  parameter int unsigned Bytes     = 16384,
  parameter int unsigned Ways      = 4,
  parameter int unsigned LineBytes = 64    // Bytes, Ways and LineBytes leave 2 sets at least, and
                                           // a page a way at most
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        invalidate_i,

  // Looked up at this edge, with the offset in its page
  input  logic [11:3] f_offset_i,

  // The window, in the cycle after. Its first word is wanted (first_i), the second one too
  input  logic [11:1] d_offset_i,
  input  logic        first_i,
  input  logic [43:0] first_ppn_i,
  input  logic        second_i,
  input  logic [43:0] second_ppn_i,     // another page's only if the second word is in it
  output logic        first_hit_o,
  output logic        second_hit_o,
  output logic        long_o,           // halfword 0 begins a 32-bit instruction. Needs only
                                        // first_i, as first_hit_o
  output logic [63:0] data_o,           // the window, as far as it hits

  // Bus: reads of lines
  output logic        bus_req_o,
  output logic [55:0] bus_addr_o,
  input  logic        bus_rvalid_i,
  input  logic [63:0] bus_rdata_i
);

  localparam int unsigned WordWidth = $clog2(LineBytes / 8);
  localparam int unsigned OffsetWidth = WordWidth + 3;
  localparam int unsigned Sets = Bytes / Ways / LineBytes;
  localparam int unsigned SetWidth = $clog2(Sets);
  localparam int unsigned IndexWidth = SetWidth + WordWidth;      // of a word in its way
  localparam int unsigned LineWidth = 56 - OffsetWidth;           // of a line's address
  localparam int unsigned TagWidth = LineWidth - SetWidth;
  localparam int unsigned WayWidth = Ways == 1 ? 1 : $clog2(Ways);
  localparam int unsigned HalfSets = Sets / 2;

  // ---------------------------------------------------------------------------------------------
  // Address registers of the memories
  // ---------------------------------------------------------------------------------------------

  logic [IndexWidth-1:0] f_word;
  logic [SetWidth-1:0] f_set;
  logic [IndexWidth-2:0] even_word_q, odd_word_q;
  logic [SetWidth-2:0] even_set_q, odd_set_q;

  assign f_word = f_offset_i[IndexWidth+2:3];
  assign f_set = f_offset_i[IndexWidth+2:OffsetWidth];

  // Of an odd address the even bank holds what follows, one row further.
  always_ff @(posedge clk_i) begin
    even_word_q <= f_word[IndexWidth-1:1] + (IndexWidth - 1)'(f_word[0]);
    odd_word_q <= f_word[IndexWidth-1:1];
    even_set_q <= f_set[SetWidth-1:1] + (SetWidth - 1)'(f_set[0]);
    odd_set_q <= f_set[SetWidth-1:1];
  end

  // ---------------------------------------------------------------------------------------------
  // Look-up
  // ---------------------------------------------------------------------------------------------

  logic [Ways*HalfSets-1:0] even_valid_q /*verilator public_flat_rd*/;
  logic [Ways*HalfSets-1:0] odd_valid_q  /*verilator public_flat_rd*/;

  logic [LineWidth-1:0] first_line, second_line;
  logic first_odd, crosses, second_lookup;
  logic [WordWidth-1:0] first_word, second_word;   // in their lines

  assign first_line = {first_ppn_i, d_offset_i[11:OffsetWidth]};
  assign first_odd = d_offset_i[OffsetWidth];
  assign first_word = d_offset_i[OffsetWidth-1:3];

  always_comb begin
    second_word = '0;
    crosses = 1'b0;
    second_lookup = 1'b0;
    second_line = '0;
    if (second_i) begin
      second_word = first_word + WordWidth'(1);
      crosses = &first_word;
      second_lookup = crosses;
      if (crosses) begin
        second_line = {second_ppn_i, d_offset_i[11:OffsetWidth] + (12 - OffsetWidth)'(1)};
      end
    end
  end

  // The line that is being refilled, as far as it has arrived
  logic refill_q;
  logic refill_stale_q /*verilator public_flat_rd*/;
  logic [LineWidth-1:0] refill_line_q;
  logic [WayWidth-1:0] refill_way_q;
  logic [WordWidth-1:0] refill_word_q;             // the next one to arrive
  logic first_refill, second_refill;

  always_comb begin
    first_refill = 1'b0;
    second_refill = 1'b0;
    if (refill_q && !refill_stale_q) begin
      first_refill = refill_line_q == first_line && first_word < refill_word_q;
      second_refill = refill_line_q == (crosses ? second_line : first_line) &&
                      second_word < refill_word_q;
    end
  end

  logic [Ways-1:0] first_tag_match, second_tag_match;      // tags alone
  logic [Ways-1:0] first_valid, second_valid;
  logic [Ways-1:0] first_ways, second_ways;        // the way that hits
  logic [Ways-1:0] refill_ways;
  logic [64*Ways-1:0] first_words, second_words;
  logic write_tag;

  for (genvar way = 0; way < Ways; way++) begin : gen_way
    logic even_valid, odd_valid;

    assign even_valid = even_valid_q[way*HalfSets+32'(even_set_q)];
    assign odd_valid = odd_valid_q[way*HalfSets+32'(odd_set_q)];
    assign first_valid[way] = first_odd ? odd_valid : even_valid;
    assign second_valid[way] = first_odd ? even_valid : odd_valid;
    assign refill_ways[way] = refill_way_q == way[WayWidth-1:0];

    assign first_ways[way] = first_tag_match[way] && first_valid[way] ||
                             first_i && first_refill && refill_ways[way];
    // Of a window inside one line the second word is in the way of the first, unless it is a word
    // of a refill that has not arrived.
    assign second_ways[way] = second_tag_match[way] && second_valid[way] ||
                              second_i && second_refill && refill_ways[way] ||
                              second_i && !crosses && first_tag_match[way] && first_valid[way];

    icache_way #(
      .SetWidth (SetWidth),
      .WordWidth(WordWidth),
      .TagWidth (TagWidth)
    ) u_way (
      .clk_i,
      .even_set_i    (even_set_q),
      .odd_set_i     (odd_set_q),
      .first_i,
      .first_odd_i   (first_odd),
      .first_tag_i   (first_line[LineWidth-1:SetWidth]),
      .second_i      (second_lookup),
      .second_tag_i  (second_line[LineWidth-1:SetWidth]),
      .first_match_o (first_tag_match[way]),
      .second_match_o(second_tag_match[way]),
      .even_word_i   (even_word_q),
      .odd_word_i    (odd_word_q),
      .word_odd_i    (d_offset_i[3]),
      .first_hit_i   (first_ways[way]),
      .second_hit_i  (second_ways[way]),
      .first_word_o  (first_words[64*way+:64]),
      .second_word_o (second_words[64*way+:64]),
      .write_i       (bus_rvalid_i && refill_ways[way]),
      .write_word_i  ({refill_line_q[SetWidth-1:0], refill_word_q}),
      .write_data_i  (bus_rdata_i),
      .write_tag_i   (write_tag && refill_ways[way]),
      .tag_i         (refill_line_q[LineWidth-1:SetWidth])
    );
  end

  assign first_hit_o = |first_ways;
  assign second_hit_o = |second_ways;

  // ---------------------------------------------------------------------------------------------
  // Alignment
  // ---------------------------------------------------------------------------------------------

  logic [63:0] low, high;

  always_comb begin
    low = '0;
    for (int way = 0; way < Ways; way++) low |= first_words[64*way+:64];
  end

  always_comb begin
    high = '0;
    if (second_i) for (int way = 0; way < Ways; way++) high |= second_words[64*way+:64];
  end

  always_comb begin
    unique case (d_offset_i[2:1])
      2'd0: long_o = &low[1:0];
      2'd1: long_o = &low[17:16];
      2'd2: long_o = &low[33:32];
      2'd3: long_o = &low[49:48];
    endcase
  end

  always_comb begin
    unique case (d_offset_i[2:1])
      2'd0: data_o = low;
      2'd1: data_o = {high[15:0], low[63:16]};
      2'd2: data_o = {high[31:0], low[63:32]};
      2'd3: data_o = {high[47:0], low[63:48]};
    endcase
  end

  // ---------------------------------------------------------------------------------------------
  // Refill
  // ---------------------------------------------------------------------------------------------

  logic first_miss, second_miss, last;
  logic [LineWidth-1:0] miss_line;
  logic [WayWidth-1:0] victim, turn_q;

  assign first_miss = first_i && !first_hit_o;
  assign second_miss = second_lookup && !second_hit_o;
  assign miss_line = first_miss ? first_line : second_line;

  // The line that fence.i is about to make stale need not be asked for.
  assign bus_req_o = (first_miss || second_miss) && !refill_q && !invalidate_i;
  assign bus_addr_o = {miss_line, OffsetWidth'(0)};

  // A free way, or each in its turn
  always_comb begin
    victim = turn_q;
    if (bus_req_o) begin
      for (int way = 0; way < Ways; way++) begin
        if (first_miss ? !first_valid[way] : !second_valid[way]) victim = way[WayWidth-1:0];
      end
    end
  end

  assign last = refill_q && bus_rvalid_i && (&refill_word_q);
  assign write_tag = last;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      refill_q <= 1'b0;
      refill_stale_q <= 1'b0;
      refill_line_q <= '0;
      refill_way_q <= '0;
      refill_word_q <= '0;
      turn_q <= '0;
    end else begin
      if (bus_req_o) begin
        refill_q <= 1'b1;
        refill_stale_q <= 1'b0;
        refill_line_q <= miss_line;
        refill_way_q <= victim;
        refill_word_q <= '0;
        turn_q <= turn_q == WayWidth'(Ways - 1) ? '0 : turn_q + WayWidth'(1);
      end else if (refill_q) begin
        if (invalidate_i) refill_stale_q <= 1'b1;
        if (bus_rvalid_i) refill_word_q <= refill_word_q + WordWidth'(1);
        if (last) refill_q <= 1'b0;
      end
    end
  end

  // A way is free from the request to the last word: nothing hits in it but what has arrived.
  logic set_valid;
  logic [SetWidth-1:0] valid_set;                 // its set
  logic [WayWidth-1:0] valid_way;
  logic [$clog2(Ways*HalfSets)-1:0] valid_index;

  assign set_valid = last && !refill_stale_q;

  always_comb begin
    valid_set = '0;
    valid_way = '0;
    valid_index = '0;
    if (bus_req_o || set_valid) begin
      valid_set = bus_req_o ? miss_line[SetWidth-1:0] : refill_line_q[SetWidth-1:0];
      valid_way = bus_req_o ? victim : refill_way_q;
      valid_index = ($clog2(Ways * HalfSets))'(32'(valid_way) * HalfSets +
                                               32'(valid_set[SetWidth-1:1]));
    end
  end

  // A function, and not a bit that is written: simulation would copy the vector in each cycle.
  function automatic logic [Ways*HalfSets-1:0] with_line(
      input logic [Ways*HalfSets-1:0] old, input logic [$clog2(Ways*HalfSets)-1:0] line,
      input logic value);
    with_line = old;
    with_line[line] = value;
  endfunction

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      even_valid_q <= '0;
      odd_valid_q <= '0;
    end else if (invalidate_i) begin
      even_valid_q <= '0;
      odd_valid_q <= '0;
    end else if (bus_req_o || set_valid) begin
      if (valid_set[0]) odd_valid_q <= with_line(odd_valid_q, valid_index, set_valid);
      else even_valid_q <= with_line(even_valid_q, valid_index, set_valid);
    end
  end

  // A way smaller than a page has fewer index bits.
  logic unused;
  assign unused = ^f_offset_i;

endmodule
