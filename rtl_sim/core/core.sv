// RV64IMAC_Zicsr_Zifencei_Zba_Zbb_Zbs_Zicond, machine mode, five stages in order.
//
// Wires the stages together and holds the last one, write-back. README.md has the picture.
module core (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic [63:0] boot_addr_i,

  // Instruction memory: 4 bytes from any even address, in the cycle after the address
  output logic [63:0] imem_addr_o,
  input  logic [31:0] imem_rdata_i,
  input  logic [1:0]  imem_err_i,       // for each halfword: no memory there

  // Data memory: up to 8 bytes at any address, data right-justified, in the cycle after the request
  output logic        dmem_req_o,
  output logic        dmem_we_o,
  output logic [63:0] dmem_addr_o,
  output logic [7:0]  dmem_mask_o,      // 1, 2, 4 or 8 ones from bit 0
  output logic [63:0] dmem_wdata_o,
  input  logic [63:0] dmem_rdata_i,
  input  logic        dmem_err_i,       // no memory behind the last request; nothing was written

  // Interrupts and time
  input  logic        irq_software_i,
  input  logic        irq_timer_i,
  input  logic        irq_external_i,
  input  logic [63:0] time_i,

  // Seeded fault: xor the ALU result of instruction number fault_order_i with fault_mask_i
  input  logic        fault_enable_i,
  input  logic [63:0] fault_order_i,
  input  logic [63:0] fault_mask_i,

  // Retirement, in the RISC-V Formal Interface's names
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
  // Beyond RVFI: trap cause and value, and what a CSR instruction wrote
  output logic [63:0] rvfi_cause_o,
  output logic [63:0] rvfi_tval_o,
  output logic        rvfi_csr_write_o,
  output logic [11:0] rvfi_csr_addr_o,
  output logic [63:0] rvfi_csr_wdata_o
);

  // ---------------------------------------------------------------------------------------------
  // Fetch
  // ---------------------------------------------------------------------------------------------

  logic d_valid, d_stall, d_compressed, d_predict_taken, d_predict_hit;
  logic [1:0] d_predict_counter;
  logic [63:0] d_pc, d_predict_target;
  logic m_flush, x_redirect;
  logic [63:0] m_target, x_next_pc;

  fetch u_fetch (
    .clk_i,
    .rst_ni,
    .boot_addr_i,
    .imem_addr_o,
    .d_stall_i         (d_stall),
    .d_compressed_i    (d_compressed),
    .d_predict_taken_i (d_predict_taken),
    .d_predict_target_i(d_predict_target),
    .d_valid_o         (d_valid),
    .d_pc_o            (d_pc),
    .m_redirect_i      (m_flush),
    .m_target_i        (m_target),
    .x_redirect_i      (x_redirect),
    .x_target_i        (x_next_pc)
  );

  // ---------------------------------------------------------------------------------------------
  // Decode
  // ---------------------------------------------------------------------------------------------

  logic d_hazard, d_issue;
  logic [31:0] d_raw, d_insn;
  core_pkg::ctrl_t d_ctrl;
  logic [63:0] d_imm, d_rs1_value, d_rs2_value;

  logic d_rs1_late, d_rs2_late;

  logic x_valid, x_stall, x_advance, x_result_ready, x_result_late, x_rs1_late, x_rs2_late;
  logic [63:0] x_operand_a, x_operand_b;
  logic [31:0] x_raw, x_insn;
  core_pkg::ctrl_t x_ctrl;
  logic [63:0] x_pc, x_rs1_value, x_rs2_value, x_result, x_link;

  logic m_valid, m_stall, m_commit, m_trap, m_interrupt;
  logic [31:0] m_raw, m_insn;
  core_pkg::ctrl_t m_ctrl;
  logic [63:0] m_pc, m_next_pc, m_rs1_value, m_rs2_value, m_addr, m_result;

  logic w_write_q;
  logic [4:0] w_rd_q;
  logic [63:0] w_result_q;

  decode u_decode (
    .clk_i,
    .imem_rdata_i,
    .x_write_i   (x_valid && x_ctrl.rd_used),
    .x_ready_i   (x_result_ready),
    .x_late_i    (x_result_late),
    .x_rd_i      (x_insn[11:7]),
    .x_result_i  (x_result),
    .m_write_i   (m_valid && m_ctrl.rd_used),
    .m_ready_i   (!m_stall),
    .m_rd_i      (m_insn[11:7]),
    .m_result_i  (m_result),
    .w_write_i   (w_write_q),
    .w_rd_i      (w_rd_q),
    .w_result_i  (w_result_q),
    .hazard_o    (d_hazard),
    .rs1_late_o  (d_rs1_late),
    .rs2_late_o  (d_rs2_late),
    .compressed_o(d_compressed),
    .raw_o       (d_raw),
    .insn_o      (d_insn),
    .ctrl_o      (d_ctrl),
    .imm_o       (d_imm),
    .rs1_value_o (d_rs1_value),
    .rs2_value_o (d_rs2_value)
  );

  assign d_stall = x_stall || d_hazard;
  assign d_issue = d_valid && !d_stall && !x_redirect && !m_flush;

  // ---------------------------------------------------------------------------------------------
  // Execute
  // ---------------------------------------------------------------------------------------------

  logic x_exception, x_interrupt, x_branch, x_jump, x_call, x_return, x_taken, x_predict_hit;
  logic [1:0] x_predict_counter;
  logic [5:0] x_cause, irq_cause;
  logic [63:0] x_tval;
  logic irq_pending, irq_take;

  logic x_dmem_req, x_dmem_we, amo_req;
  logic [7:0] x_dmem_mask, m_mask;
  logic [63:0] x_dmem_addr, x_dmem_wdata, amo_wdata;

  logic [63:0] order_q;   // of the next instruction to leave memory
  logic x_fault, m_fault;
  assign x_fault = fault_enable_i && order_q + {63'b0, m_valid} == fault_order_i;
  assign m_fault = fault_enable_i && order_q == fault_order_i;

  // A CSR write or mret just ahead may change which interrupts are enabled.
  assign irq_take = x_valid && irq_pending &&
                    !(m_valid && (m_ctrl.unit == core_pkg::UnitCsr ||
                                  m_ctrl.unit == core_pkg::UnitMret));

  execute u_execute (
    .clk_i,
    .rst_ni,
    .d_issue_i           (d_issue),
    .d_pc_i              (d_pc),
    .d_raw_i             (d_raw),
    .d_insn_i            (d_insn),
    .d_compressed_i      (d_compressed),
    .d_ctrl_i            (d_ctrl),
    .d_imm_i             (d_imm),
    .d_rs1_value_i       (d_rs1_value),
    .d_rs2_value_i       (d_rs2_value),
    .d_rs1_late_i        (d_rs1_late),
    .d_rs2_late_i        (d_rs2_late),
    .d_fetch_fault_low_i (imem_err_i[0]),
    .d_fetch_fault_high_i(imem_err_i[1] && !d_compressed),
    .d_predict_hit_i     (d_predict_hit),
    .d_predict_counter_i (d_predict_counter),
    .m_stall_i           (m_stall),
    .m_flush_i           (m_flush),
    .m_dmem_busy_i       (amo_req),
    .stall_o             (x_stall),
    .advance_o           (x_advance),
    .redirect_o          (x_redirect),
    .next_pc_o           (x_next_pc),
    .irq_take_i          (irq_take),
    .irq_cause_i         (irq_cause),
    .fault_i             (x_fault),
    .fault_mask_i,
    .dmem_req_o          (x_dmem_req),
    .dmem_we_o           (x_dmem_we),
    .dmem_addr_o         (x_dmem_addr),
    .dmem_mask_o         (x_dmem_mask),
    .dmem_wdata_o        (x_dmem_wdata),
    .valid_o             (x_valid),
    .pc_o                (x_pc),
    .raw_o               (x_raw),
    .insn_o              (x_insn),
    .ctrl_o              (x_ctrl),
    .rs1_value_o         (x_rs1_value),
    .rs2_value_o         (x_rs2_value),
    .result_o            (x_result),
    .result_ready_o      (x_result_ready),
    .result_late_o       (x_result_late),
    .rs1_late_o          (x_rs1_late),
    .rs2_late_o          (x_rs2_late),
    .operand_a_o         (x_operand_a),
    .operand_b_o         (x_operand_b),
    .exception_o         (x_exception),
    .interrupt_o         (x_interrupt),
    .cause_o             (x_cause),
    .tval_o              (x_tval),
    .branch_o            (x_branch),
    .jump_o              (x_jump),
    .call_o              (x_call),
    .return_o            (x_return),
    .taken_o             (x_taken),
    .link_o              (x_link),
    .predict_hit_o       (x_predict_hit),
    .predict_counter_o   (x_predict_counter)
  );

  predictor u_predictor (
    .clk_i,
    .rst_ni,
    .pc_i            (d_pc),
    .taken_o         (d_predict_taken),
    .target_o        (d_predict_target),
    .hit_o           (d_predict_hit),
    .counter_o       (d_predict_counter),
    .update_i        (x_advance && !x_exception && (x_branch || x_jump || x_predict_hit)),
    .update_pc_i     (x_pc),
    .update_branch_i (x_branch),
    .update_jump_i   (x_jump),
    .update_call_i   (x_call),
    .update_return_i (x_return),
    .update_taken_i  (x_taken),
    .update_target_i (x_next_pc),
    .update_link_i   (x_link),
    .update_hit_i    (x_predict_hit),
    .update_counter_i(x_predict_counter)
  );

  // ---------------------------------------------------------------------------------------------
  // Memory
  // ---------------------------------------------------------------------------------------------

  logic [63:0] product, csr_rdata, csr_written, trap_target, mepc, m_tval, m_rdata, m_wdata;
  logic csr_illegal, csr_write, m_is_csr;
  logic [5:0] m_cause;
  logic [7:0] m_rmask, m_wmask;

  memory u_memory (
    .clk_i,
    .rst_ni,
    .x_advance_i  (x_advance),
    .x_pc_i       (x_pc),
    .x_next_pc_i  (x_next_pc),
    .x_raw_i      (x_raw),
    .x_insn_i     (x_insn),
    .x_ctrl_i     (x_ctrl),
    .x_rs1_value_i(x_rs1_value),
    .x_rs2_value_i(x_rs2_value),
    .x_result_i   (x_result),
    .x_rs1_late_i (x_rs1_late),
    .x_rs2_late_i (x_rs2_late),
    .x_operand_a_i(x_operand_a),
    .x_operand_b_i(x_operand_b),
    .w_result_i   (w_result_q),
    .fault_i      (m_fault),
    .fault_mask_i,
    .x_dmem_mask_i(x_dmem_mask),
    .x_exception_i(x_exception),
    .x_interrupt_i(x_interrupt),
    .x_cause_i    (x_cause),
    .x_tval_i     (x_tval),
    .dmem_rdata_i,
    .dmem_err_i,
    .product_i    (product),
    .csr_rdata_i  (csr_rdata),
    .csr_illegal_i(csr_illegal),
    .trap_target_i(trap_target),
    .mepc_i       (mepc),
    .amo_req_o    (amo_req),
    .amo_wdata_o  (amo_wdata),
    .stall_o      (m_stall),
    .flush_o      (m_flush),
    .target_o     (m_target),
    .valid_o      (m_valid),
    .commit_o     (m_commit),
    .trap_o       (m_trap),
    .interrupt_o  (m_interrupt),
    .cause_o      (m_cause),
    .tval_o       (m_tval),
    .pc_o         (m_pc),
    .next_pc_o    (m_next_pc),
    .raw_o        (m_raw),
    .insn_o       (m_insn),
    .ctrl_o       (m_ctrl),
    .rs1_value_o  (m_rs1_value),
    .rs2_value_o  (m_rs2_value),
    .addr_o       (m_addr),
    .mask_o       (m_mask),
    .result_o     (m_result),
    .rmask_o      (m_rmask),
    .wmask_o      (m_wmask),
    .rdata_o      (m_rdata),
    .wdata_o      (m_wdata)
  );

  multiplier u_multiplier (
    .clk_i,
    .enable_i(x_advance && x_ctrl.unit == core_pkg::UnitMul),
    .a_i     (x_rs1_value),
    .b_i     (x_rs2_value),
    .op_i    (m_insn[13:12]),
    .word_i  (m_ctrl.word),
    .a_held_i(m_rs1_value),
    .b_held_i(m_rs2_value),
    .result_o(product)
  );

  logic unused_m_bits;  // consumed in earlier stages
  assign unused_m_bits = ^{m_insn[6:0], m_ctrl};

  assign m_is_csr = m_valid && m_ctrl.unit == core_pkg::UnitCsr;
  assign csr_write = (m_insn[13:12] == 2'b01) || m_insn[19:15] != '0;

  csr u_csr (
    .clk_i,
    .rst_ni,
    .access_i        (m_is_csr),
    .commit_i        (m_commit),
    .addr_i          (m_insn[31:20]),
    .op_i            (m_insn[13:12]),
    .write_i         (csr_write),
    .operand_i       (m_insn[14] ? {59'b0, m_insn[19:15]} : m_rs1_value),
    .rdata_o         (csr_rdata),
    .illegal_o       (csr_illegal),
    .written_o       (csr_written),
    .trap_i          (m_trap),
    .trap_interrupt_i(m_interrupt),
    .trap_cause_i    (m_cause),
    .trap_pc_i       (m_pc),
    .trap_value_i    (m_tval),
    .trap_target_o   (trap_target),
    .mret_i          (m_commit && m_ctrl.unit == core_pkg::UnitMret),
    .mepc_o          (mepc),
    .irq_software_i,
    .irq_timer_i,
    .irq_external_i,
    .irq_pending_o   (irq_pending),
    .irq_cause_o     (irq_cause),
    .retire_i        (m_commit),
    .time_i
  );

  // The data port serves memory's atomics before execute.
  assign dmem_req_o = amo_req || x_dmem_req;
  assign dmem_we_o = amo_req || x_dmem_we;
  assign dmem_addr_o = amo_req ? m_addr : x_dmem_addr;
  assign dmem_mask_o = amo_req ? m_mask : x_dmem_mask;
  assign dmem_wdata_o = amo_req ? amo_wdata : x_dmem_wdata;

  // ---------------------------------------------------------------------------------------------
  // Write-back and retirement
  // ---------------------------------------------------------------------------------------------

  // An interrupt replaces the instruction it was attached to, which therefore does not retire.
  logic m_retire;
  assign m_retire = m_commit || (m_trap && !m_interrupt);

  logic after_interrupt_q;
  logic [5:0] interrupt_cause_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      w_write_q <= 1'b0;
      rvfi_valid_o <= 1'b0;
      order_q <= '0;
      after_interrupt_q <= 1'b0;
      interrupt_cause_q <= '0;
    end else begin
      w_write_q <= m_commit && m_ctrl.rd_used;
      rvfi_valid_o <= m_retire;
      if (m_retire) begin
        order_q <= order_q + 64'd1;
        after_interrupt_q <= 1'b0;
      end else if (m_trap) begin
        after_interrupt_q <= 1'b1;
        interrupt_cause_q <= m_cause;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (m_retire) begin
      w_rd_q <= (m_commit && m_ctrl.rd_used) ? m_insn[11:7] : '0;
      w_result_q <= (m_commit && m_ctrl.rd_used) ? m_result : '0;
      rvfi_order_o <= order_q;
      rvfi_insn_o <= m_raw;
      rvfi_trap_o <= m_trap;
      rvfi_intr_o <= after_interrupt_q;
      rvfi_pc_rdata_o <= m_pc;
      rvfi_pc_wdata_o <= m_next_pc;
      rvfi_rs1_addr_o <= m_ctrl.rs1_used ? m_insn[19:15] : '0;
      rvfi_rs1_rdata_o <= m_ctrl.rs1_used ? m_rs1_value : '0;
      rvfi_rs2_addr_o <= m_ctrl.rs2_used ? m_insn[24:20] : '0;
      rvfi_rs2_rdata_o <= m_ctrl.rs2_used ? m_rs2_value : '0;
      rvfi_mem_addr_o <= m_addr;
      rvfi_mem_rmask_o <= m_rmask;
      rvfi_mem_wmask_o <= m_wmask;
      rvfi_mem_rdata_o <= m_rdata;
      rvfi_mem_wdata_o <= m_wdata;
      rvfi_cause_o <= m_trap ? {58'b0, m_cause}
                             : {after_interrupt_q, 57'b0, after_interrupt_q ? interrupt_cause_q : 6'd0};
      rvfi_tval_o <= m_trap ? m_tval : '0;
      rvfi_csr_write_o <= m_commit && m_is_csr && csr_write;
      rvfi_csr_addr_o <= (m_commit && m_is_csr && csr_write) ? m_insn[31:20] : '0;
      rvfi_csr_wdata_o <= (m_commit && m_is_csr && csr_write) ? csr_written : '0;
    end
  end

  assign rvfi_mode_o = 2'b11;
  assign rvfi_rd_addr_o = w_rd_q;
  assign rvfi_rd_wdata_o = w_result_q;

endmodule
