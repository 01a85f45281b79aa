// The simulated system: one core, main memory, CLINT, PLIC, and what C++ has on its bus.
module soc (
  input  logic         clk_i,
  input  logic         rst_ni,

  // Straps: constant while the clock runs, and for three cycles before the reset ends
  input  logic [63:0]  boot_addr_i,
  input  logic [63:0]  ram_base_i,
  input  logic [63:0]  ram_size_i,
  input  logic [63:0]  handle_i,        // the C++ object behind memory and bus
  input  logic [15:0]  miss_latency_i,  // replaces config_pkg::MissLatency unless 0; at least 2

  // Interrupts from outside: into the core beside those of CLINT and PLIC, and the PLIC's sources
  input  logic         irq_software_i,
  input  logic         irq_timer_i,
  input  logic         irq_external_i,
  input  logic [31:0]  irq_sources_i,

  input  logic         fault_enable_i,
  input  logic [63:0]  fault_order_i,
  input  logic [63:0]  fault_mask_i,

  output logic [63:0]  cycle_o,         // edges since reset

  // Retirement, see core.sv
  output logic [1:0]   rvfi_valid_o,    // lane 1 only with lane 0
  output logic [63:0]  rvfi_order_o,    // of lane 0's instruction
  output logic [31:0]  rvfi0_insn_o,
  output logic [63:0]  rvfi0_pc_rdata_o,
  output logic [63:0]  rvfi0_pc_wdata_o,
  output logic [4:0]   rvfi0_rs1_addr_o,
  output logic [63:0]  rvfi0_rs1_rdata_o,
  output logic [4:0]   rvfi0_rs2_addr_o,
  output logic [63:0]  rvfi0_rs2_rdata_o,
  output logic [4:0]   rvfi0_rd_addr_o,
  output logic [63:0]  rvfi0_rd_wdata_o,
  output logic [95:0]  rvfi0_times_o,
  output logic [31:0]  rvfi1_insn_o,
  output logic [63:0]  rvfi1_pc_rdata_o,
  output logic [63:0]  rvfi1_pc_wdata_o,
  output logic [4:0]   rvfi1_rs1_addr_o,
  output logic [63:0]  rvfi1_rs1_rdata_o,
  output logic [4:0]   rvfi1_rs2_addr_o,
  output logic [63:0]  rvfi1_rs2_rdata_o,
  output logic [4:0]   rvfi1_rd_addr_o,
  output logic [63:0]  rvfi1_rd_wdata_o,
  output logic [95:0]  rvfi1_times_o,
  output logic         rvfi_lane_o,     // which lane the following concern
  output logic         rvfi_trap_o,
  output logic         rvfi_intr_o,
  output logic [1:0]   rvfi_mode_o,
  output logic [63:0]  rvfi_cause_o,
  output logic [63:0]  rvfi_tval_o,
  output logic [63:0]  rvfi_mem_addr_o,
  output logic [55:0]  rvfi_mem_paddr_o,
  output logic [7:0]   rvfi_mem_rmask_o,
  output logic [7:0]   rvfi_mem_wmask_o,
  output logic [63:0]  rvfi_mem_rdata_o,
  output logic [63:0]  rvfi_mem_wdata_o,
  output logic         rvfi_csr_write_o,
  output logic [11:0]  rvfi_csr_addr_o,
  output logic [63:0]  rvfi_csr_wdata_o,
  output core_pkg::lost_e lost_o        // when nothing retires in this cycle: why
);

  // Inputs are registered, so that the simulator has no logic to re-evaluate when one changes.
  logic irq_software_q, irq_timer_q, irq_external_q, fault_enable_q;
  logic [31:0] irq_sources_q;
  logic [63:0] fault_order_q, fault_mask_q, boot_addr_q, ram_base_q, ram_size_q;
  logic [15:0] miss_latency_q;
  logic [63:0] cycle_q;

  always_ff @(posedge clk_i) begin
    boot_addr_q <= boot_addr_i;
    ram_base_q <= ram_base_i;
    ram_size_q <= ram_size_i;
    miss_latency_q <= miss_latency_i == '0 ? 16'(config_pkg::MissLatency) : miss_latency_i;
    irq_software_q <= irq_software_i;
    irq_timer_q <= irq_timer_i;
    irq_external_q <= irq_external_i;
    irq_sources_q <= irq_sources_i;
    fault_enable_q <= fault_enable_i;
    fault_order_q <= fault_order_i;
    fault_mask_q <= fault_mask_i;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) cycle_q <= '0;
    else cycle_q <= cycle_q + 64'd1;
  end
  assign cycle_o = cycle_q;

  // ---------------------------------------------------------------------------------------------
  // The core
  // ---------------------------------------------------------------------------------------------

  logic ibus_req, ibus_rvalid, dbus_req, dbus_rvalid, dbus_err;
  core_pkg::bus_e dbus_cmd;
  logic [1:0] dbus_size;
  logic [55:0] ibus_addr, dbus_addr, iideal_raddr, dideal_waddr, dideal_raddr;
  logic [63:0] ibus_rdata, dbus_wdata, dbus_rdata, iideal_rdata, dideal_wdata, dideal_rdata;
  logic dideal_write, dideal_read;
  logic [7:0] dideal_wmask;
  logic [63:0] timer;
  logic irq_software, irq_timer, irq_external, irq_s_external;

  core u_core (
    .clk_i,
    .rst_ni,
    .boot_addr_i     (boot_addr_q),
    .ram_base_i      (ram_base_q),
    .ram_size_i      (ram_size_q),
    .irq_software_i  (irq_software || irq_software_q),
    .irq_timer_i     (irq_timer || irq_timer_q),
    .irq_external_i  (irq_external || irq_external_q),
    .irq_s_external_i(irq_s_external),
    .time_i          (timer),
    .ibus_req_o      (ibus_req),
    .ibus_addr_o     (ibus_addr),
    .ibus_rvalid_i   (ibus_rvalid),
    .ibus_rdata_i    (ibus_rdata),
    .dbus_req_o      (dbus_req),
    .dbus_cmd_o      (dbus_cmd),
    .dbus_addr_o     (dbus_addr),
    .dbus_size_o     (dbus_size),
    .dbus_wdata_o    (dbus_wdata),
    .dbus_rvalid_i   (dbus_rvalid),
    .dbus_rdata_i    (dbus_rdata),
    .dbus_err_i      (dbus_err),
    .iideal_raddr_o  (iideal_raddr),
    .iideal_rdata_i  (iideal_rdata),
    .dideal_write_o  (dideal_write),
    .dideal_waddr_o  (dideal_waddr),
    .dideal_wmask_o  (dideal_wmask),
    .dideal_wdata_o  (dideal_wdata),
    .dideal_read_o   (dideal_read),
    .dideal_raddr_o  (dideal_raddr),
    .dideal_rdata_i  (dideal_rdata),
    .fault_enable_i  (fault_enable_q),
    .fault_order_i   (fault_order_q),
    .fault_mask_i    (fault_mask_q),
    .rvfi_valid_o,
    .rvfi_order_o,
    .rvfi0_insn_o,
    .rvfi0_pc_rdata_o,
    .rvfi0_pc_wdata_o,
    .rvfi0_rs1_addr_o,
    .rvfi0_rs1_rdata_o,
    .rvfi0_rs2_addr_o,
    .rvfi0_rs2_rdata_o,
    .rvfi0_rd_addr_o,
    .rvfi0_rd_wdata_o,
    .rvfi0_times_o,
    .rvfi1_insn_o,
    .rvfi1_pc_rdata_o,
    .rvfi1_pc_wdata_o,
    .rvfi1_rs1_addr_o,
    .rvfi1_rs1_rdata_o,
    .rvfi1_rs2_addr_o,
    .rvfi1_rs2_rdata_o,
    .rvfi1_rd_addr_o,
    .rvfi1_rd_wdata_o,
    .rvfi1_times_o,
    .rvfi_lane_o,
    .rvfi_trap_o,
    .rvfi_intr_o,
    .rvfi_mode_o,
    .rvfi_cause_o,
    .rvfi_tval_o,
    .rvfi_mem_addr_o,
    .rvfi_mem_paddr_o,
    .rvfi_mem_rmask_o,
    .rvfi_mem_wmask_o,
    .rvfi_mem_rdata_o,
    .rvfi_mem_wdata_o,
    .rvfi_csr_write_o,
    .rvfi_csr_addr_o,
    .rvfi_csr_wdata_o,
    .lost_o
  );

  // ---------------------------------------------------------------------------------------------
  // Main memory: lines for the caches, or ideal
  // ---------------------------------------------------------------------------------------------

  logic dline_rvalid;
  logic [63:0] dline_rdata;

  if (config_pkg::Caches) begin : gen_lines
    logic unused_ideal;

    line_port u_iport (
      .clk_i,
      .rst_ni,
      .handle_i (handle_i),
      .latency_i(miss_latency_q),
      .req_i    (ibus_req),
      .addr_i   (ibus_addr),
      .rvalid_o (ibus_rvalid),
      .rdata_o  (ibus_rdata)
    );

    line_port u_dport (
      .clk_i,
      .rst_ni,
      .handle_i (handle_i),
      .latency_i(miss_latency_q),
      .req_i    (dbus_req && dbus_cmd == core_pkg::BusReadLine),
      .addr_i   (dbus_addr),
      .rvalid_o (dline_rvalid),
      .rdata_o  (dline_rdata)
    );

    write_port u_write_port (
      .clk_i,
      .handle_i(handle_i),
      .req_i   (dbus_req && dbus_cmd == core_pkg::BusWriteBack),
      .addr_i  (dbus_addr),
      .wdata_i (dbus_wdata)
    );

    assign iideal_rdata = '0;
    assign dideal_rdata = '0;
    assign unused_ideal = &{1'b0, iideal_raddr, dideal_write, dideal_waddr, dideal_wmask,
                            dideal_wdata, dideal_read, dideal_raddr};
  end else begin : gen_ideal
    logic unused_lines;

    ideal_memory u_memory (
      .clk_i,
      .handle_i(handle_i),
      .iaddr_i (iideal_raddr),
      .irdata_o(iideal_rdata),
      .write_i (dideal_write),
      .waddr_i (dideal_waddr),
      .wmask_i (dideal_wmask),
      .wdata_i (dideal_wdata),
      .read_i  (dideal_read),
      .raddr_i (dideal_raddr),
      .rdata_o (dideal_rdata)
    );

    assign ibus_rvalid = 1'b0;
    assign ibus_rdata = '0;
    assign dline_rvalid = 1'b0;
    assign dline_rdata = '0;
    assign unused_lines = &{1'b0, ibus_req, ibus_addr, miss_latency_q};
  end

  // ---------------------------------------------------------------------------------------------
  // Everything else
  // ---------------------------------------------------------------------------------------------

  logic device_rvalid, device_err;
  logic [63:0] device_rdata;

  peripherals u_peripherals (
    .clk_i,
    .rst_ni,
    .handle_i        (handle_i),
    .req_i           (dbus_req && dbus_cmd != core_pkg::BusReadLine &&
                      dbus_cmd != core_pkg::BusWriteBack),
    .we_i            (dbus_cmd == core_pkg::BusWrite),
    .addr_i          (dbus_addr),
    .size_i          (dbus_size),
    .wdata_i         (dbus_wdata),
    .rvalid_o        (device_rvalid),
    .rdata_o         (device_rdata),
    .err_o           (device_err),
    .sources_i       (irq_sources_q),
    .time_o          (timer),
    .irq_software_o  (irq_software),
    .irq_timer_o     (irq_timer),
    .irq_external_o  (irq_external),
    .irq_s_external_o(irq_s_external)
  );

  // The core waits for one answer at a time, so that the two never come together.
  assign dbus_rvalid = dline_rvalid || device_rvalid;
  assign dbus_err = device_rvalid && device_err;
  assign dbus_rdata = device_rvalid ? device_rdata : dline_rdata;

endmodule
