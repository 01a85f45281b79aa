// Data cache: virtually indexed, physically tagged, write-back, write-allocate, non-blocking stores.
//
// The arrays are read at one edge and used in the cycle that follows it, by whoever owned that read:
// an access that goes from execute to memory (always first), the access in memory once more, the
// page walker, or the store buffer. What it read is good for that cycle only; who is not done then
// reads again, so that nobody holds a copy that could grow old.
//
// For the C++ model, newest first, a byte is in: the entries of u_store_buffer, a valid line of
// u_arrays (one that is not dirty equals memory), the victim that u_refill holds, memory.
module dcache #(
  parameter int unsigned Bytes = 16384,
  parameter int unsigned Ways = 4,
  parameter int unsigned LineBytes = 64,
  parameter int unsigned StoreBufferEntries = 4
) (
  input  logic             clk_i,
  input  logic             rst_ni,

  // Reads at this edge: x's is always served (never while x_stall_o), then m's
  input  logic             x_read_i,
  input  logic [11:3]      x_offset_i,         // in the page, which is all that the arrays need
  input  logic             m_read_i,
  input  logic             m_read_second_i,    // mark of this read, compared when it is used
  input  logic [11:3]      m_offset_i,
  output logic             x_stall_o,

  // The access in memory
  input  logic             m_valid_i,          // there is one
  input  logic             m_second_i,         // uses the read with this mark
  input  logic             m_load_i,           // wants data
  input  logic             m_refill_i,         // and the line if it is not there: the access is permitted
  input  logic             m_store_i,          // stores, unless it is killed
  input  logic             m_kill_i,
  input  logic             m_locked_i,         // the store does not go to the buffer: write of an atomic
  input  logic             m_both_i,           // it has two halves, of which the following is the second
  input  logic [55:0]      m_paddr_i,
  input  logic [7:0]       m_mask_i,           // bytes from m_paddr_i on
  input  logic [63:0]      m_wdata_i,
  input  logic [55:0]      m_first_paddr_i,
  input  logic [7:0]       m_first_mask_i,
  input  logic [63:0]      m_first_wdata_i,
  output logic             m_loaded_o,         // m_rdata_o is what m_paddr_i and the following hold
  output logic [63:0]      m_rdata_o,
  output logic             m_stored_o,         // the store could be done in this cycle
  output logic             m_conflict_o,       // waits for an older store

  // Page walker
  input  logic             p_req_i,            // level until done
  input  logic             p_we_i,
  input  logic [55:0]      p_addr_i,
  input  logic [63:0]      p_wdata_i,
  output logic             p_done_o,
  output logic [63:0]      p_rdata_o,

  input  logic             clean_i,            // write back all there is
  output logic             clean_done_o,
  input  logic             hold_i,             // the bus is another's: begin nothing
  output logic             quiet_o,            // no store pending and the bus unused, also in the next cycle

  // Bus
  output logic             bus_req_o,
  output core_pkg::bus_e   bus_cmd_o,
  output logic [55:0]      bus_addr_o,
  output logic [63:0]      bus_wdata_o,
  input  logic             bus_rvalid_i,
  input  logic [63:0]      bus_rdata_i,

  output logic             ev_miss_o,
  output logic             ev_write_back_o
);

  localparam int unsigned LineBits = $clog2(LineBytes);
  localparam int unsigned Words = LineBytes / 8;
  localparam int unsigned WordBits = $clog2(Words);
  localparam int unsigned RowBits = WordBits - 1;
  localparam int unsigned Sets = Bytes / Ways / LineBytes;
  localparam int unsigned SetBits = $clog2(Sets);
  localparam int unsigned WayBits = Ways > 1 ? $clog2(Ways) : 1;
  localparam int unsigned TagBits = 56 - LineBits - SetBits;

  // ---------------------------------------------------------------------------------------------
  // Read: who, and where
  // ---------------------------------------------------------------------------------------------

  typedef enum logic [1:0] {
    Nobody,
    Memory,
    Walker,
    Buffer
  } owner_e;

  owner_e owner_d, owner_q;
  logic second_q, read;
  logic [SetBits-1:0] read_set, set;    // to be read, and what was
  logic [RowBits-1:0] read_even_row, read_odd_row;
  logic [WordBits-1:0] read_word;

  logic refill_idle, copy;
  logic [SetBits-1:0] refill_set;
  logic [WayBits-1:0] refill_way;
  logic [RowBits-1:0] copy_row;

  logic sb_empty, sb_room, sb_room2, sb_next_valid, p_conflict;
  logic [55:0] sb_head_addr;
  logic [11:3] sb_next_offset;
  logic [7:0] sb_head_mask;
  logic [63:0] sb_head_data;
  logic buffer_failed;

  // While an entry is looked up, the next one is read. Should the first not get done after all,
  // what was read is dropped.
  logic buffer_wants, walker_wants;
  assign buffer_wants = refill_idle && (owner_q == Buffer ? sb_next_valid : !sb_empty);
  assign walker_wants = p_req_i && !p_conflict && owner_q != Walker;

  logic [LineBits+SetBits-1:3] read_offset;
  always_comb begin
    owner_d = Nobody;
    read_offset = owner_q == Buffer ? sb_next_offset[LineBits+SetBits-1:3] :
                                      sb_head_addr[LineBits+SetBits-1:3];
    if (x_read_i) begin
      owner_d = Memory;
      read_offset = x_offset_i[LineBits+SetBits-1:3];
    end else if (copy) begin
      read_offset = '0;
    end else if (m_read_i) begin
      owner_d = Memory;
      read_offset = m_offset_i[LineBits+SetBits-1:3];
    end else if (walker_wants) begin
      owner_d = Walker;
      read_offset = p_addr_i[LineBits+SetBits-1:3];
    end else if (buffer_wants) begin
      owner_d = buffer_failed ? Nobody : Buffer;
    end
  end

  // A way may be smaller than a page.
  logic unused;
  assign unused = ^{x_offset_i, m_offset_i, sb_next_offset};

  assign x_stall_o = copy;
  assign read = x_read_i || copy || m_read_i || walker_wants || buffer_wants;
  assign read_set = copy ? refill_set : read_offset[LineBits+:SetBits];
  assign read_word = read_offset[3+:WordBits];
  // An access that begins in an odd word goes on in the next row of the even bank.
  assign read_even_row = copy ? copy_row : read_word[WordBits-1:1] + RowBits'(read_word[0]);
  assign read_odd_row = copy ? copy_row : read_word[WordBits-1:1];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) owner_q <= Nobody;
    else owner_q <= owner_d;
  end

  always_ff @(posedge clk_i) begin
    second_q <= !x_read_i && m_read_second_i;
  end

  // ---------------------------------------------------------------------------------------------
  // Look-up, of whoever read
  // ---------------------------------------------------------------------------------------------

  logic [55:0] use_addr;
  logic [7:0] use_mask;
  logic [63:0] use_wdata;
  logic [WordBits-1:0] use_word, use_last_word;

  always_comb begin
    unique case (owner_q)
      Walker: begin
        use_addr = p_addr_i;
        use_mask = 8'hff;
        use_wdata = p_wdata_i;
      end
      Buffer: begin
        use_addr = sb_head_addr;
        use_mask = sb_head_mask;
        use_wdata = sb_head_data;
      end
      default: begin
        use_addr = m_paddr_i;
        use_mask = m_mask_i;
        use_wdata = m_wdata_i;
      end
    endcase
  end

  assign use_word = use_addr[3+:WordBits];
  assign use_last_word = use_word + WordBits'(crosses);

  logic start, found, partial, here, crosses, filling, fill, fill_last, request, refill_dirty;
  logic write;
  logic [WordBits:0] arrived;
  logic [WordBits-1:0] fill_word;
  logic [WayBits-1:0] hit_way, victim_way;
  logic [TagBits-1:0] victim_tag, refill_tag;
  logic [Ways-1:0] set_valid;
  logic [Sets*Ways-1:0] dirty;
  logic [RowBits-1:0] use_even_row, use_odd_row;
  logic [63:0] even, odd, even_new, odd_new, fill_data, refill_even, refill_odd;

  assign use_even_row = use_word[WordBits-1:1] + RowBits'(use_word[0]);
  assign use_odd_row = use_word[WordBits-1:1];

  dcache_arrays #(
    .Sets   (Sets),
    .Ways   (Ways),
    .Words  (Words),
    .TagBits(TagBits)
  ) u_arrays (
    .clk_i,
    .rst_ni,
    .read_i         (read),
    .read_set_i     (read_set),
    .read_even_row_i(read_even_row),
    .read_odd_row_i (read_odd_row),
    .look_i         (owner_q != Nobody),
    .tag_i          (use_addr[55-:TagBits]),
    .last_word_i    (use_last_word),
    .found_o        (found),
    .partial_o      (partial),
    .way_o          (hit_way),
    .even_o         (even),
    .odd_o          (odd),
    .set_o          (set),
    .set_valid_o    (set_valid),
    .start_i        (start),
    .victim_way_i   (victim_way),
    .victim_tag_o   (victim_tag),
    .refill_set_i   (refill_set),
    .refill_way_i   (refill_way),
    .refill_even_o  (refill_even),
    .refill_odd_o   (refill_odd),
    .refill_tag_o   (refill_tag),
    .refill_dirty_o (refill_dirty),
    .request_i      (request),
    .filling_i      (filling),
    .arrived_i      (arrived),
    .fill_i         (fill),
    .fill_word_i    (fill_word),
    .fill_data_i    (fill_data),
    .fill_last_i    (fill_last),
    .write_even_i   (write && use_even),
    .write_odd_i    (write && use_odd),
    .even_row_i     (use_even_row),
    .odd_row_i      (use_odd_row),
    .even_i         (even_new),
    .odd_i          (odd_new),
    .dirty_o        (dirty)
  );

  assign here = found || partial;
  assign p_rdata_o = m_rdata_o;

  // ---------------------------------------------------------------------------------------------
  // Stores: merged with what was read. The refill's words go first, since the bus does not wait
  // ---------------------------------------------------------------------------------------------

  logic use_even, use_odd, bank_busy;

  logic use_store;
  assign use_store = owner_q == Buffer || (owner_q == Walker ? p_we_i : m_store_i);

  dcache_merge u_merge (
    .look_i    (owner_q != Nobody),
    .store_i   (use_store),
    .offset_i  (use_addr[3:0]),
    .mask_i    (use_mask),
    .wdata_i   (use_wdata),
    .even_i    (even),
    .odd_i     (odd),
    .rdata_o   (m_rdata_o),
    .crosses_o (crosses),
    .use_even_o(use_even),
    .use_odd_o (use_odd),
    .even_o    (even_new),
    .odd_o     (odd_new)
  );

  assign bank_busy = fill && (fill_word[0] ? use_odd : use_even);

  logic fresh, direct, m_write, p_write, sb_write, push;
  assign fresh = owner_q == Memory && second_q == m_second_i;
  assign direct = fresh && found && !m_conflict_o && !bank_busy && !m_both_i;

  assign m_loaded_o = fresh && here && !m_conflict_o;
  assign m_stored_o = direct || (!m_locked_i && (m_both_i ? sb_room2 : sb_room));
  assign m_write = m_store_i && !m_kill_i && direct;
  assign push = m_store_i && !m_kill_i && !direct && m_stored_o;

  assign p_done_o = owner_q == Walker && found && !(p_we_i && bank_busy);
  assign p_write = p_done_o && p_we_i;

  // The bank is free: the buffer reads only while no line is on its way.
  assign sb_write = owner_q == Buffer && found;
  assign buffer_failed = owner_q == Buffer && !sb_write;

  assign write = m_write || p_write || sb_write;

  // ---------------------------------------------------------------------------------------------
  // Misses
  // ---------------------------------------------------------------------------------------------

  logic m_miss, other_miss, clean_start;
  logic [SetBits-1:0] clean_set;
  logic [WayBits-1:0] clean_way;

  assign m_miss = fresh && !here && !m_kill_i &&
                  ((m_load_i && m_refill_i && !m_conflict_o) || (push && !m_both_i));
  assign other_miss = (owner_q == Walker || owner_q == Buffer) && !found;
  assign start = (m_miss || other_miss) && refill_idle && !hold_i;

  dcache_replacement #(
    .Sets(Sets),
    .Ways(Ways)
  ) u_replacement (
    .clk_i,
    .rst_ni,
    .set_i         (set),
    .set_valid_i   (set_valid),
    .way_o         (victim_way),
    .used_i        (found && (owner_q == Memory || start)),
    .used_way_i    (hit_way),
    .replaced_i    (start)
  );

  logic clean_now;
  assign clean_now = clean_i && sb_empty && refill_idle && owner_q == Nobody;
  assign quiet_o = sb_empty && refill_idle && (owner_q == Nobody || owner_q == Memory);

  dcache_clean #(
    .Sets(Sets),
    .Ways(Ways)
  ) u_clean (
    .clk_i,
    .rst_ni,
    .clean_i(clean_now),
    .dirty_i(dirty),
    .done_o (clean_done_o),
    .start_o(clean_start),
    .set_o  (clean_set),
    .way_o  (clean_way)
  );

  dcache_refill #(
    .LineBytes(LineBytes),
    .SetBits  (SetBits),
    .WayBits  (WayBits),
    .TagBits  (TagBits)
  ) u_refill (
    .clk_i,
    .rst_ni,
    .idle_o              (refill_idle),
    .start_i             (start),
    .start_line_i        (use_addr[55:LineBits]),
    .start_way_i         (victim_way),
    .start_victim_valid_i(set_valid[victim_way]),
    .start_victim_tag_i  (victim_tag),
    .clean_i             (clean_start),
    .clean_set_i         (clean_set),
    .clean_way_i         (clean_way),
    .set_o               (refill_set),
    .way_o               (refill_way),
    .request_o           (request),
    .dirty_i             (refill_dirty),
    .displace_o          (ev_write_back_o),
    .copy_o              (copy),
    .copy_row_o          (copy_row),
    .copy_even_i         (refill_even),
    .copy_odd_i          (refill_odd),
    .copy_tag_i          (refill_tag),
    .filling_o           (filling),
    .arrived_o           (arrived),
    .fill_o              (fill),
    .fill_word_o         (fill_word),
    .fill_data_o         (fill_data),
    .fill_last_o         (fill_last),
    .bus_req_o,
    .bus_cmd_o,
    .bus_addr_o,
    .bus_wdata_o,
    .bus_rvalid_i,
    .bus_rdata_i
  );

  store_buffer #(
    .Entries (StoreBufferEntries),
    .LineBits(LineBits)
  ) u_store_buffer (
    .clk_i,
    .rst_ni,
    .push_i       (push),
    .push_addr_i  (m_both_i ? m_first_paddr_i : m_paddr_i),
    .push_mask_i  (m_both_i ? m_first_mask_i : m_mask_i),
    .push_data_i  (m_both_i ? m_first_wdata_i : m_wdata_i),
    .push2_i      (push && m_both_i),
    .push2_addr_i (m_paddr_i),
    .push2_mask_i (m_mask_i),
    .push2_data_i (m_wdata_i),
    .room_o       (sb_room),
    .room2_o      (sb_room2),
    .match_i      (m_valid_i),
    .match_line_i (m_paddr_i[55:LineBits]),
    .match_o      (m_conflict_o),
    .match2_i     (p_req_i),
    .match2_line_i(p_addr_i[55:LineBits]),
    .match2_o     (p_conflict),
    .empty_o      (sb_empty),
    .head_addr_o  (sb_head_addr),
    .head_mask_o  (sb_head_mask),
    .head_data_o  (sb_head_data),
    .pop_i        (sb_write),
    .next_valid_o (sb_next_valid),
    .next_offset_o(sb_next_offset)
  );

  assign ev_miss_o = start;

endmodule
