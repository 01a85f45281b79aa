// Memory stage, and the commit point: what leaves it without an exception has happened.
//
// Loads, products, CSRs and late results arrive here, branches with a late operand are decided here.
// Traps, returns from them, fences and late wrong guesses discard everything younger.
module memory (
  input  logic              clk_i,
  input  logic              rst_ni,

  // From execute
  input  logic              x_advance_i,
  input  logic              x_keep1_i,
  input  core_pkg::lost_e   x_lost_i,
  input  logic [63:0]       x_pc0_i,
  input  logic [31:0]       x_raw0_i,
  input  logic [31:0]       x_insn0_i,
  input  core_pkg::ctrl_t   x_ctrl0_i,
  input  logic [63:0]       x_link0_i,
  input  logic [63:0]       x_rs10_i,
  input  logic [63:0]       x_rs20_i,
  input  core_pkg::late_e   x_rs10_from_i,
  input  core_pkg::late_e   x_rs20_from_i,
  input  logic [63:0]       x_operand_a0_i,
  input  logic [63:0]       x_operand_b0_i,
  input  logic [63:0]       x_result0_i,
  input  logic [63:0]       x_pc1_i,
  input  logic [31:0]       x_raw1_i,
  input  logic [31:0]       x_insn1_i,
  input  core_pkg::ctrl_t   x_ctrl1_i,
  input  logic [63:0]       x_link1_i,
  input  logic [63:0]       x_rs11_i,
  input  logic [63:0]       x_rs21_i,
  input  core_pkg::late_e   x_rs11_from_i,
  input  core_pkg::late_e   x_rs21_from_i,
  input  logic [63:0]       x_operand_a1_i,
  input  logic [63:0]       x_operand_b1_i,
  input  logic [63:0]       x_result1_i,
  input  logic              x_exception_i,
  input  logic              x_interrupt_i,
  input  logic [5:0]        x_cause_i,
  input  logic [63:0]       x_tval_i,
  input  core_pkg::predict_t x_predict_i,
  input  logic              x_cti_lane_i,
  input  logic              x_taken_i,
  input  logic              x_mispredict_i,
  input  logic [63:0]       x_cti_target_i,
  input  logic              x_follows_target_i,
  input  logic              x_follows_link_i,
  input  logic              x_mem_lane_i,
  input  logic              x_mul_lane_i,

  input  logic [63:0]       w0_result_i,
  input  logic [63:0]       w1_result_i,
  input  logic              fault0_i,
  input  logic              fault1_i,
  input  logic [63:0]       fault_mask_i,

  // Load/store unit, multiplier, CSRs
  input  logic              lsu_done_i,
  input  logic              lsu_fault_i,
  input  logic [5:0]        lsu_cause_i,
  input  logic [63:0]       lsu_tval_i,
  input  logic [63:0]       lsu_result_i,
  input  core_pkg::lost_e   lsu_lost_i,
  output logic [63:0]       lsu_wdata_o,
  output logic              clean_o,          // fence.i: write the data cache back
  input  logic              clean_done_i,
  input  logic [63:0]       product_i,
  output logic              mul_lane_o,
  input  logic [63:0]       csr_rdata_i,
  input  logic              csr_illegal_i,
  input  logic              csr_flush_i,      // the write asks for a new start behind it
  input  logic [63:0]       trap_target_i,
  input  logic [63:0]       mepc_i,
  input  logic [63:0]       sepc_i,
  input  logic [1:0]        mode_i,
  input  logic              tvm_i,
  input  logic              tw_i,
  input  logic              tsr_i,
  input  logic              wake_i,           // an interrupt is pending and enabled: wfi ends

  // Control
  output logic              stall_o,
  output logic              flush_o,          // discard everything younger
  output logic [63:0]       target_o,         // and continue there
  output core_pkg::lost_e   flush_lost_o,
  output core_pkg::lost_e   lost_o,           // why nothing retires
  output logic              late_mispredict_o,
  output logic              late_taken_o,

  // State and results
  output logic              valid0_o,
  output logic              valid1_o,
  output logic              commit0_o,        // leaves without exception at this edge
  output logic              commit1_o,
  output logic              trap_o,           // leaves into a trap handler at this edge
  output logic              trap_lane_o,
  output logic              interrupt_o,
  output logic [5:0]        cause_o,
  output logic [63:0]       tval_o,
  output logic [63:0]       trap_pc_o,
  output logic [63:0]       pc0_o,
  output logic [63:0]       next_pc0_o,
  output logic [31:0]       raw0_o,
  output logic [31:0]       insn0_o,
  output core_pkg::ctrl_t   ctrl0_o,
  output logic [63:0]       rs10_o,
  output logic [63:0]       rs20_o,
  output logic [63:0]       result0_o,
  output logic [63:0]       pc1_o,
  output logic [63:0]       next_pc1_o,
  output logic [31:0]       raw1_o,
  output logic [31:0]       insn1_o,
  output core_pkg::ctrl_t   ctrl1_o,
  output logic [63:0]       rs11_o,
  output logic [63:0]       rs21_o,
  output logic [63:0]       result1_o,
  output logic              mem_lane_o,

  // The bundle's branch or jump, for the predictor
  output core_pkg::predict_t predict_o,
  output logic              cti_o,            // it commits
  output logic              cti_lane_o,
  output logic              taken_o,
  output logic              mispredict_o,
  output logic [63:0]       cti_target_o
);

  // ---------------------------------------------------------------------------------------------
  // Pipeline registers
  // ---------------------------------------------------------------------------------------------

  logic valid0_q, valid1_q, exception_q, interrupt_q, cti_lane_q, taken_q, mispredict_q;
  logic follows_target_q, follows_link_q, mem_lane_q, mul_lane_q;
  logic [5:0] cause_q;
  logic [63:0] tval_q, cti_target_q;
  core_pkg::predict_t predict_q;
  core_pkg::lost_e lost_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid0_q <= 1'b0;
      valid1_q <= 1'b0;
      lost_q <= core_pkg::LostFetch;
    end else if (!stall_o) begin
      valid0_q <= x_advance_i;
      valid1_q <= x_advance_i && x_keep1_i;
      lost_q <= flush_o ? flush_lost_o : x_lost_i;
    end
  end

  always_ff @(posedge clk_i) begin
    if (x_advance_i) begin
      exception_q <= x_exception_i;
      interrupt_q <= x_interrupt_i;
      cause_q <= x_cause_i;
      tval_q <= x_tval_i;
      predict_q <= x_predict_i;
      cti_lane_q <= x_cti_lane_i;
      taken_q <= x_taken_i;
      mispredict_q <= x_mispredict_i;
      cti_target_q <= x_cti_target_i;
      follows_target_q <= x_follows_target_i;
      follows_link_q <= x_follows_link_i;
      mem_lane_q <= x_mem_lane_i;
      mul_lane_q <= x_mul_lane_i;
    end
  end

  logic late0, late1;
  logic [63:0] link0, link1, early0, early1, plain0, plain1;

  memory_lane u_lane0 (
    .clk_i,
    .load_i        (x_advance_i),
    .x_pc_i        (x_pc0_i),
    .x_raw_i       (x_raw0_i),
    .x_insn_i      (x_insn0_i),
    .x_ctrl_i      (x_ctrl0_i),
    .x_link_i      (x_link0_i),
    .x_rs1_i       (x_rs10_i),
    .x_rs2_i       (x_rs20_i),
    .x_rs1_from_i  (x_rs10_from_i),
    .x_rs2_from_i  (x_rs20_from_i),
    .x_operand_a_i (x_operand_a0_i),
    .x_operand_b_i (x_operand_b0_i),
    .x_result_i    (x_result0_i),
    .w0_result_i,
    .w1_result_i,
    .lane0_result_i('0),
    .fault_i       (fault0_i),
    .fault_mask_i,
    .pc_o          (pc0_o),
    .raw_o         (raw0_o),
    .insn_o        (insn0_o),
    .ctrl_o        (ctrl0_o),
    .link_o        (link0),
    .rs1_o         (rs10_o),
    .rs2_o         (rs20_o),
    .late_o        (late0),
    .early_result_o(early0),
    .result_o      (plain0)
  );

  generate
    if (config_pkg::IssueWidth == 2) begin : gen_lane1
      memory_lane u_lane1 (
        .clk_i,
        .load_i        (x_advance_i && x_keep1_i),
        .x_pc_i        (x_pc1_i),
        .x_raw_i       (x_raw1_i),
        .x_insn_i      (x_insn1_i),
        .x_ctrl_i      (x_ctrl1_i),
        .x_link_i      (x_link1_i),
        .x_rs1_i       (x_rs11_i),
        .x_rs2_i       (x_rs21_i),
        .x_rs1_from_i  (x_rs11_from_i),
        .x_rs2_from_i  (x_rs21_from_i),
        .x_operand_a_i (x_operand_a1_i),
        .x_operand_b_i (x_operand_b1_i),
        .x_result_i    (x_result1_i),
        .w0_result_i,
        .w1_result_i,
        .lane0_result_i(early0),
        .fault_i       (fault1_i),
        .fault_mask_i,
        .pc_o          (pc1_o),
        .raw_o         (raw1_o),
        .insn_o        (insn1_o),
        .ctrl_o        (ctrl1_o),
        .link_o        (link1),
        .rs1_o         (rs11_o),
        .rs2_o         (rs21_o),
        .late_o        (late1),
        .early_result_o(early1),
        .result_o      (plain1)
      );
    end else begin : gen_no_lane1
      assign pc1_o = '0;
      assign raw1_o = '0;
      assign insn1_o = '0;
      assign ctrl1_o = '0;
      assign link1 = '0;
      assign rs11_o = '0;
      assign rs21_o = '0;
      assign late1 = 1'b0;
      assign early1 = '0;
      assign plain1 = '0;
      logic unused_lane1;
      assign unused_lane1 = ^{x_pc1_i, x_raw1_i, x_insn1_i, x_ctrl1_i, x_link1_i, x_rs11_i,
                              x_rs21_i, x_rs11_from_i, x_rs21_from_i, x_operand_a1_i,
                              x_operand_b1_i, x_result1_i, fault1_i, early0};
    end
  endgenerate

  logic unused_early;  // only lane 0 is ever beside a younger one
  assign unused_early = ^early1;

  assign valid0_o = valid0_q;
  assign valid1_o = valid1_q;
  assign mem_lane_o = mem_lane_q;
  assign mul_lane_o = mul_lane_q;
  assign predict_o = predict_q;
  assign cti_lane_o = cti_lane_q;
  assign cti_target_o = cti_target_q;
  assign lsu_wdata_o = mem_lane_q ? rs21_o : rs20_o;

  // ---------------------------------------------------------------------------------------------
  // Branches: those with a late operand are decided here
  // ---------------------------------------------------------------------------------------------

  core_pkg::unit_e cti_unit;
  logic [31:0] cti_insn;
  logic cti_late, late_taken, late_wrong;
  logic [63:0] cti_link;
  assign cti_unit = cti_lane_q ? ctrl1_o.unit : ctrl0_o.unit;
  assign cti_insn = cti_lane_q ? insn1_o : insn0_o;
  assign cti_late = cti_unit == core_pkg::UnitBranch && (cti_lane_q ? late1 : late0);
  assign cti_link = cti_lane_q ? link1 : link0;

  branch_unit u_branch_unit (
    .unit_i  (cti_late ? cti_unit : core_pkg::UnitNop),
    .funct3_i(cti_insn[14:12]),
    .rs1_i   (cti_lane_q ? rs11_o : rs10_o),
    .rs2_i   (cti_lane_q ? rs21_o : rs20_o),
    .taken_o (late_taken)
  );
  logic unused_insn_bits;
  assign unused_insn_bits = ^{cti_insn[31:15], cti_insn[11:0]};

  assign late_wrong = cti_late && (late_taken ? !follows_target_q : !follows_link_q);
  assign taken_o = cti_late ? late_taken : taken_q;
  assign late_taken_o = late_taken;
  assign mispredict_o = cti_late ? late_wrong : mispredict_q;

  // ---------------------------------------------------------------------------------------------
  // Exceptions
  // ---------------------------------------------------------------------------------------------

  logic has_memory, illegal, lsu_fault0, lsu_fault1, exception0, exception1, kill1;
  assign has_memory = valid0_q && !exception_q &&
                      (mem_lane_q ? valid1_q && core_pkg::is_memory(ctrl1_o.unit)
                                  : core_pkg::is_memory(ctrl0_o.unit));
  assign lsu_fault0 = has_memory && !mem_lane_q && lsu_done_i && lsu_fault_i;
  assign lsu_fault1 = has_memory && mem_lane_q && lsu_done_i && lsu_fault_i;

  logic system0;  // system instructions are alone
  assign system0 = ctrl0_o.unit >= core_pkg::UnitCsr;

  always_comb begin
    illegal = 1'b0;
    if (system0) begin
      unique case (ctrl0_o.unit)
        core_pkg::UnitCsr: illegal = csr_illegal_i;
        core_pkg::UnitMret: illegal = mode_i != core_pkg::ModeM;
        core_pkg::UnitSret: begin
          illegal = mode_i == core_pkg::ModeU || (mode_i == core_pkg::ModeS && tsr_i);
        end
        core_pkg::UnitSfence: begin
          illegal = mode_i == core_pkg::ModeU || (mode_i == core_pkg::ModeS && tvm_i);
        end
        core_pkg::UnitWfi: begin
          illegal = mode_i == core_pkg::ModeU || (mode_i == core_pkg::ModeS && tw_i);
        end
        default: ;
      endcase
    end
  end

  assign exception0 = exception_q || illegal || lsu_fault0;
  assign exception1 = lsu_fault1;
  assign kill1 = exception0 || (late_wrong && !cti_lane_q);

  assign interrupt_o = interrupt_q;
  always_comb begin
    cause_o = cause_q;
    tval_o = tval_q;
    if (!exception_q && illegal) begin
      cause_o = core_pkg::CauseIllegal;
      tval_o = {32'b0, raw0_o};
    end else if (!exception_q && lsu_fault_i) begin
      cause_o = lsu_cause_i;
      tval_o = lsu_tval_i;
    end
  end

  // ---------------------------------------------------------------------------------------------
  // Waiting
  // ---------------------------------------------------------------------------------------------

  logic waits_lsu, waits_clean, waits_wfi;
  assign waits_lsu = has_memory && !lsu_done_i;
  always_comb begin
    clean_o = 1'b0;
    waits_wfi = 1'b0;
    if (system0 && valid0_q) begin
      clean_o = !exception_q && ctrl0_o.unit == core_pkg::UnitFenceI;
      waits_wfi = !exception0 && ctrl0_o.unit == core_pkg::UnitWfi && !wake_i;
    end
  end
  assign waits_clean = clean_o && !clean_done_i;
  assign stall_o = waits_lsu || waits_clean || waits_wfi;

  always_comb begin
    if (!valid0_q) lost_o = lost_q;
    else if (waits_lsu) lost_o = lsu_lost_i;
    else if (waits_clean) lost_o = core_pkg::LostFence;
    else if (waits_wfi) lost_o = core_pkg::LostWait;
    else lost_o = core_pkg::LostFlush;
  end

  // ---------------------------------------------------------------------------------------------
  // Results
  // ---------------------------------------------------------------------------------------------

  always_comb begin
    unique case (ctrl0_o.unit)
      core_pkg::UnitLoad, core_pkg::UnitAmo: result0_o = lsu_result_i;
      core_pkg::UnitMul: result0_o = product_i;
      core_pkg::UnitCsr: result0_o = csr_rdata_i;
      default: result0_o = plain0;
    endcase
    unique case (ctrl1_o.unit)
      core_pkg::UnitLoad, core_pkg::UnitAmo: result1_o = lsu_result_i;
      core_pkg::UnitMul: result1_o = product_i;
      default: result1_o = plain1;
    endcase
  end

  // ---------------------------------------------------------------------------------------------
  // Commit
  // ---------------------------------------------------------------------------------------------

  assign commit0_o = valid0_q && !exception0 && !stall_o;
  assign commit1_o = valid1_q && !exception1 && !kill1 && !stall_o;
  assign trap_lane_o = !exception0;
  assign trap_o = valid0_q && (exception0 || (valid1_q && exception1)) && !stall_o;
  assign trap_pc_o = trap_lane_o ? pc1_o : pc0_o;
  assign cti_o = cti_lane_q ? commit1_o : commit0_o && core_pkg::is_cti(ctrl0_o.unit);
  assign late_mispredict_o = late_wrong && (cti_lane_q ? commit1_o : commit0_o);

  logic [63:0] cti_next;
  assign cti_next = taken_o ? cti_target_q : cti_link;

  always_comb begin
    next_pc0_o = link0;
    if (trap_o && !trap_lane_o) next_pc0_o = trap_target_i;
    else if (system0 && ctrl0_o.unit == core_pkg::UnitMret) next_pc0_o = mepc_i;
    else if (system0 && ctrl0_o.unit == core_pkg::UnitSret) next_pc0_o = sepc_i;
    else if (!cti_lane_q && core_pkg::is_cti(ctrl0_o.unit)) next_pc0_o = cti_next;

    next_pc1_o = link1;
    if (trap_o && trap_lane_o) next_pc1_o = trap_target_i;
    else if (cti_lane_q) next_pc1_o = cti_next;
  end

  logic restart;  // what follows is fetched again: it may be translated or allowed differently
  always_comb begin
    restart = 1'b0;
    if (system0 && commit0_o) begin
      unique case (ctrl0_o.unit)
        core_pkg::UnitMret, core_pkg::UnitSret, core_pkg::UnitFenceI, core_pkg::UnitSfence: begin
          restart = 1'b1;
        end
        core_pkg::UnitCsr: restart = csr_flush_i;
        default: ;
      endcase
    end
  end

  assign flush_o = trap_o || restart || late_mispredict_o;
  assign flush_lost_o = late_mispredict_o ? core_pkg::LostMispredict : core_pkg::LostFlush;
  always_comb begin
    if (trap_o) target_o = trap_target_i;
    else if (restart) target_o = next_pc0_o;
    else target_o = cti_next;
  end

endmodule
