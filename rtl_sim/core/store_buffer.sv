// Stores that have committed and wait for their line, in order.
//
// An entry is one access that lies within a line. Whoever looks at a line that has an entry here
// must wait until the entry is in the cache; a store to it joins the buffer instead.
//
// For the C++ model: an entry `i` with bit i of `pending` set is newer than memory and cache: for
// each bit b of mask[i], the byte at addr[i] + b is bits 8b+7:8b of data[i]. The oldest is at `head`.
module store_buffer #(
  parameter int unsigned Entries = 4,    // 2 at least
  parameter int unsigned LineBits = 6    // log2 of the bytes of a line
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,

  // Up to two at one edge: the halves of a store that crosses into another line
  input  logic                   push_i,
  input  logic [55:0]            push_addr_i,
  input  logic [7:0]             push_mask_i,   // bytes from the address on
  input  logic [63:0]            push_data_i,   // that of the address in bits 7:0
  input  logic                   push2_i,       // only with push_i
  input  logic [55:0]            push2_addr_i,
  input  logic [7:0]             push2_mask_i,
  input  logic [63:0]            push2_data_i,
  output logic                   room_o,
  output logic                   room2_o,       // for two

  // Is anything pending for the line?
  input  logic                   match_i,
  input  logic [55:LineBits]     match_line_i,
  output logic                   match_o,
  input  logic                   match2_i,
  input  logic [55:LineBits]     match2_line_i,
  output logic                   match2_o,

  output logic                   empty_o,
  output logic [55:0]            head_addr_o,
  output logic [7:0]             head_mask_o,
  output logic [63:0]            head_data_o,
  input  logic                   pop_i,
  output logic                   next_valid_o,  // there is one behind the head
  output logic [11:3]            next_offset_o  // in the page
);

  localparam int unsigned PointerWidth = $clog2(Entries);
  localparam int unsigned CountWidth = $clog2(Entries + 1);

  logic [Entries-1:0] pending /*verilator public_flat_rd*/;
  logic [PointerWidth-1:0] head /*verilator public_flat_rd*/;
  logic [55:0] addr[0:Entries-1] /*verilator public_flat_rd*/;
  logic [7:0] mask[0:Entries-1] /*verilator public_flat_rd*/;
  logic [63:0] data[0:Entries-1] /*verilator public_flat_rd*/;
  logic [PointerWidth-1:0] tail_q, head_next, tail_next, tail_next2;
  logic [CountWidth-1:0] count_q;

  function automatic logic [PointerWidth-1:0] after(input logic [PointerWidth-1:0] pointer);
    after = pointer == PointerWidth'(Entries - 1) ? '0 : pointer + 1'b1;
  endfunction

  assign empty_o = count_q == '0;
  assign room_o = count_q < CountWidth'(Entries);
  assign room2_o = count_q < CountWidth'(Entries - 1);
  assign next_valid_o = count_q > CountWidth'(1);

  always_comb begin
    head_next = '0;
    head_addr_o = '0;
    head_mask_o = '0;
    head_data_o = '0;
    next_offset_o = '0;
    if (!empty_o) begin
      head_next = after(head);
      head_addr_o = addr[head];
      head_mask_o = mask[head];
      head_data_o = data[head];
      next_offset_o = addr[head_next][11:3];
    end
  end

  always_comb begin
    tail_next = '0;
    tail_next2 = '0;
    if (push_i) begin
      tail_next = after(tail_q);
      tail_next2 = after(tail_next);
    end
  end

  always_comb begin
    match_o = 1'b0;
    if (match_i && !empty_o) begin
      for (int unsigned i = 0; i < Entries; i++) begin
        if (pending[i] && addr[i][55:LineBits] == match_line_i) match_o = 1'b1;
      end
    end
  end

  always_comb begin
    match2_o = 1'b0;
    if (match2_i && !empty_o) begin
      for (int unsigned i = 0; i < Entries; i++) begin
        if (pending[i] && addr[i][55:LineBits] == match2_line_i) match2_o = 1'b1;
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      pending <= '0;
      head <= '0;
      tail_q <= '0;
      count_q <= '0;
    end else if (push_i || pop_i) begin
      if (pop_i) begin
        pending[head] <= 1'b0;
        head <= head_next;
      end
      if (push_i) begin
        pending[tail_q] <= 1'b1;
        tail_q <= push2_i ? tail_next2 : tail_next;
      end
      if (push2_i) pending[tail_next] <= 1'b1;
      count_q <= count_q + CountWidth'(push_i) + CountWidth'(push2_i) - CountWidth'(pop_i);
    end
  end

  always_ff @(posedge clk_i) begin
    if (push_i) begin
      addr[tail_q] <= push_addr_i;
      mask[tail_q] <= push_mask_i;
      data[tail_q] <= push_data_i;
    end
    if (push2_i) begin
      addr[tail_next] <= push2_addr_i;
      mask[tail_next] <= push2_mask_i;
      data[tail_next] <= push2_data_i;
    end
  end

endmodule
