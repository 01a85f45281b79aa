// Core-local interruptor: the software interrupt and the timer, as at 0x0200_0000 on many RISC-V
// systems. mtime counts clock cycles and is what the `time` CSR shows.
//
//   0x0000  msip (4 bytes)   0x4000  mtimecmp (8)   0xbff8  mtime (8; also by halves)
module clint (
  input  logic        clk_i,
  input  logic        rst_ni,

  // An access, answered in the next cycle; anything but the registers above is an error
  input  logic        req_i,
  input  logic        we_i,
  input  logic [15:0] addr_i,
  input  logic [1:0]  size_i,     // log2 of bytes; the address is a multiple of them
  input  logic [63:0] wdata_i,    // right-justified, as is rdata_o
  output logic [63:0] rdata_o,
  output logic        err_o,

  output logic [63:0] time_o,
  output logic        irq_software_o,
  output logic        irq_timer_o
);

  logic msip_q, irq_timer_q, err_q;
  logic [63:0] mtimecmp_q, mtime_q, rdata_q;

  logic is_msip, is_mtimecmp, is_mtime, word, high;

  // The halves that a write covers.
  logic write_low, write_high;
  logic [31:0] wdata_high;
  logic [63:0] selected;

  always_comb begin
    word = 1'b0;
    high = 1'b0;
    is_msip = 1'b0;
    is_mtimecmp = 1'b0;
    is_mtime = 1'b0;
    write_low = 1'b0;
    write_high = 1'b0;
    wdata_high = '0;
    selected = '0;
    if (req_i) begin
      word = size_i == 2'd2;
      high = addr_i[2];
      is_msip = addr_i == 16'h0000 && word;
      is_mtimecmp = addr_i[15:3] == 13'h0800 && size_i[1];
      is_mtime = addr_i[15:3] == 13'h17ff && size_i[1];
      write_low = !word || !high;
      write_high = !word || high;
      wdata_high = word ? wdata_i[31:0] : wdata_i[63:32];
      selected = is_mtime ? mtime_q : mtimecmp_q;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      msip_q <= 1'b0;
      mtimecmp_q <= '1;  // no timer interrupt before software asks for one
      mtime_q <= '0;
      irq_timer_q <= 1'b0;
      rdata_q <= '0;
      err_q <= 1'b0;
    end else begin
      mtime_q <= mtime_q + 64'd1;
      irq_timer_q <= mtime_q >= mtimecmp_q;
      if (req_i) begin
        err_q <= !(is_msip || is_mtimecmp || is_mtime);
        rdata_q <= '0;
        if (is_msip) rdata_q <= {63'b0, msip_q};
        else if (!word) rdata_q <= selected;
        else rdata_q <= {32'b0, high ? selected[63:32] : selected[31:0]};
        if (we_i && is_msip) msip_q <= wdata_i[0];
        if (we_i && is_mtimecmp) begin
          // What the old value asked for is not shown in the cycle after the write.
          irq_timer_q <= 1'b0;
          if (write_low) mtimecmp_q[31:0] <= wdata_i[31:0];
          if (write_high) mtimecmp_q[63:32] <= wdata_high;
        end
        if (we_i && is_mtime) begin
          if (write_low) mtime_q[31:0] <= wdata_i[31:0];
          if (write_high) mtime_q[63:32] <= wdata_high;
        end
      end
    end
  end

  assign rdata_o = rdata_q;
  assign err_o = err_q;
  assign time_o = mtime_q;
  assign irq_software_o = msip_q;
  assign irq_timer_o = irq_timer_q;

endmodule
