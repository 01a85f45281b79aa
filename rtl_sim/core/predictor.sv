// Guesses where the instruction in decode goes: branch target buffer and return address stack.
//
// Nothing depends on a guess being right: execute compares the real successor with what was fetched.
// So tags may be partial and entries stale.
module predictor (
  input  logic        clk_i,
  input  logic        rst_ni,

  // The instruction in decode
  input  logic [63:0] pc_i,
  output logic        taken_o,
  output logic [63:0] target_o,
  output logic        hit_o,         // to be handed back as update_hit_i
  output logic [1:0]  counter_o,     // likewise

  // An instruction leaving execute
  input  logic        update_i,
  input  logic [63:0] update_pc_i,
  input  logic        update_branch_i,   // conditional branch
  input  logic        update_jump_i,     // jal or jalr
  input  logic        update_call_i,     // a jump that links
  input  logic        update_return_i,   // a jump through a link register
  input  logic        update_taken_i,
  input  logic [63:0] update_target_i,
  input  logic [63:0] update_link_i,     // address after the instruction
  input  logic        update_hit_i,
  input  logic [1:0]  update_counter_i
);

  localparam int unsigned IndexWidth = core_pkg::BtbIndexWidth;
  localparam int unsigned TagWidth = core_pkg::BtbTagWidth;

  logic [core_pkg::BtbEntries-1:0] valid_q;
  logic [core_pkg::BtbEntries-1:0] is_return_q;
  logic [TagWidth-1:0] tag_q[0:core_pkg::BtbEntries-1];
  logic [63:0] target_q[0:core_pkg::BtbEntries-1];
  logic [1:0] counter_q[0:core_pkg::BtbEntries-1];

  logic [63:0] ras_q[0:core_pkg::RasEntries-1];
  logic [core_pkg::RasIndexWidth-1:0] ras_top_q;

  logic unused_pc_bits;  // outside the partial tag
  assign unused_pc_bits = ^{pc_i[63:IndexWidth+TagWidth+1], pc_i[0],
                            update_pc_i[63:IndexWidth+TagWidth+1], update_pc_i[0]};

  // ---------------------------------------------------------------------------------------------
  // Look-up
  // ---------------------------------------------------------------------------------------------

  logic [IndexWidth-1:0] index;
  assign index = pc_i[IndexWidth:1];
  assign hit_o = valid_q[index] && tag_q[index] == pc_i[IndexWidth+TagWidth:IndexWidth+1];
  assign counter_o = counter_q[index];
  assign taken_o = hit_o && counter_o[1];
  assign target_o = is_return_q[index] ? ras_q[ras_top_q] : target_q[index];

  // ---------------------------------------------------------------------------------------------
  // Update
  // ---------------------------------------------------------------------------------------------

  logic [IndexWidth-1:0] update_index;
  assign update_index = update_pc_i[IndexWidth:1];

  logic [1:0] next_counter;
  always_comb begin
    next_counter = update_counter_i;
    if (update_jump_i) next_counter = 2'b11;
    else if (update_taken_i && !update_hit_i) next_counter = 2'b10;
    else if (update_taken_i && update_counter_i != 2'b11) next_counter = update_counter_i + 2'd1;
    else if (!update_taken_i && update_counter_i != 2'b00) next_counter = update_counter_i - 2'd1;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q <= '0;
      is_return_q <= '0;
    end else if (update_i) begin
      if (update_taken_i) begin
        valid_q[update_index] <= 1'b1;
        is_return_q[update_index] <= update_return_i;
      end else if (update_hit_i && !update_branch_i) begin
        valid_q[update_index] <= 1'b0;  // shares the tag of another instruction
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (update_i && update_taken_i) begin
      tag_q[update_index] <= update_pc_i[IndexWidth+TagWidth:IndexWidth+1];
      target_q[update_index] <= update_target_i;
    end
    if (update_i && (update_taken_i || (update_branch_i && update_hit_i))) begin
      counter_q[update_index] <= next_counter;
    end
  end

  logic [core_pkg::RasIndexWidth-1:0] ras_push;
  assign ras_push = update_return_i ? ras_top_q : ras_top_q + 1'b1;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      ras_top_q <= '0;
    end else if (update_i) begin
      if (update_call_i) ras_top_q <= ras_push;
      else if (update_return_i) ras_top_q <= ras_top_q - 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (update_i && update_call_i) ras_q[ras_push] <= update_link_i;
  end

endmodule
