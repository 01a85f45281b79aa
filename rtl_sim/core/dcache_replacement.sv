// Which way of a set a new line displaces: a free one, else one by turns that was not the last used.
module dcache_replacement #(
  parameter int unsigned Sets = 64,
  parameter int unsigned Ways = 4,
  localparam int unsigned SetBits = $clog2(Sets),
  localparam int unsigned WayBits = Ways > 1 ? $clog2(Ways) : 1
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,

  input  logic [SetBits-1:0]   set_i,
  input  logic [Ways-1:0]      set_valid_i,
  output logic [WayBits-1:0]   way_o,

  input  logic                 used_i,       // used_way_i of the set
  input  logic [WayBits-1:0]   used_way_i,
  input  logic                 replaced_i    // way_o is taken, and counts as used
);

  logic [Sets*WayBits-1:0] last_used_q;
  logic [WayBits-1:0] turn_q, last_used;

  always_comb begin
    last_used = '0;
    way_o = '0;
    if (replaced_i) begin
      last_used = last_used_q[32'(set_i)*WayBits+:WayBits];
      way_o = turn_q;
      if (turn_q == last_used) way_o = turn_q + 1'b1;
      for (int unsigned w = 0; w < Ways; w++) begin
        if (!set_valid_i[w]) way_o = WayBits'(w);
      end
      if (Ways == 1) way_o = '0;
    end
  end

  // A function, and not bits that are written: simulation would copy the vector in each cycle.
  function automatic logic [Sets*WayBits-1:0] with_used(input logic [Sets*WayBits-1:0] old,
                                                        input logic [SetBits-1:0] set,
                                                        input logic [WayBits-1:0] way);
    with_used = old;
    with_used[32'(set)*WayBits+:WayBits] = way;
  endfunction

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      last_used_q <= '0;
      turn_q <= '0;
    end else if (replaced_i) begin
      last_used_q <= with_used(last_used_q, set_i, way_o);
      turn_q <= turn_q + 1'b1;
    end else if (used_i) begin
      last_used_q <= with_used(last_used_q, set_i, used_way_i);
    end
  end

endmodule
