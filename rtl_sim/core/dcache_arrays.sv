// Memories of the data cache, and the look-up in what was read of them at the last edge.
//
// A line's data lie in two banks, even and odd words, so that any 8 bytes inside a line are one
// access. One read port, one write port a bank; who reads data that are just written gets the new
// ones. (A tag's new line has nothing to hit in the cycle after it was written.) In hardware each way and bank is a memory of its own, since all are read at once.
//
// For the C++ model, with line = set * Ways + way: tags[line], bits [line] of `valid` and `dirty`,
// and data[line * LineBytes / 8 + word]. A line's address is {tag, set, offset}. While write_even or
// write_odd is set, the next edge writes data that were read before.
module dcache_arrays #(
  parameter int unsigned Sets = 64,
  parameter int unsigned Ways = 4,
  parameter int unsigned Words = 8,
  parameter int unsigned TagBits = 44,
  localparam int unsigned SetBits = $clog2(Sets),
  localparam int unsigned WayBits = Ways > 1 ? $clog2(Ways) : 1,
  localparam int unsigned WordBits = $clog2(Words),
  localparam int unsigned RowBits = WordBits - 1
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,

  input  logic                   read_i,
  input  logic [SetBits-1:0]     read_set_i,
  input  logic [RowBits-1:0]     read_even_row_i,
  input  logic [RowBits-1:0]     read_odd_row_i,

  // Look-up in what was read
  input  logic                   look_i,
  input  logic [TagBits-1:0]     tag_i,
  input  logic [WordBits-1:0]    last_word_i,      // the last that is needed of a line that is filled
  output logic                   found_o,          // in a valid line
  output logic                   partial_o,        // in one that is filled, as far as needed
  output logic [WayBits-1:0]     way_o,
  output logic [63:0]            even_o,
  output logic [63:0]            odd_o,
  output logic [SetBits-1:0]     set_o,
  output logic [Ways-1:0]        set_valid_o,

  // Refill: displaces victim_way_i of set_o by the line with tag_i
  input  logic                   start_i,
  input  logic [WayBits-1:0]     victim_way_i,
  output logic [TagBits-1:0]     victim_tag_o,
  input  logic [SetBits-1:0]     refill_set_i,     // the line in work
  input  logic [WayBits-1:0]     refill_way_i,
  output logic [63:0]            refill_even_o,    // what was read of its way
  output logic [63:0]            refill_odd_o,
  output logic [TagBits-1:0]     refill_tag_o,
  output logic                   refill_dirty_o,
  input  logic                   request_i,        // it is not dirty any more
  input  logic                   filling_i,
  input  logic [WordBits:0]      arrived_i,
  input  logic                   fill_i,           // goes before any write to its bank
  input  logic [WordBits-1:0]    fill_word_i,
  input  logic [63:0]            fill_data_i,
  input  logic                   fill_last_i,

  // Write to what was found; makes it dirty
  input  logic                   write_even_i,
  input  logic                   write_odd_i,
  input  logic [RowBits-1:0]     even_row_i,
  input  logic [RowBits-1:0]     odd_row_i,
  input  logic [63:0]            even_i,
  input  logic [63:0]            odd_i,

  output logic [Sets*Ways-1:0]   dirty_o
);

  localparam int unsigned Lines = Sets * Ways;
  localparam int unsigned LineIndexBits = $clog2(Lines);

  logic [TagBits-1:0] tags[0:Lines-1] /*verilator public_flat_rd*/;
  logic [63:0] data[0:Lines*Words-1] /*verilator public_flat_rd*/;
  logic [Lines-1:0] valid /*verilator public_flat_rd*/;
  logic [Lines-1:0] dirty /*verilator public_flat_rd*/;

  function automatic logic [LineIndexBits-1:0] line_index(input logic [SetBits-1:0] set,
                                                          input logic [WayBits-1:0] way);
    line_index = LineIndexBits'(32'(set) * Ways + (Ways > 1 ? 32'(way) : 0));
  endfunction

  // A function, and not a bit that is written: simulation would copy the vector in each cycle.
  function automatic logic [Lines-1:0] with_line(input logic [Lines-1:0] old,
                                                 input logic [LineIndexBits-1:0] line,
                                                 input logic value);
    with_line = old;
    with_line[line] = value;
  endfunction

  // ---------------------------------------------------------------------------------------------
  // Memories
  // ---------------------------------------------------------------------------------------------

  logic [SetBits-1:0] set_q;
  logic [TagBits-1:0] tag_q[0:Ways-1];
  logic [63:0] even_q[0:Ways-1];
  logic [63:0] odd_q[0:Ways-1];

  logic fill_even, fill_odd;
  logic write_even /*verilator public_flat_rd*/;
  logic write_odd /*verilator public_flat_rd*/;
  logic [LineIndexBits-1:0] hit_line, refill_line, even_line, odd_line;
  logic [RowBits-1:0] even_row, odd_row;
  logic [63:0] even_data, odd_data;

  always_comb begin
    fill_even = 1'b0;
    fill_odd = 1'b0;
    hit_line = '0;
    write_even = 1'b0;
    even_line = '0;
    even_row = '0;
    even_data = '0;
    write_odd = 1'b0;
    odd_line = '0;
    odd_row = '0;
    odd_data = '0;
    if (fill_i || write_even_i || write_odd_i) begin
      fill_even = fill_i && !fill_word_i[0];
      fill_odd = fill_i && fill_word_i[0];
      hit_line = line_index(set_q, way_o);

      write_even = fill_even || write_even_i;
      even_line = fill_even ? refill_line : hit_line;
      even_row = fill_even ? fill_word_i[WordBits-1:1] : even_row_i;
      even_data = fill_even ? fill_data_i : even_i;

      write_odd = fill_odd || write_odd_i;
      odd_line = fill_odd ? refill_line : hit_line;
      odd_row = fill_odd ? fill_word_i[WordBits-1:1] : odd_row_i;
      odd_data = fill_odd ? fill_data_i : odd_i;
    end
  end

  assign refill_line = line_index(refill_set_i, refill_way_i);

  always_ff @(posedge clk_i) begin
    if (write_even) data[{even_line, even_row, 1'b0}] <= even_data;
    if (write_odd) data[{odd_line, odd_row, 1'b1}] <= odd_data;
    if (start_i) tags[line_index(set_q, victim_way_i)] <= tag_i;
  end

  always_ff @(posedge clk_i) begin
    if (read_i) begin
      set_q <= read_set_i;
      for (int unsigned w = 0; w < Ways; w++) begin
        tag_q[w] <= tags[line_index(read_set_i, WayBits'(w))];
        even_q[w] <= data[{line_index(read_set_i, WayBits'(w)), read_even_row_i, 1'b0}];
        odd_q[w] <= data[{line_index(read_set_i, WayBits'(w)), read_odd_row_i, 1'b1}];
        if (write_even && even_line == line_index(read_set_i, WayBits'(w)) &&
            even_row == read_even_row_i) begin
          even_q[w] <= even_data;
        end
        if (write_odd && odd_line == line_index(read_set_i, WayBits'(w)) &&
            odd_row == read_odd_row_i) begin
          odd_q[w] <= odd_data;
        end
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid <= '0;
      dirty <= '0;
    end else begin
      if (start_i) valid <= with_line(valid, line_index(set_q, victim_way_i), 1'b0);
      else if (fill_last_i) valid <= with_line(valid, refill_line, 1'b1);
      if (write_even_i || write_odd_i) begin
        dirty <= with_line(request_i ? with_line(dirty, refill_line, 1'b0) : dirty, hit_line, 1'b1);
      end else if (request_i) begin
        dirty <= with_line(dirty, refill_line, 1'b0);
      end
    end
  end

  assign dirty_o = dirty;

  // ---------------------------------------------------------------------------------------------
  // Look-up
  // ---------------------------------------------------------------------------------------------

  logic [Ways-1:0] filled;    // the way that is filled, if it is in this set

  assign set_o = set_q;
  always_comb begin
    set_valid_o = '0;
    filled = '0;
    if (look_i) begin
      set_valid_o = valid[32'(set_q)*Ways+:Ways];
      if (filling_i && refill_set_i == set_q) filled = Ways'(1) << refill_way_i;
    end
  end

  always_comb begin
    found_o = 1'b0;
    partial_o = 1'b0;
    way_o = '0;
    even_o = '0;
    odd_o = '0;
    if (look_i) begin
      for (int unsigned w = 0; w < Ways; w++) begin
        if (tag_q[w] == tag_i && (set_valid_o[w] || filled[w])) begin
          // One way at most: OR, not priority.
          found_o = found_o | set_valid_o[w];
          partial_o = arrived_i > {1'b0, last_word_i};
          way_o = way_o | WayBits'(w);
          even_o = even_o | even_q[w];
          odd_o = odd_o | odd_q[w];
        end
      end
    end
  end

  assign victim_tag_o = tag_q[victim_way_i];
  assign refill_even_o = even_q[refill_way_i];
  assign refill_odd_o = odd_q[refill_way_i];
  assign refill_tag_o = tag_q[refill_way_i];

  always_comb begin
    refill_dirty_o = 1'b0;
    if (request_i) refill_dirty_o = dirty[refill_line];
  end

endmodule
