// Fetches a line for the data cache while it writes the displaced one back; also writes dirty lines
// back for fence.i. One line at a time.
//
//   start | request: read line | copy the victim into the buffer, 2 words a cycle | send it
//         |                    | meanwhile words arrive and go into the cache ...
//
// The victim leaves the array faster than the new line can come in, so that a dirty victim costs
// nothing but the cache's read port for the time of the copy.
//
// For the C++ model. While `displacing`, the newest bytes of the line `victim_line` are here: its word
// i is victim[i] if i < victim_words, else still data[.., i] of the cache's line set * Ways + way.
// While `filling`, the first `arrived` words of `line` are copies of memory in that line of the
// cache, which is not valid yet; a beat that has just come is in `beat_data` and not counted.
module dcache_refill #(
  parameter int unsigned LineBytes = 64,
  parameter int unsigned SetBits = 6,
  parameter int unsigned WayBits = 2,
  parameter int unsigned TagBits = 44,
  localparam int unsigned LineBits = $clog2(LineBytes),
  localparam int unsigned Words = LineBytes / 8,
  localparam int unsigned WordBits = $clog2(Words)
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,

  output logic                 idle_o,

  // Begin to replace the line in start_way_i; only when idle
  input  logic                 start_i,
  input  logic [55:LineBits]   start_line_i,
  input  logic [WayBits-1:0]   start_way_i,
  input  logic                 start_victim_valid_i,
  input  logic [TagBits-1:0]   start_victim_tag_i,
  // or to write one back that stays; only when idle
  input  logic                 clean_i,
  input  logic [SetBits-1:0]   clean_set_i,
  input  logic [WayBits-1:0]   clean_way_i,

  // The line in work
  output logic [SetBits-1:0]   set_o,
  output logic [WayBits-1:0]   way_o,
  output logic                 request_o,     // first cycle: dirty_i is sampled, and is to be cleared
  input  logic                 dirty_i,       // way_o of set_o
  output logic                 displace_o,    // pulse: it is, and has to make place

  // Reads the victim: row copy_row_o of either bank, answered in the next cycle
  output logic                 copy_o,
  output logic [WordBits-2:0]  copy_row_o,
  input  logic [63:0]          copy_even_i,
  input  logic [63:0]          copy_odd_i,
  input  logic [TagBits-1:0]   copy_tag_i,

  // The new line's words
  output logic                 filling_o,
  output logic [WordBits:0]    arrived_o,     // how many are in the cache
  output logic                 fill_o,        // write this one at this edge
  output logic [WordBits-1:0]  fill_word_o,
  output logic [63:0]          fill_data_o,
  output logic                 fill_last_o,

  // Bus
  output logic                 bus_req_o,
  output core_pkg::bus_e       bus_cmd_o,
  output logic [55:0]          bus_addr_o,
  output logic [63:0]          bus_wdata_o,
  input  logic                 bus_rvalid_i,
  input  logic [63:0]          bus_rdata_i
);

  logic request_q, clean_q, victim_valid_q;
  logic [55:LineBits] line /*verilator public_flat_rd*/;
  logic [SetBits-1:0] set /*verilator public_flat_rd*/;
  logic [WayBits-1:0] way /*verilator public_flat_rd*/;

  logic copying_q, copied_q, sending_q;
  logic filling /*verilator public_flat_rd*/;
  logic displacing /*verilator public_flat_rd*/;
  logic [55:LineBits] victim_line /*verilator public_flat_rd*/;
  logic [63:0] victim[0:Words-1] /*verilator public_flat_rd*/;
  logic [WordBits:0] victim_words /*verilator public_flat_rd*/;
  logic [WordBits-2:0] copy_row_q, copied_row_q;
  logic [WordBits-1:0] send_word_q;

  assign idle_o = !(request_q || filling || copying_q || copied_q || sending_q);
  assign set_o = set;
  assign way_o = way;
  assign request_o = request_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      request_q <= 1'b0;
      clean_q <= 1'b0;
    end else if (request_q || start_i || clean_i) begin
      request_q <= start_i || clean_i;
      if (start_i || clean_i) clean_q <= clean_i;
    end
  end

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      line <= start_line_i;
      set <= start_line_i[LineBits+:SetBits];
      way <= start_way_i;
      victim_valid_q <= start_victim_valid_i;
    end else if (clean_i) begin
      set <= clean_set_i;
      way <= clean_way_i;
      victim_valid_q <= 1'b1;
    end
  end

  // ---------------------------------------------------------------------------------------------
  // Victim: out of the cache, then out of the buffer
  // ---------------------------------------------------------------------------------------------

  logic last_row, last_sent;
  assign last_row = copy_row_q == '1;
  assign last_sent = send_word_q == '1;

  assign displace_o = request_q && victim_valid_q && dirty_i && !clean_q;
  assign displacing = displace_o || (!clean_q && (copying_q || copied_q || sending_q));
  assign copy_o = copying_q;
  assign copy_row_o = copy_row_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      copying_q <= 1'b0;
      copied_q <= 1'b0;
      sending_q <= 1'b0;
      copy_row_q <= '0;
      send_word_q <= '0;
      victim_words <= '0;
    end else if (!idle_o) begin
      copied_q <= copying_q;
      if (request_q && victim_valid_q && dirty_i) copying_q <= 1'b1;
      if (copying_q) begin
        copy_row_q <= copy_row_q + 1'b1;
        if (last_row) copying_q <= 1'b0;
      end
      if (copied_q) begin
        victim_words <= victim_words + (WordBits + 1)'(2);
        if (copied_row_q == '1) sending_q <= 1'b1;
      end
      if (sending_q) begin
        send_word_q <= send_word_q + 1'b1;
        if (last_sent) begin
          sending_q <= 1'b0;
          victim_words <= '0;
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      victim_line <= {start_victim_tag_i, start_line_i[LineBits+:SetBits]};
    end else if (copied_q && clean_q) begin
      victim_line <= {copy_tag_i, set};
    end
    if (copying_q) copied_row_q <= copy_row_q;
    if (copied_q) begin
      victim[{copied_row_q, 1'b0}] <= copy_even_i;
      victim[{copied_row_q, 1'b1}] <= copy_odd_i;
    end
  end

  // ---------------------------------------------------------------------------------------------
  // New line. The bus is registered before it gets near the arrays
  // ---------------------------------------------------------------------------------------------

  logic [WordBits:0] arrived /*verilator public_flat_rd*/;
  logic [63:0] beat_data /*verilator public_flat_rd*/;
  logic beat_q;

  assign filling_o = filling;
  assign arrived_o = arrived;
  assign fill_o = beat_q;
  assign fill_word_o = arrived[WordBits-1:0];
  assign fill_data_o = beat_data;
  assign fill_last_o = beat_q && fill_word_o == '1;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      filling <= 1'b0;
      beat_q <= 1'b0;
      arrived <= '0;
    end else if (request_q || filling) begin
      beat_q <= bus_rvalid_i && filling;
      if (request_q && !clean_q) begin
        filling <= 1'b1;
        arrived <= '0;
      end else if (beat_q) begin
        arrived <= arrived + 1'b1;
        if (fill_last_o) filling <= 1'b0;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (bus_rvalid_i && filling) beat_data <= bus_rdata_i;
  end

  // ---------------------------------------------------------------------------------------------
  // Bus
  // ---------------------------------------------------------------------------------------------

  assign bus_req_o = (request_q && !clean_q) || sending_q;

  always_comb begin
    bus_cmd_o = core_pkg::BusReadLine;
    bus_addr_o = {line, {LineBits{1'b0}}};
    bus_wdata_o = '0;
    if (sending_q) begin
      bus_cmd_o = core_pkg::BusWriteBack;
      bus_addr_o = {victim_line, send_word_q, 3'b0};
      bus_wdata_o = victim[send_word_q];
    end
  end

endmodule
