// What the core reaches uncached: CLINT, PLIC, and whatever C++ has at the other addresses (RAM and
// ROM regions, devices). An address that nobody answers to is an error.
module peripherals (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic [63:0] handle_i,     // the C++ object behind the bus: constant

  // One access at a time, answered Latency cycles after the request
  input  logic        req_i,        // pulse
  input  logic        we_i,
  input  logic [55:0] addr_i,       // a multiple of the size
  input  logic [1:0]  size_i,       // log2 of bytes
  input  logic [63:0] wdata_i,      // right-justified, as is rdata_o
  output logic        rvalid_o,
  output logic [63:0] rdata_o,
  output logic        err_o,

  input  logic [31:0] sources_i,    // interrupt lines to the PLIC
  output logic [63:0] time_o,
  output logic        irq_software_o,
  output logic        irq_timer_o,
  output logic        irq_external_o,
  output logic        irq_s_external_o
);

  import "DPI-C" function longint unsigned zext_bus_access(input longint unsigned handle,
                                                           input byte unsigned we,
                                                           input byte unsigned size,
                                                           input longint unsigned address,
                                                           input longint unsigned data);
  // Whether nobody answered to the last access.
  import "DPI-C" function byte unsigned zext_bus_fault(input longint unsigned handle);

  localparam int unsigned Latency = 4;

  logic is_clint, is_plic, clint_req, plic_req, other_req;

  always_comb begin
    is_clint = 1'b0;
    is_plic = 1'b0;
    clint_req = 1'b0;
    plic_req = 1'b0;
    other_req = 1'b0;
    if (req_i) begin
      is_clint = addr_i[55:16] == 40'h00_0000_0200;
      is_plic = addr_i[55:26] == 30'h3;  // 0x0c00_0000 to 0x0fff_ffff
      clint_req = is_clint;
      plic_req = is_plic;
      other_req = !is_clint && !is_plic;
    end
  end

  logic [63:0] clint_rdata;
  logic [31:0] plic_rdata;
  logic clint_err, plic_err;

  clint u_clint (
    .clk_i,
    .rst_ni,
    .req_i  (clint_req),
    .we_i,
    .addr_i (addr_i[15:0]),
    .size_i,
    .wdata_i,
    .rdata_o(clint_rdata),
    .err_o  (clint_err),
    .time_o,
    .irq_software_o,
    .irq_timer_o
  );

  plic u_plic (
    .clk_i,
    .rst_ni,
    .sources_i,
    .req_i  (plic_req),
    .we_i,
    .addr_i (addr_i[25:0]),
    .size_i,
    .wdata_i(wdata_i[31:0]),
    .rdata_o(plic_rdata),
    .err_o  (plic_err),
    .irq_m_o(irq_external_o),
    .irq_s_o(irq_s_external_o)
  );

  // The access is made when it arrives; its answer waits until it is due.
  logic from_clint_q, from_plic_q, other_fault_q;
  logic [Latency-1:0] due_q;
  logic [63:0] other_rdata_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      from_clint_q <= 1'b0;
      from_plic_q <= 1'b0;
      other_fault_q <= 1'b0;
      other_rdata_q <= '0;
      due_q <= '0;
    end else if (req_i || due_q != '0) begin
      due_q <= {due_q[Latency-2:0], req_i};
      if (req_i) begin
        from_clint_q <= is_clint;
        from_plic_q <= is_plic;
      end
      if (other_req) begin
        other_rdata_q <= zext_bus_access(handle_i, {7'b0, we_i}, {6'b0, size_i}, {8'b0, addr_i},
                                         wdata_i);
        other_fault_q <= zext_bus_fault(handle_i) != 8'd0;
      end
    end
  end

  always_comb begin
    rdata_o = '0;
    err_o = 1'b0;
    if (rvalid_o) begin
      rdata_o = other_rdata_q;
      err_o = other_fault_q;
      if (from_clint_q) begin
        rdata_o = clint_rdata;
        err_o = clint_err;
      end else if (from_plic_q) begin
        rdata_o = {32'b0, plic_rdata};
        err_o = plic_err;
      end
    end
  end

  assign rvalid_o = due_q[Latency-1];

endmodule
