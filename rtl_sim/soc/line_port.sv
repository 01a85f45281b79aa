// One of the two ways to main memory: reads lines, MissLatency cycles after the request, one 8-byte
// beat a cycle in the order of addresses.
//
// The bytes are in C++ (rtl_sim/model), read when their beat is due, so that what the host writes
// in between is seen. One line is under way at a time.
module line_port (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic [63:0] handle_i,     // the C++ object behind the memory: constant
  input  logic [15:0] latency_i,    // cycles from request to first beat: at least 2, constant

  input  logic        req_i,        // pulse
  input  logic [55:0] addr_i,
  output logic        rvalid_o,
  output logic [63:0] rdata_o
);

  import "DPI-C" function longint unsigned zext_memory_read(input longint unsigned handle,
                                                            input longint unsigned address);

  localparam int unsigned OffsetWidth = $clog2(config_pkg::LineBytes);
  localparam int unsigned BeatWidth = OffsetWidth - 3;

  logic active_q, rvalid_q;
  logic [15:0] wait_q;
  logic [BeatWidth-1:0] beat_q;
  logic [55:OffsetWidth] line_q;
  logic [63:0] rdata_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
      rvalid_q <= 1'b0;
      wait_q <= '0;
      beat_q <= '0;
      line_q <= '0;
      rdata_q <= '0;
    end else if (req_i) begin
      active_q <= 1'b1;
      rvalid_q <= 1'b0;
      wait_q <= latency_i - 16'd2;
      beat_q <= '0;
      line_q <= addr_i[55:OffsetWidth];
    end else if (active_q) begin
      if (wait_q != '0) begin
        wait_q <= wait_q - 16'd1;
      end else begin
        rvalid_q <= 1'b1;
        rdata_q <= zext_memory_read(handle_i, {8'b0, line_q, beat_q, 3'b0});
        beat_q <= beat_q + BeatWidth'(1);
        active_q <= beat_q != '1;
      end
    end else begin
      rvalid_q <= 1'b0;
    end
  end

  assign rvalid_o = rvalid_q;
  assign rdata_o = rdata_q;

  // A line's place within itself is of no interest: lines are read whole.
  logic unused;
  assign unused = &{1'b0, addr_i[OffsetWidth-1:0]};

endmodule
