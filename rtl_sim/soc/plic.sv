// Platform-level interrupt controller: 31 level-triggered sources with 3-bit priorities, one
// context for machine mode (0) and one for supervisor mode (1) of the one hart.
//
//   0x00_0000 + 4 s        priority of source s
//   0x00_1000              pending, a bit a source
//   0x00_2000 + 0x80 c     enable of context c, a bit a source
//   0x20_0000 + 0x1000 c   threshold of context c; claim and complete 4 bytes further
//
// The best source of a context is found in the cycle after something changed, not in every cycle,
// since the simulator would pay for that.
module plic (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic [31:0] sources_i,  // levels; source 0 is none

  // An access, answered in the next cycle; only 4 bytes at the addresses above are no error
  input  logic        req_i,
  input  logic        we_i,
  input  logic [25:0] addr_i,
  input  logic [1:0]  size_i,
  input  logic [31:0] wdata_i,
  output logic [31:0] rdata_o,
  output logic        err_o,

  output logic        irq_m_o,
  output logic        irq_s_o
);

  localparam int unsigned Sources = 32;
  localparam int unsigned Contexts = 2;

  // Pending: raised by a source that nobody serves. Serving: claimed and not completed.
  logic [31:0] pending_q, serving_q, rdata_q;
  logic [31:0] enable_q [0:Contexts-1];
  logic [2:0] threshold_q [0:Contexts-1];
  logic [2:0] priority_q [0:Sources-1];
  logic [4:0] best_q [0:Contexts-1];   // the source to claim; 0 for none
  logic [1:0] irq_q;
  logic changed_q, err_q;

  // ---------------------------------------------------------------------------------------------
  // Which register
  // ---------------------------------------------------------------------------------------------

  logic context_number, is_priority, is_pending, is_enable, is_threshold, is_claim;
  logic unused_addr_bits;  // an aligned access of 4 bytes has none there
  assign unused_addr_bits = ^addr_i[1:0];

  always_comb begin
    context_number = 1'b0;
    is_priority = 1'b0;
    is_pending = 1'b0;
    is_enable = 1'b0;
    is_threshold = 1'b0;
    is_claim = 1'b0;
    if (req_i) begin
      context_number = addr_i[21] ? addr_i[12] : addr_i[7];
      is_priority = addr_i[25:7] == 19'h0;
      is_pending = addr_i[25:2] == 24'h400;
      is_enable = addr_i[25:8] == 18'h20 && addr_i[6:2] == 5'h0;
      is_threshold = addr_i[25:13] == 13'h100 && addr_i[11:2] == 10'h0;
      is_claim = addr_i[25:13] == 13'h100 && addr_i[11:2] == 10'h1;
    end
  end

  // ---------------------------------------------------------------------------------------------
  // The best source of each context: the highest priority, of equals the lowest number
  // ---------------------------------------------------------------------------------------------

  logic [4:0] best [0:Contexts-1];
  logic [2:0] best_priority [0:Contexts-1];
  always_comb begin
    for (int c = 0; c < Contexts; c++) begin
      best[c] = '0;
      best_priority[c] = '0;
      if (changed_q) begin
        for (int s = 1; s < Sources; s++) begin
          if (pending_q[s] && enable_q[c][s] && priority_q[s] > best_priority[c]) begin
            best[c] = 5'(s);
            best_priority[c] = priority_q[s];
          end
        end
      end
    end
  end

  logic [31:0] raised, claimed, completed;
  logic claim, complete;
  assign raised = sources_i & ~pending_q & ~serving_q & ~32'd1;

  always_comb begin
    claim = 1'b0;
    claimed = '0;
    complete = 1'b0;
    completed = '0;
    if (req_i && is_claim && size_i == 2'd2) begin
      claim = !we_i;
      // Best is stale in the cycle after a change: pending and enable must still agree.
      if (claim) begin
        claimed = (32'd1 << best_q[context_number]) & pending_q & enable_q[context_number] & ~32'd1;
      end
      complete = we_i && wdata_i < Sources && enable_q[context_number][wdata_i[4:0]];
      if (complete) completed = 32'd1 << wdata_i[4:0];
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      pending_q <= '0;
      serving_q <= '0;
      changed_q <= 1'b0;
      irq_q <= '0;
      rdata_q <= '0;
      err_q <= 1'b0;
      for (int c = 0; c < Contexts; c++) begin
        enable_q[c] <= '0;
        threshold_q[c] <= '0;
        best_q[c] <= '0;
      end
      for (int s = 0; s < Sources; s++) priority_q[s] <= '0;
    end else begin
      changed_q <= raised != '0;
      if (raised != '0) pending_q <= pending_q | raised;
      if (changed_q) begin
        for (int c = 0; c < Contexts; c++) begin
          best_q[c] <= best[c];
          irq_q[c] <= best_priority[c] > threshold_q[c];
        end
      end
      if (req_i) begin
        changed_q <= 1'b1;
        err_q <= size_i != 2'd2 ||
                 !(is_priority || is_pending || is_enable || is_threshold || is_claim);
        rdata_q <= '0;
        if (is_priority) rdata_q <= {29'b0, priority_q[addr_i[6:2]]};
        if (is_pending) rdata_q <= pending_q;
        if (is_enable) rdata_q <= enable_q[context_number];
        if (is_threshold) rdata_q <= {29'b0, threshold_q[context_number]};
        if (claimed != '0) begin
          rdata_q <= {27'b0, best_q[context_number]};
          pending_q <= (pending_q | raised) & ~claimed;
          serving_q <= serving_q | claimed;
        end
        if (complete) serving_q <= serving_q & ~completed;
        if (we_i && size_i == 2'd2) begin
          if (is_priority && addr_i[6:2] != '0) priority_q[addr_i[6:2]] <= wdata_i[2:0];
          if (is_enable) enable_q[context_number] <= wdata_i & ~32'd1;
          if (is_threshold) threshold_q[context_number] <= wdata_i[2:0];
        end
      end
    end
  end

  assign rdata_o = rdata_q;
  assign err_o = err_q;
  assign irq_m_o = irq_q[0];
  assign irq_s_o = irq_q[1];

endmodule
