// Guesses where the branches and jumps in decode go: gshare for directions, a branch target buffer
// for targets, a return address stack.
//
// Nothing depends on a guess being right: execute or memory compare the real successor with what
// was fetched. So tags may be partial, entries stale, and targets share the upper half of the pc.
// History and stack pointer follow the guesses and are put back when one was wrong.
module predictor (
  input  logic                clk_i,
  input  logic                rst_ni,

  // The two instructions in decode
  input  logic [63:0]         pc0_i,
  input  logic [63:0]         pc1_i,
  output logic                hit0_o,
  output logic [63:0]         target0_o,
  output logic [1:0]          counter0_o,
  output logic                hit1_o,
  output logic [63:0]         target1_o,
  output logic [1:0]          counter1_o,
  output logic [63:0]         return_target_o,
  output logic [15:0]         history_o,
  output logic [4:0]          ras_top_o,

  // What leaves decode
  input  logic                d_branch_i,     // a conditional branch
  input  logic                d_taken_i,      // that is guessed to be taken
  input  logic                d_call_i,
  input  logic                d_return_i,
  input  logic [63:0]         d_link_i,       // address after the call

  // A wrong guess, or a flush: history and stack as they were, and the branch's real direction
  input  logic                repair_i,
  input  core_pkg::predict_t  repair_predict_i,
  input  logic                repair_branch_i,
  input  logic                repair_taken_i,
  input  logic                repair_call_i,      // or what it was that went wrong
  input  logic                repair_return_i,

  // An instruction that commits
  input  logic                update_i,           // a branch or jump
  input  logic                update_branch_i,    // conditional
  input  logic                update_return_i,
  input  logic                update_taken_i,
  input  logic [63:0]         update_pc_i,
  input  logic [31:0]         update_target_i,
  input  core_pkg::predict_t  update_predict_i
);

  localparam int unsigned Entries = config_pkg::BtbEntries;
  localparam int unsigned IndexWidth = $clog2(Entries);
  localparam int unsigned TagWidth = 14;
  localparam int unsigned HistoryWidth = config_pkg::HistoryWidth;
  localparam int unsigned PhtWidth = $clog2(config_pkg::PhtEntries);
  localparam int unsigned RasWidth = $clog2(config_pkg::RasEntries);

  logic [TagWidth:0] tag_q[0:Entries-1];     // with the valid bit on top
  logic [31:0] target_q[0:Entries-1];
  logic [1:0] counter_q[0:config_pkg::PhtEntries-1];
  logic [63:0] ras_q[0:config_pkg::RasEntries-1];
  logic [RasWidth-1:0] ras_top_q;
  logic [HistoryWidth-1:0] history_q;

  initial begin
    for (int i = 0; i < Entries; i++) tag_q[i] = '0;
    for (int i = 0; i < config_pkg::PhtEntries; i++) counter_q[i] = 2'b01;
  end

  logic unused_pc_bits;  // outside the partial tag, and of histories longer than this one's
  assign unused_pc_bits = ^{pc0_i, pc1_i, update_pc_i, update_predict_i, repair_predict_i};

  // ---------------------------------------------------------------------------------------------
  // Look-up
  // ---------------------------------------------------------------------------------------------

  function automatic logic [PhtWidth-1:0] pht_index(input logic [PhtWidth-1:0] pc,
                                                    input logic [HistoryWidth-1:0] history);
    pht_index = pc ^ {{PhtWidth - HistoryWidth{1'b0}}, history} << (PhtWidth - HistoryWidth);
  endfunction

  logic [IndexWidth-1:0] index0, index1;
  assign index0 = pc0_i[IndexWidth:1];
  assign index1 = pc1_i[IndexWidth:1];
  assign hit0_o = tag_q[index0] == {1'b1, pc0_i[IndexWidth+TagWidth:IndexWidth+1]};
  assign hit1_o = tag_q[index1] == {1'b1, pc1_i[IndexWidth+TagWidth:IndexWidth+1]};
  assign target0_o = {pc0_i[63:32], target_q[index0]};
  assign target1_o = {pc1_i[63:32], target_q[index1]};
  assign counter0_o = counter_q[pht_index(pc0_i[PhtWidth:1], history_q)];
  assign counter1_o = counter_q[pht_index(pc1_i[PhtWidth:1], history_q)];
  assign return_target_o = ras_q[ras_top_q];
  assign history_o = {{16 - HistoryWidth{1'b0}}, history_q};
  assign ras_top_o = {{5 - RasWidth{1'b0}}, ras_top_q};

  // ---------------------------------------------------------------------------------------------
  // History and return address stack: a return that calls replaces the top
  // ---------------------------------------------------------------------------------------------

  function automatic logic [RasWidth-1:0] moved(input logic [RasWidth-1:0] top, input logic call,
                                                input logic is_return);
    moved = top;
    if (call && !is_return) moved = top + 1'b1;
    if (is_return && !call) moved = top - 1'b1;
  endfunction

  logic [RasWidth-1:0] ras_next;
  assign ras_next = moved(ras_top_q, d_call_i, d_return_i);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      history_q <= '0;
      ras_top_q <= '0;
    end else if (repair_i) begin
      history_q <= repair_branch_i
                   ? {repair_predict_i.history[HistoryWidth-2:0], repair_taken_i}
                   : repair_predict_i.history[HistoryWidth-1:0];
      ras_top_q <= moved(repair_predict_i.ras_top[RasWidth-1:0], repair_call_i, repair_return_i);
    end else begin
      if (d_branch_i) history_q <= {history_q[HistoryWidth-2:0], d_taken_i};
      ras_top_q <= ras_next;
    end
  end

  always_ff @(posedge clk_i) begin
    if (d_call_i && !repair_i) ras_q[ras_next] <= d_link_i;
  end

  // ---------------------------------------------------------------------------------------------
  // Update
  // ---------------------------------------------------------------------------------------------

  logic [IndexWidth-1:0] update_index;
  assign update_index = update_pc_i[IndexWidth:1];

  logic [1:0] old_counter, new_counter;
  assign old_counter = update_predict_i.counter;
  always_comb begin
    new_counter = old_counter;
    if (update_taken_i && old_counter != 2'b11) new_counter = old_counter + 2'd1;
    if (!update_taken_i && old_counter != 2'b00) new_counter = old_counter - 2'd1;
  end

  always_ff @(posedge clk_i) begin
    if (update_i && update_taken_i && !update_return_i) begin
      tag_q[update_index] <= {1'b1, update_pc_i[IndexWidth+TagWidth:IndexWidth+1]};
      target_q[update_index] <= update_target_i;
    end
    if (update_i && update_branch_i) begin
      counter_q[pht_index(update_pc_i[PhtWidth:1], update_predict_i.history[HistoryWidth-1:0])] <= new_counter;
    end
  end

endmodule
