// RV64IMAC_Zicsr_Zifencei_Zicntr_Zihpm_Zba_Zbb_Zbs_Zicond with M, S and U mode, Sv39 and PMP; five
// stages in order, one or two instructions a cycle.
//
// Wires the stages together and holds the last one, write-back. README.md has the picture.
module core (
  input  logic              clk_i,
  input  logic              rst_ni,
  input  logic [63:0]       boot_addr_i,
  input  logic [63:0]       ram_base_i,       // where memory is cacheable and holds code: constant
  input  logic [63:0]       ram_size_i,

  // Instruction bus: line reads only
  output logic              ibus_req_o,
  output logic [55:0]       ibus_addr_o,
  input  logic              ibus_rvalid_i,
  input  logic [63:0]       ibus_rdata_i,

  // Data bus
  output logic              dbus_req_o,
  output core_pkg::bus_e    dbus_cmd_o,
  output logic [55:0]       dbus_addr_o,
  output logic [1:0]        dbus_size_o,
  output logic [63:0]       dbus_wdata_o,
  input  logic              dbus_rvalid_i,
  input  logic [63:0]       dbus_rdata_i,
  input  logic              dbus_err_i,

  // Ideal memory, instead of caches: answers in the cycle after the address
  output logic [55:0]       iideal_raddr_o,
  input  logic [63:0]       iideal_rdata_i,
  output logic              dideal_read_o,
  output logic [55:0]       dideal_raddr_o,
  input  logic [63:0]       dideal_rdata_i,
  output logic              dideal_write_o,   // done before the read of the same edge
  output logic [55:0]       dideal_waddr_o,
  output logic [7:0]        dideal_wmask_o,   // 1, 2, 4 or 8 ones from bit 0
  output logic [63:0]       dideal_wdata_o,

  // Interrupts and time
  input  logic              irq_software_i,
  input  logic              irq_timer_i,
  input  logic              irq_external_i,
  input  logic              irq_s_external_i,
  input  logic [63:0]       time_i,

  // Seeded fault: xor the ALU result of instruction number fault_order_i with fault_mask_i
  input  logic              fault_enable_i,
  input  logic [63:0]       fault_order_i,
  input  logic [63:0]       fault_mask_i,

  // Retirement, in the RISC-V Formal Interface's names. Lane 1 retires only beside lane 0.
  output logic [1:0]        rvfi_valid_o,
  output logic [63:0]       rvfi_order_o,     // of lane 0's instruction
  output logic [31:0]       rvfi0_insn_o,
  output logic [63:0]       rvfi0_pc_rdata_o,
  output logic [63:0]       rvfi0_pc_wdata_o,
  output logic [4:0]        rvfi0_rs1_addr_o,
  output logic [63:0]       rvfi0_rs1_rdata_o,
  output logic [4:0]        rvfi0_rs2_addr_o,
  output logic [63:0]       rvfi0_rs2_rdata_o,
  output logic [4:0]        rvfi0_rd_addr_o,
  output logic [63:0]       rvfi0_rd_wdata_o,
  output logic [95:0]       rvfi0_times_o,    // cycles in which memory, execute, decode began
  output logic [31:0]       rvfi1_insn_o,
  output logic [63:0]       rvfi1_pc_rdata_o,
  output logic [63:0]       rvfi1_pc_wdata_o,
  output logic [4:0]        rvfi1_rs1_addr_o,
  output logic [63:0]       rvfi1_rs1_rdata_o,
  output logic [4:0]        rvfi1_rs2_addr_o,
  output logic [63:0]       rvfi1_rs2_rdata_o,
  output logic [4:0]        rvfi1_rd_addr_o,
  output logic [63:0]       rvfi1_rd_wdata_o,
  output logic [95:0]       rvfi1_times_o,    // cycles in which memory, execute, decode began
  // What at most one of the two has, and which
  output logic              rvfi_lane_o,
  output logic              rvfi_trap_o,
  output logic              rvfi_intr_o,      // lane 0's is the first of an interrupt's handler
  output logic [1:0]        rvfi_mode_o,      // privilege in which they ran
  output logic [63:0]       rvfi_mem_addr_o,  // virtual
  output logic [55:0]       rvfi_mem_paddr_o,
  output logic [7:0]        rvfi_mem_rmask_o,
  output logic [7:0]        rvfi_mem_wmask_o,
  output logic [63:0]       rvfi_mem_rdata_o,
  output logic [63:0]       rvfi_mem_wdata_o,
  // Beyond RVFI: trap cause and value, what a CSR instruction wrote, why nothing retired
  output logic [63:0]       rvfi_cause_o,
  output logic [63:0]       rvfi_tval_o,
  output logic              rvfi_csr_write_o,
  output logic [11:0]       rvfi_csr_addr_o,
  output logic [63:0]       rvfi_csr_wdata_o,
  output core_pkg::lost_e   lost_o
);

  // ---------------------------------------------------------------------------------------------
  // Signals, by the stage that makes them
  // ---------------------------------------------------------------------------------------------

  // Fetch and decode
  logic d_valid, window_ready, window_fault, issue0, issue1;
  logic [63:0] f_pc, d_pc, d_next_pc, window, d_link;
  logic [2:0] window_count;
  logic [5:0] window_cause, d_fetch_cause;
  core_pkg::lost_e window_lost, d_lost;
  logic [4:0] r0, r1, r2, r3;
  logic [63:0] r0_value, r1_value, r2_value, r3_value;
  logic hit0, hit1, d_branch, d_taken, d_call, d_return, d_fetch_fault;
  logic [1:0] counter0, counter1, d_counter;
  logic [63:0] target0, target1, return_target, d_fetch_tval;
  core_pkg::predict_t d_predict;
  logic [31:0] d_raw0, d_insn0;
  logic d_compressed0;
  core_pkg::ctrl_t d_ctrl0;
  logic [63:0] d_imm0, d_rs10, d_rs20;
  core_pkg::late_e d_rs10_from, d_rs20_from;
  logic [31:0] d_raw1, d_insn1;
  logic d_compressed1;
  core_pkg::ctrl_t d_ctrl1;
  logic [63:0] d_imm1, d_rs11, d_rs21;
  core_pkg::late_e d_rs11_from, d_rs21_from;
  logic [63:0] d_pc1;

  // Execute
  logic x_valid0, x_valid1;
  logic [31:0] x_raw0, x_insn0;
  core_pkg::ctrl_t x_ctrl0;
  logic [63:0] x_pc0, x_rs10, x_rs20, x_operand_a0, x_operand_b0, x_link0, x_result0;
  core_pkg::late_e x_rs10_from, x_rs20_from;
  logic x_ready0, x_fault0;
  logic [31:0] x_raw1, x_insn1;
  core_pkg::ctrl_t x_ctrl1;
  logic [63:0] x_pc1, x_rs11, x_rs21, x_operand_a1, x_operand_b1, x_link1, x_result1;
  core_pkg::late_e x_rs11_from, x_rs21_from;
  logic x_ready1, x_fault1;
  logic x_stall, x_advance, x_redirect, x_keep1, x_exception, x_interrupt, x_cti_lane, x_taken,
      x_mispredict, x_follows_target, x_follows_link, x_call, x_return, x_mem_valid,
      x_mem_advance, x_mem_lane, x_mul_enable, x_mul_lane, lsu_stall;
  logic [63:0] x_target, x_tval, x_cti_target, x_mem_addr, x_mul_a, x_mul_b;
  logic [5:0] x_cause;
  core_pkg::lost_e x_lost;
  core_pkg::predict_t x_predict;
  core_pkg::mem_op_e x_mem_op;
  logic [2:0] x_mem_funct3;
  logic [4:0] x_mem_amo;

  // Memory
  logic m_valid0, m_valid1;
  logic [31:0] m_raw0, m_insn0;
  core_pkg::ctrl_t m_ctrl0;
  logic [63:0] m_pc0, m_next_pc0, m_rs10, m_rs20, m_result0;
  logic m_commit0, m_fault0, m_write0;
  logic [31:0] m_raw1, m_insn1;
  core_pkg::ctrl_t m_ctrl1;
  logic [63:0] m_pc1, m_next_pc1, m_rs11, m_rs21, m_result1;
  logic m_commit1, m_fault1, m_write1;
  logic m_stall, m_flush, m_trap, m_trap_lane, m_interrupt, m_mem_lane, m_mul_lane, m_cti,
      m_cti_lane, m_taken, m_mispredict, m_late_mispredict, m_late_taken, m_clean, m_clean_done;
  logic [63:0] m_target, m_tval, m_trap_pc, m_cti_target, product;
  logic [5:0] m_cause;
  core_pkg::lost_e m_lost, m_flush_lost;
  core_pkg::predict_t m_predict;
  logic lsu_done, lsu_fault;
  logic [5:0] lsu_cause;
  logic [63:0] lsu_tval, lsu_result, lsu_wdata, lsu_rdata, lsu_stored;
  core_pkg::lost_e lsu_lost;
  logic [55:0] lsu_paddr;
  logic [7:0] lsu_rmask, lsu_wmask;

  // Write-back
  logic w0_write_q, w1_write_q;
  logic [4:0] w0_rd_q, w1_rd_q;
  logic [63:0] w0_result_q, w1_result_q;

  // Control and status
  logic csr_illegal, csr_flush, csr_write, m_is_csr, irq_pending, irq_take, wake, sv39, sum, mxr,
      tvm, tw, tsr;
  logic [63:0] csr_rdata, csr_operand, csr_written, trap_target, mepc, sepc;
  logic [5:0] irq_cause;
  logic [1:0] mode, data_mode;
  logic [15:0] asid;
  logic [43:0] satp_ppn;
  logic [8*config_pkg::PmpEntries-1:0] pmp_cfg;
  logic [54*config_pkg::PmpEntries-1:0] pmp_addr;
  logic [core_pkg::Events-1:0] events;
  logic csr_counting;

  // Translation
  logic sfence, sfence_vaddr_valid, sfence_asid_valid, walk_page_fault, walk_access_fault,
      walk_busy, d_walk_req, d_walk_store, d_walk_done, i_walk_req, i_walk_done, ptw_req, ptw_we,
      ptw_done, ptw_err;
  logic [26:0] sfence_vpn, d_walk_vpn, i_walk_vpn;
  logic [15:0] sfence_asid;
  logic [43:0] walk_ppn;
  core_pkg::pte_flags_t walk_flags;
  logic [1:0] walk_level;
  logic [55:0] ptw_addr;
  logic [63:0] ptw_wdata, ptw_rdata;
  logic ev_icache_miss, ev_itlb_miss, ev_dcache_miss, ev_dtlb_miss, ev_write_back;

  // ---------------------------------------------------------------------------------------------
  // Fetch
  // ---------------------------------------------------------------------------------------------

  fetch u_fetch (
    .clk_i,
    .rst_ni,
    .boot_addr_i,
    .d_next_pc_i(d_next_pc),
    .d_valid_o(d_valid),
    .d_pc_o(d_pc),
    .m_redirect_i(m_flush),
    .m_target_i(m_target),
    .x_redirect_i(x_redirect),
    .x_target_i(x_target),
    .f_pc_o(f_pc)
  );

  ifetch u_ifetch (
    .clk_i,
    .rst_ni,
    .f_pc_i(f_pc),
    .d_pc_i(d_pc),
    .d_ready_o(window_ready),
    .d_data_o(window),
    .d_count_o(window_count),
    .d_fault_o(window_fault),
    .d_cause_o(window_cause),
    .d_lost_o(window_lost),
    .mode_i(mode),
    .sv39_i(sv39),
    .asid_i(asid),
    .pmp_cfg_i(pmp_cfg),
    .pmp_addr_i(pmp_addr),
    .ram_base_i,
    .ram_size_i,
    .quiet_i(!x_valid0 && !m_valid0),
    .invalidate_i(m_clean && m_commit0),
    .sfence_i(sfence),
    .sfence_vaddr_valid_i(sfence_vaddr_valid),
    .sfence_vpn_i(sfence_vpn),
    .sfence_asid_valid_i(sfence_asid_valid),
    .sfence_asid_i(sfence_asid),
    .walk_req_o(i_walk_req),
    .walk_vpn_o(i_walk_vpn),
    .walk_done_i(i_walk_done),
    .walk_page_fault_i(walk_page_fault),
    .walk_access_fault_i(walk_access_fault),
    .walk_ppn_i(walk_ppn),
    .walk_flags_i(walk_flags),
    .walk_level_i(walk_level),
    .bus_req_o(ibus_req_o),
    .bus_addr_o(ibus_addr_o),
    .bus_rvalid_i(ibus_rvalid_i),
    .bus_rdata_i(ibus_rdata_i),
    .ideal_raddr_o(iideal_raddr_o),
    .ideal_rdata_i(iideal_rdata_i),
    .ev_miss_o(ev_icache_miss),
    .ev_tlb_miss_o(ev_itlb_miss)
  );

  logic [63:0] d_pc1_guess;
  predictor u_predictor (
    .clk_i,
    .rst_ni,
    .pc0_i(d_pc),
    .pc1_i(d_pc1_guess),
    .hit0_o(hit0),
    .target0_o(target0),
    .counter0_o(counter0),
    .hit1_o(hit1),
    .target1_o(target1),
    .counter1_o(counter1),
    .return_target_o(return_target),
    .history_o(d_predict.history),
    .ras_top_o(d_predict.ras_top),
    .d_branch_i(d_branch),
    .d_taken_i(d_taken),
    .d_call_i(d_call),
    .d_return_i(d_return),
    .d_link_i(d_link),
    .repair_i(m_flush || x_redirect),
    .repair_predict_i(m_flush ? m_predict : x_predict),
    .repair_branch_i(m_flush ? m_late_mispredict : repair_x_branch),
    .repair_taken_i(m_flush ? m_late_taken : x_taken),
    .repair_call_i(!m_flush && x_call),
    .repair_return_i(!m_flush && x_return),
    .update_i(m_cti),
    .update_branch_i(m_cti_unit == core_pkg::UnitBranch),
    .update_return_i(m_cti_return),
    .update_taken_i(m_taken),
    .update_pc_i(m_cti_lane ? m_pc1 : m_pc0),
    .update_target_i(m_cti_target[31:0]),
    .update_predict_i(m_predict)
  );

  assign d_predict.counter = d_counter;

  logic repair_x_branch, m_cti_return;
  core_pkg::unit_e m_cti_unit;
  logic [31:0] m_cti_insn;
  assign repair_x_branch = (x_cti_lane ? x_ctrl1.unit : x_ctrl0.unit) == core_pkg::UnitBranch;
  assign m_cti_unit = m_cti_lane ? m_ctrl1.unit : m_ctrl0.unit;
  assign m_cti_insn = m_cti_lane ? m_insn1 : m_insn0;
  always_comb begin
    m_cti_return = 1'b0;
    if (m_cti && m_cti_unit == core_pkg::UnitJalr) begin
      m_cti_return = core_pkg::is_return(m_cti_insn[11:7], m_cti_insn[19:15]);
    end
  end
  logic unused_bits;  // used in earlier stages
  assign unused_bits = ^{m_cti_insn[31:20], m_cti_insn[14:12], m_cti_insn[6:0], m_ctrl0, m_ctrl1,
                         m_cti_target[63:32], d_fetch_fault, m_insn1};

  // ---------------------------------------------------------------------------------------------
  // Decode
  // ---------------------------------------------------------------------------------------------

  issue u_issue (
    .d_valid_i(d_valid),
    .d_pc_i(d_pc),
    .window_ready_i(window_ready),
    .window_i(window),
    .window_count_i(window_count),
    .window_fault_i(window_fault),
    .window_cause_i(window_cause),
    .window_lost_i(window_lost),
    .x_stall_i(x_stall),
    .flush_i(x_redirect || m_flush),
    .issue0_o(issue0),
    .issue1_o(issue1),
    .next_pc_o(d_next_pc),
    .lost_o(d_lost),
    .r0_o(r0),
    .r1_o(r1),
    .r2_o(r2),
    .r3_o(r3),
    .r0_value_i(r0_value),
    .r1_value_i(r1_value),
    .r2_value_i(r2_value),
    .r3_value_i(r3_value),
    .m_stall_i(m_stall),
    .x0_write_i(x_valid0 && x_ctrl0.rd_used),
    .x0_rd_i(x_insn0[11:7]),
    .x0_ready_i(x_ready0),
    .x0_result_i(x_result0),
    .x1_write_i(x_valid1 && x_ctrl1.rd_used),
    .x1_rd_i(x_insn1[11:7]),
    .x1_ready_i(x_ready1),
    .x1_result_i(x_result1),
    .m0_write_i(m_valid0 && m_ctrl0.rd_used),
    .m0_rd_i(m_insn0[11:7]),
    .m0_result_i(m_result0),
    .m1_write_i(m_valid1 && m_ctrl1.rd_used),
    .m1_rd_i(m_insn1[11:7]),
    .m1_result_i(m_result1),
    .w0_write_i(w0_write_q),
    .w0_rd_i(w0_rd_q),
    .w0_result_i(w0_result_q),
    .w1_write_i(w1_write_q),
    .w1_rd_i(w1_rd_q),
    .w1_result_i(w1_result_q),
    .predict_pc1_o(d_pc1_guess),
    .hit0_i(hit0),
    .target0_i(target0),
    .counter0_i(counter0),
    .hit1_i(hit1),
    .target1_i(target1),
    .counter1_i(counter1),
    .return_target_i(return_target),
    .branch_o(d_branch),
    .taken_o(d_taken),
    .call_o(d_call),
    .return_o(d_return),
    .link_o(d_link),
    .counter_o(d_counter),
    .raw0_o(d_raw0),
    .insn0_o(d_insn0),
    .compressed0_o(d_compressed0),
    .ctrl0_o(d_ctrl0),
    .imm0_o(d_imm0),
    .rs10_o(d_rs10),
    .rs20_o(d_rs20),
    .rs10_from_o(d_rs10_from),
    .rs20_from_o(d_rs20_from),
    .raw1_o(d_raw1),
    .insn1_o(d_insn1),
    .compressed1_o(d_compressed1),
    .ctrl1_o(d_ctrl1),
    .imm1_o(d_imm1),
    .rs11_o(d_rs11),
    .rs21_o(d_rs21),
    .rs11_from_o(d_rs11_from),
    .rs21_from_o(d_rs21_from),
    .fetch_fault_o(d_fetch_fault),
    .fetch_cause_o(d_fetch_cause),
    .fetch_tval_o(d_fetch_tval),
    .pc1_o(d_pc1)
  );

  regfile u_regfile (
    .clk_i,
    .r0_i(r0),
    .r0_value_o(r0_value),
    .r1_i(r1),
    .r1_value_o(r1_value),
    .r2_i(r2),
    .r2_value_o(r2_value),
    .r3_i(r3),
    .r3_value_o(r3_value),
    .w0_write_i(w0_write_q),
    .w0_rd_i(w0_rd_q),
    .w0_value_i(w0_result_q),
    .w1_write_i(w1_write_q),
    .w1_rd_i(w1_rd_q),
    .w1_value_i(w1_result_q)
  );

  // ---------------------------------------------------------------------------------------------
  // Execute
  // ---------------------------------------------------------------------------------------------

  // A CSR write or a return just ahead may change which interrupts are enabled.
  always_comb begin
    irq_take = 1'b0;
    if (irq_pending && x_valid0) begin
      irq_take = !(m_valid0 && (m_ctrl0.unit == core_pkg::UnitCsr ||
                                m_ctrl0.unit == core_pkg::UnitMret ||
                                m_ctrl0.unit == core_pkg::UnitSret));
    end
  end

  // Number of the oldest instruction in memory.
  logic [63:0] order_q, x_order;
  always_comb begin
    x_order = '0;
    x_fault0 = 1'b0;
    x_fault1 = 1'b0;
    m_fault0 = 1'b0;
    m_fault1 = 1'b0;
    if (fault_enable_i) begin
      x_order = order_q + {63'b0, m_valid0} + {63'b0, m_valid1};
      x_fault0 = x_order == fault_order_i;
      x_fault1 = x_order + 64'd1 == fault_order_i;
      m_fault0 = order_q == fault_order_i;
      m_fault1 = order_q + 64'd1 == fault_order_i;
    end
  end

  execute u_execute (
    .clk_i,
    .rst_ni,
    .issue0_i(issue0),
    .issue1_i(issue1),
    .d_pc_i(d_pc),
    .raw0_i(d_raw0),
    .insn0_i(d_insn0),
    .compressed0_i(d_compressed0),
    .ctrl0_i(d_ctrl0),
    .imm0_i(d_imm0),
    .rs10_i(d_rs10),
    .rs20_i(d_rs20),
    .rs10_from_i(d_rs10_from),
    .rs20_from_i(d_rs20_from),
    .raw1_i(d_raw1),
    .insn1_i(d_insn1),
    .compressed1_i(d_compressed1),
    .ctrl1_i(d_ctrl1),
    .imm1_i(d_imm1),
    .rs11_i(d_rs11),
    .rs21_i(d_rs21),
    .rs11_from_i(d_rs11_from),
    .rs21_from_i(d_rs21_from),
    .fetch_fault_i(d_fetch_fault),
    .fetch_cause_i(d_fetch_cause),
    .fetch_tval_i(d_fetch_tval),
    .pc1_i(d_pc1),
    .predict_i(d_predict),
    .d_lost_i(d_lost),
    .m_stall_i(m_stall),
    .m_flush_i(m_flush),
    .m_flush_lost_i(m_flush_lost),
    .lsu_stall_i(lsu_stall),
    .stall_o(x_stall),
    .advance_o(x_advance),
    .redirect_o(x_redirect),
    .target_o(x_target),
    .lost_o(x_lost),
    .irq_take_i(irq_take),
    .irq_cause_i(irq_cause),
    .mode_i(mode),
    .fault0_i(x_fault0),
    .fault1_i(x_fault1),
    .fault_mask_i,
    .valid0_o(x_valid0),
    .pc0_o(x_pc0),
    .raw0_o(x_raw0),
    .insn0_o(x_insn0),
    .ctrl0_o(x_ctrl0),
    .rs10_o(x_rs10),
    .rs20_o(x_rs20),
    .rs10_from_o(x_rs10_from),
    .rs20_from_o(x_rs20_from),
    .operand_a0_o(x_operand_a0),
    .operand_b0_o(x_operand_b0),
    .link0_o(x_link0),
    .ready0_o(x_ready0),
    .result0_o(x_result0),
    .valid1_o(x_valid1),
    .pc1_o(x_pc1),
    .raw1_o(x_raw1),
    .insn1_o(x_insn1),
    .ctrl1_o(x_ctrl1),
    .rs11_o(x_rs11),
    .rs21_o(x_rs21),
    .rs11_from_o(x_rs11_from),
    .rs21_from_o(x_rs21_from),
    .operand_a1_o(x_operand_a1),
    .operand_b1_o(x_operand_b1),
    .link1_o(x_link1),
    .ready1_o(x_ready1),
    .result1_o(x_result1),
    .keep1_o(x_keep1),
    .exception_o(x_exception),
    .interrupt_o(x_interrupt),
    .cause_o(x_cause),
    .tval_o(x_tval),
    .predict_o(x_predict),
    .cti_lane_o(x_cti_lane),
    .taken_o(x_taken),
    .mispredict_o(x_mispredict),
    .cti_target_o(x_cti_target),
    .follows_target_o(x_follows_target),
    .follows_link_o(x_follows_link),
    .call_o(x_call),
    .return_o(x_return),
    .mem_valid_o(x_mem_valid),
    .mem_advance_o(x_mem_advance),
    .mem_lane_o(x_mem_lane),
    .mem_op_o(x_mem_op),
    .mem_funct3_o(x_mem_funct3),
    .mem_amo_o(x_mem_amo),
    .mem_addr_o(x_mem_addr),
    .mul_enable_o(x_mul_enable),
    .mul_lane_o(x_mul_lane),
    .mul_a_o(x_mul_a),
    .mul_b_o(x_mul_b)
  );

  multiplier u_multiplier (
    .clk_i,
    .enable_i(x_mul_enable),
    .a_i(x_mul_a),
    .b_i(x_mul_b),
    .use_i(m_mul_lane || m_ctrl0.unit == core_pkg::UnitMul),
    .op_i(m_mul_lane ? m_insn1[13:12] : m_insn0[13:12]),
    .word_i(m_mul_lane ? m_ctrl1.word : m_ctrl0.word),
    .a_held_i(m_mul_lane ? m_rs11 : m_rs10),
    .b_held_i(m_mul_lane ? m_rs21 : m_rs20),
    .result_o(product)
  );

  // ---------------------------------------------------------------------------------------------
  // Memory
  // ---------------------------------------------------------------------------------------------

  memory u_memory (
    .clk_i,
    .rst_ni,
    .x_advance_i(x_advance),
    .x_keep1_i(x_keep1),
    .x_lost_i(x_lost),
    .x_pc0_i(x_pc0),
    .x_raw0_i(x_raw0),
    .x_insn0_i(x_insn0),
    .x_ctrl0_i(x_ctrl0),
    .x_link0_i(x_link0),
    .x_rs10_i(x_rs10),
    .x_rs20_i(x_rs20),
    .x_rs10_from_i(x_rs10_from),
    .x_rs20_from_i(x_rs20_from),
    .x_operand_a0_i(x_operand_a0),
    .x_operand_b0_i(x_operand_b0),
    .x_result0_i(x_result0),
    .x_pc1_i(x_pc1),
    .x_raw1_i(x_raw1),
    .x_insn1_i(x_insn1),
    .x_ctrl1_i(x_ctrl1),
    .x_link1_i(x_link1),
    .x_rs11_i(x_rs11),
    .x_rs21_i(x_rs21),
    .x_rs11_from_i(x_rs11_from),
    .x_rs21_from_i(x_rs21_from),
    .x_operand_a1_i(x_operand_a1),
    .x_operand_b1_i(x_operand_b1),
    .x_result1_i(x_result1),
    .x_exception_i(x_exception),
    .x_interrupt_i(x_interrupt),
    .x_cause_i(x_cause),
    .x_tval_i(x_tval),
    .x_predict_i(x_predict),
    .x_cti_lane_i(x_cti_lane),
    .x_taken_i(x_taken),
    .x_mispredict_i(x_mispredict),
    .x_cti_target_i(x_cti_target),
    .x_follows_target_i(x_follows_target),
    .x_follows_link_i(x_follows_link),
    .x_mem_lane_i(x_mem_lane),
    .x_mul_lane_i(x_mul_lane),
    .w0_result_i(w0_result_q),
    .w1_result_i(w1_result_q),
    .fault0_i(m_fault0),
    .fault1_i(m_fault1),
    .fault_mask_i,
    .lsu_done_i(lsu_done),
    .lsu_fault_i(lsu_fault),
    .lsu_cause_i(lsu_cause),
    .lsu_tval_i(lsu_tval),
    .lsu_result_i(lsu_result),
    .lsu_lost_i(lsu_lost),
    .lsu_wdata_o(lsu_wdata),
    .clean_o(m_clean),
    .clean_done_i(m_clean_done),
    .product_i(product),
    .mul_lane_o(m_mul_lane),
    .csr_rdata_i(csr_rdata),
    .csr_illegal_i(csr_illegal),
    .csr_flush_i(csr_flush),
    .trap_target_i(trap_target),
    .mepc_i(mepc),
    .sepc_i(sepc),
    .mode_i(mode),
    .tvm_i(tvm),
    .tw_i(tw),
    .tsr_i(tsr),
    .wake_i(wake),
    .stall_o(m_stall),
    .flush_o(m_flush),
    .target_o(m_target),
    .flush_lost_o(m_flush_lost),
    .lost_o(m_lost),
    .late_mispredict_o(m_late_mispredict),
    .late_taken_o(m_late_taken),
    .valid0_o(m_valid0),
    .commit0_o(m_commit0),
    .pc0_o(m_pc0),
    .next_pc0_o(m_next_pc0),
    .raw0_o(m_raw0),
    .insn0_o(m_insn0),
    .ctrl0_o(m_ctrl0),
    .rs10_o(m_rs10),
    .rs20_o(m_rs20),
    .result0_o(m_result0),
    .valid1_o(m_valid1),
    .commit1_o(m_commit1),
    .pc1_o(m_pc1),
    .next_pc1_o(m_next_pc1),
    .raw1_o(m_raw1),
    .insn1_o(m_insn1),
    .ctrl1_o(m_ctrl1),
    .rs11_o(m_rs11),
    .rs21_o(m_rs21),
    .result1_o(m_result1),
    .trap_o(m_trap),
    .trap_lane_o(m_trap_lane),
    .interrupt_o(m_interrupt),
    .cause_o(m_cause),
    .tval_o(m_tval),
    .trap_pc_o(m_trap_pc),
    .mem_lane_o(m_mem_lane),
    .predict_o(m_predict),
    .cti_o(m_cti),
    .cti_lane_o(m_cti_lane),
    .taken_o(m_taken),
    .mispredict_o(m_mispredict),
    .cti_target_o(m_cti_target)
  );

  lsu u_lsu (
    .clk_i,
    .rst_ni,
    .mode_i(data_mode),
    .sv39_i(sv39),
    .asid_i(asid),
    .sum_i(sum),
    .mxr_i(mxr),
    .pmp_cfg_i(pmp_cfg),
    .pmp_addr_i(pmp_addr),
    .ram_base_i,
    .ram_size_i,
    .x_valid_i(x_mem_valid),
    .x_advance_i(x_mem_advance),
    .x_op_i(x_mem_op),
    .x_funct3_i(x_mem_funct3),
    .x_amo_i(x_mem_amo),
    .x_addr_i(x_mem_addr),
    .x_stall_o(lsu_stall),
    .m_kill_i(1'b0),
    .m_wdata_i(lsu_wdata),
    .m_done_o(lsu_done),
    .m_fault_o(lsu_fault),
    .m_cause_o(lsu_cause),
    .m_tval_o(lsu_tval),
    .m_result_o(lsu_result),
    .m_lost_o(lsu_lost),
    .m_paddr_o(lsu_paddr),
    .m_rmask_o(lsu_rmask),
    .m_wmask_o(lsu_wmask),
    .m_rdata_o(lsu_rdata),
    .m_wdata_o(lsu_stored),
    .m_clear_reservation_i(m_trap || m_mret || m_sret),
    .m_clean_i(m_clean),
    .m_clean_done_o(m_clean_done),
    .sfence_i(sfence),
    .sfence_vaddr_valid_i(sfence_vaddr_valid),
    .sfence_vpn_i(sfence_vpn),
    .sfence_asid_valid_i(sfence_asid_valid),
    .sfence_asid_i(sfence_asid),
    .walk_req_o(d_walk_req),
    .walk_vpn_o(d_walk_vpn),
    .walk_store_o(d_walk_store),
    .walk_done_i(d_walk_done),
    .walk_page_fault_i(walk_page_fault),
    .walk_access_fault_i(walk_access_fault),
    .walk_ppn_i(walk_ppn),
    .walk_flags_i(walk_flags),
    .walk_level_i(walk_level),
    .ptw_busy_i(walk_busy),
    .ptw_req_i(ptw_req),
    .ptw_we_i(ptw_we),
    .ptw_addr_i(ptw_addr),
    .ptw_wdata_i(ptw_wdata),
    .ptw_done_o(ptw_done),
    .ptw_rdata_o(ptw_rdata),
    .ptw_err_o(ptw_err),
    .bus_req_o(dbus_req_o),
    .bus_cmd_o(dbus_cmd_o),
    .bus_addr_o(dbus_addr_o),
    .bus_size_o(dbus_size_o),
    .bus_wdata_o(dbus_wdata_o),
    .bus_rvalid_i(dbus_rvalid_i),
    .bus_rdata_i(dbus_rdata_i),
    .bus_err_i(dbus_err_i),
    .ideal_req_o(dideal_req),
    .ideal_we_o(dideal_we),
    .ideal_addr_o(dideal_waddr_o),
    .ideal_mask_o(dideal_wmask_o),
    .ideal_wdata_o(dideal_wdata_o),
    .ideal_read_o(dideal_read_o),
    .ideal_raddr_o(dideal_raddr_o),
    .ideal_rdata_i(dideal_rdata_i),
    .ev_miss_o(ev_dcache_miss),
    .ev_tlb_miss_o(ev_dtlb_miss),
    .ev_write_back_o(ev_write_back)
  );

  ptw u_ptw (
    .clk_i,
    .rst_ni,
    .satp_ppn_i(satp_ppn),
    .sum_i(sum),
    .mxr_i(mxr),
    .d_req_i(d_walk_req),
    .d_vpn_i(d_walk_vpn),
    .d_store_i(d_walk_store),
    .d_mode_i(data_mode),
    .d_done_o(d_walk_done),
    .i_req_i(i_walk_req),
    .i_vpn_i(i_walk_vpn),
    .i_mode_i(mode),
    .i_done_o(i_walk_done),
    .page_fault_o(walk_page_fault),
    .access_fault_o(walk_access_fault),
    .ppn_o(walk_ppn),
    .flags_o(walk_flags),
    .level_o(walk_level),
    .mem_req_o(ptw_req),
    .mem_we_o(ptw_we),
    .mem_addr_o(ptw_addr),
    .mem_wdata_o(ptw_wdata),
    .mem_done_i(ptw_done),
    .mem_rdata_i(ptw_rdata),
    .mem_err_i(ptw_err),
    .busy_o(walk_busy)
  );

  logic dideal_req, dideal_we;
  assign dideal_write_o = dideal_req && dideal_we;

  always_comb begin
    sfence = 1'b0;
    sfence_vaddr_valid = 1'b0;
    sfence_vpn = '0;
    sfence_asid_valid = 1'b0;
    sfence_asid = '0;
    if (m_commit0 && m_ctrl0.unit == core_pkg::UnitSfence) begin
      sfence = 1'b1;
      sfence_vaddr_valid = m_insn0[19:15] != '0;
      sfence_vpn = m_rs10[38:12];
      sfence_asid_valid = m_insn0[24:20] != '0;
      sfence_asid = m_rs20[15:0];
    end
  end

  // ---------------------------------------------------------------------------------------------
  // Control and status registers
  // ---------------------------------------------------------------------------------------------

  logic m_mret, m_sret;
  assign m_mret = m_commit0 && m_ctrl0.unit == core_pkg::UnitMret;
  assign m_sret = m_commit0 && m_ctrl0.unit == core_pkg::UnitSret;
  assign m_is_csr = m_valid0 && m_ctrl0.unit == core_pkg::UnitCsr;
  always_comb begin
    csr_write = 1'b0;
    csr_operand = '0;
    if (m_is_csr) begin
      csr_write = (m_insn0[13:12] == 2'b01) || m_insn0[19:15] != '0;
      csr_operand = m_insn0[14] ? {59'b0, m_insn0[19:15]} : m_rs10;
    end
  end

  csr u_csr (
    .clk_i,
    .rst_ni,
    .access_i(m_is_csr),
    .commit_i(m_commit0),
    .addr_i(m_insn0[31:20]),
    .op_i(m_insn0[13:12]),
    .write_i(csr_write),
    .operand_i(csr_operand),
    .rdata_o(csr_rdata),
    .illegal_o(csr_illegal),
    .written_o(csr_written),
    .flush_o(csr_flush),
    .trap_i(m_trap),
    .trap_interrupt_i(m_interrupt),
    .trap_cause_i(m_cause),
    .trap_pc_i(m_trap_pc),
    .trap_value_i(m_tval),
    .trap_target_o(trap_target),
    .mret_i(m_mret),
    .sret_i(m_sret),
    .mepc_o(mepc),
    .sepc_o(sepc),
    .mode_o(mode),
    .data_mode_o(data_mode),
    .sv39_o(sv39),
    .asid_o(asid),
    .satp_ppn_o(satp_ppn),
    .sum_o(sum),
    .mxr_o(mxr),
    .tvm_o(tvm),
    .tw_o(tw),
    .tsr_o(tsr),
    .pmp_cfg_o(pmp_cfg),
    .pmp_addr_o(pmp_addr),
    .irq_software_i,
    .irq_timer_i,
    .irq_external_i,
    .irq_s_external_i,
    .irq_pending_o(irq_pending),
    .irq_cause_o(irq_cause),
    .wake_o(wake),
    .retire_i({m_commit0 && m_commit1, m_commit0 && !m_commit1}),
    .counting_o(csr_counting),
    .events_i(events),
    .time_i
  );

  logic m_load, m_store, m_lr;
  core_pkg::unit_e m_mem_unit;
  assign m_mem_unit = m_mem_lane ? m_ctrl1.unit : m_ctrl0.unit;
  always_comb begin
    m_lr = 1'b0;
    m_load = 1'b0;
    m_store = 1'b0;
    unique case (m_mem_unit)
      core_pkg::UnitLoad: m_load = 1'b1;
      core_pkg::UnitStore: m_store = 1'b1;
      core_pkg::UnitAmo: begin
        m_lr = (m_mem_lane ? m_insn1[31:27] : m_insn0[31:27]) == core_pkg::AmoLr;
        m_load = m_lr;
        m_store = !m_lr;
      end
      default: ;
    endcase
  end

  always_comb begin
    events = '0;
    if (csr_counting) begin
      events[core_pkg::EventLoad] = m_load && (m_mem_lane ? m_commit1 : m_commit0);
      events[core_pkg::EventStore] = m_store && (m_mem_lane ? m_commit1 : m_commit0);
      events[core_pkg::EventBranch] = m_cti && m_cti_unit == core_pkg::UnitBranch;
      events[core_pkg::EventBranchTaken] = m_cti && m_cti_unit == core_pkg::UnitBranch && m_taken;
      events[core_pkg::EventMispredict] = m_cti && m_mispredict;
      events[core_pkg::EventJump] = m_cti && m_cti_unit != core_pkg::UnitBranch;
      events[core_pkg::EventDual] = m_commit1;
      events[core_pkg::EventIcacheMiss] = ev_icache_miss;
      events[core_pkg::EventDcacheMiss] = ev_dcache_miss;
      events[core_pkg::EventItlbMiss] = ev_itlb_miss;
      events[core_pkg::EventDtlbMiss] = ev_dtlb_miss;
      events[core_pkg::EventWriteBack] = ev_write_back;
      for (int i = 1; i < core_pkg::Events - core_pkg::EventLost; i++) begin
        events[core_pkg::EventLost + i] = !m_retire0 && m_lost == i[3:0];
      end
    end
  end

  // ---------------------------------------------------------------------------------------------
  // Write-back and retirement
  // ---------------------------------------------------------------------------------------------

  // An interrupt replaces the instruction it was attached to, which therefore does not retire.
  logic m_retire0, m_retire1;
  assign m_retire0 = m_commit0 || (m_trap && !m_trap_lane && !m_interrupt);
  assign m_retire1 = m_commit1 || (m_trap && m_trap_lane);
  assign m_write0 = m_commit0 && m_ctrl0.rd_used;
  assign m_write1 = m_commit1 && m_ctrl1.rd_used;

  logic after_interrupt_q;
  logic [5:0] interrupt_cause_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      w0_write_q <= 1'b0;
      w1_write_q <= 1'b0;
      rvfi_valid_o <= 2'b00;
      order_q <= '0;
      rvfi_order_o <= '0;
      after_interrupt_q <= 1'b0;
      interrupt_cause_q <= '0;
      lost_o <= core_pkg::LostFetch;
    end else begin
      w0_write_q <= m_write0;
      w1_write_q <= m_write1;
      rvfi_valid_o <= {m_retire1, m_retire0};
      lost_o <= m_retire0 ? core_pkg::LostNone : m_lost;
      if (m_retire0) begin
        order_q <= order_q + (m_retire1 ? 64'd2 : 64'd1);
        rvfi_order_o <= order_q;
        after_interrupt_q <= 1'b0;
      end else if (m_trap) begin
        after_interrupt_q <= 1'b1;
        interrupt_cause_q <= m_cause;
      end
    end
  end

  // Results stay until the next ones: an operand may be taken from here some cycles later.
  always_ff @(posedge clk_i) begin
    if (m_retire0) begin
      w0_rd_q <= m_write0 ? m_insn0[11:7] : '0;
      w0_result_q <= m_write0 ? m_result0 : '0;
    end
    if (m_retire1) begin
      w1_rd_q <= m_write1 ? m_insn1[11:7] : '0;
      w1_result_q <= m_write1 ? m_result1 : '0;
    end
  end

  logic [31:0] d_since_q, x_since_q, m_since_q;
  always_ff @(posedge clk_i) begin
    if (f_pc != d_pc || issue0) d_since_q <= time_i[31:0] + 32'd1;
    if (issue0) x_since_q <= time_i[31:0] + 32'd1;
    if (x_advance) m_since_q <= time_i[31:0] + 32'd1;
  end
  logic [31:0] x_decode_q, m_decode_q, m_execute_q;
  always_ff @(posedge clk_i) begin
    if (issue0) x_decode_q <= d_since_q;
    if (x_advance) begin
      m_decode_q <= x_decode_q;
      m_execute_q <= x_since_q;
    end
  end

  always_ff @(posedge clk_i) begin
    if (m_retire0) begin
      rvfi0_insn_o <= m_raw0;
      rvfi0_pc_rdata_o <= m_pc0;
      rvfi0_pc_wdata_o <= m_next_pc0;
      rvfi0_rs1_addr_o <= m_ctrl0.rs1_used ? m_insn0[19:15] : '0;
      rvfi0_rs1_rdata_o <= m_ctrl0.rs1_used ? m_rs10 : '0;
      rvfi0_rs2_addr_o <= m_ctrl0.rs2_used ? m_insn0[24:20] : '0;
      rvfi0_rs2_rdata_o <= m_ctrl0.rs2_used ? m_rs20 : '0;
      rvfi0_times_o <= {m_since_q, m_execute_q, m_decode_q};
    end
    if (m_retire1) begin
      rvfi1_insn_o <= m_raw1;
      rvfi1_pc_rdata_o <= m_pc1;
      rvfi1_pc_wdata_o <= m_next_pc1;
      rvfi1_rs1_addr_o <= m_ctrl1.rs1_used ? m_insn1[19:15] : '0;
      rvfi1_rs1_rdata_o <= m_ctrl1.rs1_used ? m_rs11 : '0;
      rvfi1_rs2_addr_o <= m_ctrl1.rs2_used ? m_insn1[24:20] : '0;
      rvfi1_rs2_rdata_o <= m_ctrl1.rs2_used ? m_rs21 : '0;
      rvfi1_times_o <= {m_since_q, m_execute_q, m_decode_q};
    end
    if (m_retire0) begin
      rvfi_lane_o <= m_trap ? m_trap_lane : m_mem_lane;
      rvfi_trap_o <= m_trap;
      rvfi_intr_o <= after_interrupt_q;
      rvfi_mode_o <= mode;
      rvfi_mem_addr_o <= m_mem_addr_q;
      rvfi_mem_paddr_o <= lsu_paddr;
      rvfi_mem_rmask_o <= m_has_memory ? lsu_rmask : '0;
      rvfi_mem_wmask_o <= m_has_memory ? lsu_wmask : '0;
      rvfi_mem_rdata_o <= m_has_memory ? lsu_rdata : '0;
      rvfi_mem_wdata_o <= m_has_memory ? lsu_stored : '0;
      rvfi_cause_o <= m_trap ? {58'b0, m_cause}
                             : {after_interrupt_q, 57'b0, after_interrupt_q ? interrupt_cause_q : 6'd0};
      rvfi_tval_o <= m_trap ? m_tval : '0;
      rvfi_csr_write_o <= m_commit0 && m_is_csr && csr_write;
      rvfi_csr_addr_o <= (m_commit0 && m_is_csr && csr_write) ? m_insn0[31:20] : '0;
      rvfi_csr_wdata_o <= (m_commit0 && m_is_csr && csr_write) ? csr_written : '0;
    end
  end

  logic m_has_memory;
  logic [63:0] m_mem_addr_q;
  assign m_has_memory = (m_load || m_store) && (m_mem_lane ? m_commit1 : m_commit0);
  always_ff @(posedge clk_i) begin
    if (x_mem_advance) m_mem_addr_q <= x_mem_addr;
  end

  assign rvfi0_rd_addr_o = w0_rd_q;
  assign rvfi0_rd_wdata_o = w0_result_q;
  assign rvfi1_rd_addr_o = w1_rd_q;
  assign rvfi1_rd_wdata_o = w1_result_q;

endmodule
