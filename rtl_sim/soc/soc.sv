// The simulated system: one core, main memory, a clock that `time` reads.
module soc (
  input  logic        clk_i,
  input  logic        rst_ni,

  // Straps: constant while the clock runs
  input  logic [63:0] boot_addr_i,
  input  logic [63:0] ram_base_i,
  input  logic [63:0] ram_size_i,
  input  logic [63:0] ram_handle_i,

  input  logic        irq_software_i,
  input  logic        irq_timer_i,
  input  logic        irq_external_i,

  input  logic        fault_enable_i,
  input  logic [63:0] fault_order_i,
  input  logic [63:0] fault_mask_i,

  output logic [63:0] cycle_o,         // edges since reset
  output logic        rvfi_valid_o,
  output logic [63:0] rvfi_order_o,
  output logic [31:0] rvfi_insn_o,
  output logic        rvfi_trap_o,
  output logic        rvfi_intr_o,
  output logic [1:0]  rvfi_mode_o,
  output logic [63:0] rvfi_pc_rdata_o,
  output logic [63:0] rvfi_pc_wdata_o,
  output logic [4:0]  rvfi_rs1_addr_o,
  output logic [63:0] rvfi_rs1_rdata_o,
  output logic [4:0]  rvfi_rs2_addr_o,
  output logic [63:0] rvfi_rs2_rdata_o,
  output logic [4:0]  rvfi_rd_addr_o,
  output logic [63:0] rvfi_rd_wdata_o,
  output logic [63:0] rvfi_mem_addr_o,
  output logic [7:0]  rvfi_mem_rmask_o,
  output logic [7:0]  rvfi_mem_wmask_o,
  output logic [63:0] rvfi_mem_rdata_o,
  output logic [63:0] rvfi_mem_wdata_o,
  output logic [63:0] rvfi_cause_o,
  output logic [63:0] rvfi_tval_o,
  output logic        rvfi_csr_write_o,
  output logic [11:0] rvfi_csr_addr_o,
  output logic [63:0] rvfi_csr_wdata_o
);

  // Inputs are registered, so that the simulator has no logic to re-evaluate when one changes.
  logic irq_software_q, irq_timer_q, irq_external_q, fault_enable_q;
  logic [63:0] fault_order_q, fault_mask_q, boot_addr_q;
  logic [63:0] cycle_q;

  always_ff @(posedge clk_i) begin
    irq_software_q <= irq_software_i;
    irq_timer_q <= irq_timer_i;
    irq_external_q <= irq_external_i;
    fault_enable_q <= fault_enable_i;
    fault_order_q <= fault_order_i;
    fault_mask_q <= fault_mask_i;
    boot_addr_q <= boot_addr_i;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) cycle_q <= '0;
    else cycle_q <= cycle_q + 64'd1;
  end
  assign cycle_o = cycle_q;

  logic [63:0] imem_addr, dmem_addr, dmem_wdata, dmem_rdata;
  logic [31:0] imem_rdata;
  logic [1:0] imem_err;
  logic [7:0] dmem_mask;
  logic dmem_req, dmem_we, dmem_err;

  core u_core (
    .clk_i,
    .rst_ni,
    .boot_addr_i   (boot_addr_q),
    .imem_addr_o   (imem_addr),
    .imem_rdata_i  (imem_rdata),
    .imem_err_i    (imem_err),
    .dmem_req_o    (dmem_req),
    .dmem_we_o     (dmem_we),
    .dmem_addr_o   (dmem_addr),
    .dmem_mask_o   (dmem_mask),
    .dmem_wdata_o  (dmem_wdata),
    .dmem_rdata_i  (dmem_rdata),
    .dmem_err_i    (dmem_err),
    .irq_software_i(irq_software_q),
    .irq_timer_i   (irq_timer_q),
    .irq_external_i(irq_external_q),
    .time_i        (cycle_q),
    .fault_enable_i(fault_enable_q),
    .fault_order_i (fault_order_q),
    .fault_mask_i  (fault_mask_q),
    .rvfi_valid_o,
    .rvfi_order_o,
    .rvfi_insn_o,
    .rvfi_trap_o,
    .rvfi_intr_o,
    .rvfi_mode_o,
    .rvfi_pc_rdata_o,
    .rvfi_pc_wdata_o,
    .rvfi_rs1_addr_o,
    .rvfi_rs1_rdata_o,
    .rvfi_rs2_addr_o,
    .rvfi_rs2_rdata_o,
    .rvfi_rd_addr_o,
    .rvfi_rd_wdata_o,
    .rvfi_mem_addr_o,
    .rvfi_mem_rmask_o,
    .rvfi_mem_wmask_o,
    .rvfi_mem_rdata_o,
    .rvfi_mem_wdata_o,
    .rvfi_cause_o,
    .rvfi_tval_o,
    .rvfi_csr_write_o,
    .rvfi_csr_addr_o,
    .rvfi_csr_wdata_o
  );

  ram u_ram (
    .clk_i,
    .base_i      (ram_base_i),
    .size_i      (ram_size_i),
    .handle_i    (ram_handle_i),
    .imem_addr_i (imem_addr),
    .imem_rdata_o(imem_rdata),
    .imem_err_o  (imem_err),
    .dmem_req_i  (dmem_req),
    .dmem_we_i   (dmem_we),
    .dmem_addr_i (dmem_addr),
    .dmem_mask_i (dmem_mask),
    .dmem_wdata_i(dmem_wdata),
    .dmem_rdata_o(dmem_rdata),
    .dmem_err_o  (dmem_err)
  );

endmodule
