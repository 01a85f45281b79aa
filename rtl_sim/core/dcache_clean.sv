// Looks for dirty lines, to be written back for fence.i: set after set, way after way.
module dcache_clean #(
  parameter int unsigned Sets = 64,
  parameter int unsigned Ways = 4,
  localparam int unsigned SetBits = $clog2(Sets),
  localparam int unsigned WayBits = Ways > 1 ? $clog2(Ways) : 1
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,
  input  logic                   clean_i,    // and nothing else goes on
  input  logic [Sets*Ways-1:0]   dirty_i,    // bit set * Ways + way
  output logic                   done_o,
  output logic                   start_o,    // write this line back
  output logic [SetBits-1:0]     set_o,
  output logic [WayBits-1:0]     way_o
);

  logic [SetBits-1:0] set_q;
  logic [Ways-1:0] set_dirty;

  assign set_o = set_q;

  always_comb begin
    set_dirty = '0;
    done_o = 1'b0;
    start_o = 1'b0;
    way_o = '0;
    if (clean_i) begin
      set_dirty = dirty_i[32'(set_q)*Ways+:Ways];
      done_o = dirty_i == '0;
      start_o = set_dirty != '0;
      for (int unsigned w = 0; w < Ways; w++) begin
        if (set_dirty[w]) way_o = WayBits'(w);
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) set_q <= '0;
    else if (clean_i && !start_o && !done_o) set_q <= set_q + 1'b1;
  end

endmodule
