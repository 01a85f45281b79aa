// Execute stage: early ALUs, branches, addresses, the divider.
//
// A bundle leaves with advance_o. Interrupts and whatever can be blamed on an instruction before it
// touches memory are attached to lane 0 here, so that no access is made that must not be.
module execute (
  input  logic              clk_i,
  input  logic              rst_ni,

  // From decode
  input  logic              issue0_i,
  input  logic              issue1_i,
  input  logic [63:0]       d_pc_i,          // of the bundle in decode
  input  logic [31:0]       raw0_i,
  input  logic [31:0]       insn0_i,
  input  logic              compressed0_i,
  input  core_pkg::ctrl_t   ctrl0_i,
  input  logic [63:0]       imm0_i,
  input  logic [63:0]       rs10_i,
  input  logic [63:0]       rs20_i,
  input  core_pkg::late_e   rs10_from_i,
  input  core_pkg::late_e   rs20_from_i,
  input  logic              fetch_fault_i,
  input  logic [5:0]        fetch_cause_i,
  input  logic [63:0]       fetch_tval_i,
  input  logic [63:0]       pc1_i,
  input  logic [31:0]       raw1_i,
  input  logic [31:0]       insn1_i,
  input  logic              compressed1_i,
  input  core_pkg::ctrl_t   ctrl1_i,
  input  logic [63:0]       imm1_i,
  input  logic [63:0]       rs11_i,
  input  logic [63:0]       rs21_i,
  input  core_pkg::late_e   rs11_from_i,
  input  core_pkg::late_e   rs21_from_i,
  input  core_pkg::predict_t predict_i,
  input  core_pkg::lost_e   d_lost_i,

  // Control
  input  logic              m_stall_i,
  input  logic              m_flush_i,
  input  core_pkg::lost_e   m_flush_lost_i,  // what a flush is to be called
  input  logic              lsu_stall_i,
  output logic              stall_o,         // keeps its bundle
  output logic              advance_o,       // hands it to memory
  output logic              redirect_o,      // fetch went the wrong way
  output logic [63:0]       target_o,
  output core_pkg::lost_e   lost_o,          // what memory gets instead of a bundle
  input  logic              irq_take_i,
  input  logic [5:0]        irq_cause_i,
  input  logic [1:0]        mode_i,
  input  logic              fault0_i,
  input  logic              fault1_i,
  input  logic [63:0]       fault_mask_i,

  // Lanes
  output logic              valid0_o,
  output logic [63:0]       pc0_o,
  output logic [31:0]       raw0_o,
  output logic [31:0]       insn0_o,
  output core_pkg::ctrl_t   ctrl0_o,
  output logic [63:0]       rs10_o,
  output logic [63:0]       rs20_o,
  output core_pkg::late_e   rs10_from_o,
  output core_pkg::late_e   rs20_from_o,
  output logic [63:0]       operand_a0_o,
  output logic [63:0]       operand_b0_o,
  output logic [63:0]       link0_o,
  output logic              ready0_o,        // result0_o is what rd gets
  output logic [63:0]       result0_o,
  output logic              valid1_o,
  output logic              keep1_o,         // lane 1 goes on to memory with lane 0
  output logic [63:0]       pc1_o,
  output logic [31:0]       raw1_o,
  output logic [31:0]       insn1_o,
  output core_pkg::ctrl_t   ctrl1_o,
  output logic [63:0]       rs11_o,
  output logic [63:0]       rs21_o,
  output core_pkg::late_e   rs11_from_o,
  output core_pkg::late_e   rs21_from_o,
  output logic [63:0]       operand_a1_o,
  output logic [63:0]       operand_b1_o,
  output logic [63:0]       link1_o,
  output logic              ready1_o,
  output logic [63:0]       result1_o,

  output logic              exception_o,     // of lane 0
  output logic              interrupt_o,
  output logic [5:0]        cause_o,
  output logic [63:0]       tval_o,

  // The bundle's branch or jump
  output core_pkg::predict_t predict_o,
  output logic              cti_lane_o,
  output logic              taken_o,         // early: decided here
  output logic              mispredict_o,    // early, and wrong
  output logic [63:0]       cti_target_o,
  output logic              follows_target_o, // what decode holds is at the target
  output logic              follows_link_o,   // or behind the branch
  output logic              call_o,
  output logic              return_o,

  // Memory instruction
  output logic              mem_valid_o,
  output logic              mem_advance_o,
  output logic              mem_lane_o,
  output core_pkg::mem_op_e mem_op_o,
  output logic [2:0]        mem_funct3_o,
  output logic [4:0]        mem_amo_o,
  output logic [63:0]       mem_addr_o,

  // Multiplier
  output logic              mul_enable_o,
  output logic              mul_lane_o,
  output logic [63:0]       mul_a_o,
  output logic [63:0]       mul_b_o
);

  // ---------------------------------------------------------------------------------------------
  // Pipeline registers
  // ---------------------------------------------------------------------------------------------

  logic valid0_q, valid1_q, fetch_fault_q;
  logic [5:0] fetch_cause_q;
  logic [63:0] fetch_tval_q;
  core_pkg::predict_t predict_q;
  core_pkg::lost_e lost_q;
  logic mispredict_q;     // fetch has been sent the right way already
  logic kill1;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid0_q <= 1'b0;
      valid1_q <= 1'b0;
      lost_q <= core_pkg::LostFetch;
      mispredict_q <= 1'b0;
    end else if (m_flush_i) begin
      valid0_q <= 1'b0;
      valid1_q <= 1'b0;
      lost_q <= m_flush_lost_i;
      mispredict_q <= 1'b0;
    end else if (!stall_o) begin
      valid0_q <= issue0_i;
      valid1_q <= issue1_i;
      lost_q <= redirect_o ? core_pkg::LostMispredict : d_lost_i;
      mispredict_q <= 1'b0;
    end else if (redirect_o) begin
      valid1_q <= valid1_q && !kill1;
      mispredict_q <= 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (issue0_i) begin
      fetch_fault_q <= fetch_fault_i;
      fetch_cause_q <= fetch_cause_i;
      fetch_tval_q <= fetch_tval_i;
      predict_q <= predict_i;
    end
  end

  assign valid0_o = valid0_q;
  assign valid1_o = valid1_q;
  assign predict_o = predict_q;

  logic [63:0] imm0, imm1, alu0, alu1;
  logic late0, late1;

  execute_lane u_lane0 (
    .clk_i,
    .load_i        (issue0_i),
    .d_pc_i,
    .d_raw_i       (raw0_i),
    .d_insn_i      (insn0_i),
    .d_compressed_i(compressed0_i),
    .d_ctrl_i      (ctrl0_i),
    .d_imm_i       (imm0_i),
    .d_rs1_i       (rs10_i),
    .d_rs2_i       (rs20_i),
    .d_rs1_from_i  (rs10_from_i),
    .d_rs2_from_i  (rs20_from_i),
    .fault_i       (fault0_i),
    .fault_mask_i,
    .pc_o          (pc0_o),
    .raw_o         (raw0_o),
    .insn_o        (insn0_o),
    .ctrl_o        (ctrl0_o),
    .imm_o         (imm0),
    .rs1_o         (rs10_o),
    .rs2_o         (rs20_o),
    .rs1_from_o    (rs10_from_o),
    .rs2_from_o    (rs20_from_o),
    .operand_a_o   (operand_a0_o),
    .operand_b_o   (operand_b0_o),
    .alu_o         (alu0),
    .link_o        (link0_o),
    .late_o        (late0)
  );

  generate
    if (config_pkg::IssueWidth == 2) begin : gen_lane1
      execute_lane u_lane1 (
        .clk_i,
        .load_i        (issue1_i),
        .d_pc_i        (pc1_i),
        .d_raw_i       (raw1_i),
        .d_insn_i      (insn1_i),
        .d_compressed_i(compressed1_i),
        .d_ctrl_i      (ctrl1_i),
        .d_imm_i       (imm1_i),
        .d_rs1_i       (rs11_i),
        .d_rs2_i       (rs21_i),
        .d_rs1_from_i  (rs11_from_i),
        .d_rs2_from_i  (rs21_from_i),
        .fault_i       (fault1_i),
        .fault_mask_i,
        .pc_o          (pc1_o),
        .raw_o         (raw1_o),
        .insn_o        (insn1_o),
        .ctrl_o        (ctrl1_o),
        .imm_o         (imm1),
        .rs1_o         (rs11_o),
        .rs2_o         (rs21_o),
        .rs1_from_o    (rs11_from_o),
        .rs2_from_o    (rs21_from_o),
        .operand_a_o   (operand_a1_o),
        .operand_b_o   (operand_b1_o),
        .alu_o         (alu1),
        .link_o        (link1_o),
        .late_o        (late1)
      );
    end else begin : gen_no_lane1
      assign pc1_o = '0;
      assign raw1_o = '0;
      assign insn1_o = '0;
      assign ctrl1_o = '0;
      assign imm1 = '0;
      assign rs11_o = '0;
      assign rs21_o = '0;
      assign rs11_from_o = core_pkg::FromNone;
      assign rs21_from_o = core_pkg::FromNone;
      assign operand_a1_o = '0;
      assign operand_b1_o = '0;
      assign alu1 = '0;
      assign link1_o = '0;
      assign late1 = 1'b0;
      logic unused_lane1;
      assign unused_lane1 = ^{pc1_i, raw1_i, insn1_i, compressed1_i, ctrl1_i, imm1_i, rs11_i,
                              rs21_i, rs11_from_i, rs21_from_i, fault1_i};
    end
  endgenerate

  // ---------------------------------------------------------------------------------------------
  // Branch or jump: there is at most one
  // ---------------------------------------------------------------------------------------------

  logic cti, cti_late, early_taken;
  core_pkg::unit_e cti_unit;
  logic [31:0] cti_insn;
  logic [63:0] cti_rs1, cti_rs2, cti_imm, cti_pc, cti_link, target;

  assign cti_lane_o = valid1_q && core_pkg::is_cti(ctrl1_o.unit);
  assign cti = cti_lane_o || core_pkg::is_cti(ctrl0_o.unit);
  assign cti_unit = cti_lane_o ? ctrl1_o.unit : ctrl0_o.unit;
  assign cti_insn = cti_lane_o ? insn1_o : insn0_o;
  assign cti_rs1 = cti_lane_o ? rs11_o : rs10_o;
  assign cti_rs2 = cti_lane_o ? rs21_o : rs20_o;
  assign cti_imm = cti_lane_o ? imm1 : imm0;
  assign cti_pc = cti_lane_o ? pc1_o : pc0_o;
  assign cti_link = cti_lane_o ? link1_o : link0_o;
  assign cti_late = cti_lane_o ? late1 : late0;

  branch_unit u_branch_unit (
    .unit_i  (cti_unit),
    .funct3_i(cti_insn[14:12]),
    .rs1_i   (cti_rs1),
    .rs2_i   (cti_rs2),
    .taken_o (early_taken)
  );

  always_comb begin
    target = '0;
    if (cti) target = (cti_unit == core_pkg::UnitJalr ? cti_rs1 : cti_pc) + cti_imm;
  end
  assign cti_target_o = {target[63:1], 1'b0};
  logic unused_bits;  // jalr clears the target's bit 0, and the other offsets are even
  assign unused_bits = ^{target[0], cti_insn[31:20], cti_insn[6:0]};

  // Of a branch in lane 0 the instruction in lane 1 is the successor.
  logic beside;
  assign beside = valid1_q && !cti_lane_o;

  always_comb begin
    follows_target_o = 1'b0;
    follows_link_o = 1'b0;
    call_o = 1'b0;
    return_o = 1'b0;
    redirect_o = 1'b0;
    if (cti) begin
      follows_target_o = !beside && d_pc_i == cti_target_o;
      follows_link_o = beside || d_pc_i == cti_link;
      if (cti_unit != core_pkg::UnitBranch) begin
        call_o = core_pkg::is_link(cti_insn[11:7]);
        return_o = cti_unit == core_pkg::UnitJalr &&
                   core_pkg::is_return(cti_insn[11:7], cti_insn[19:15]);
      end
      redirect_o = valid0_q && !cti_late && (early_taken ? !follows_target_o : !follows_link_o);
    end
  end

  assign taken_o = early_taken;
  assign target_o = early_taken ? cti_target_o : cti_link;
  assign kill1 = redirect_o && !cti_lane_o;
  assign mispredict_o = redirect_o || mispredict_q;

  // ---------------------------------------------------------------------------------------------
  // Divider
  // ---------------------------------------------------------------------------------------------

  logic div0, div1, div_lane, div_done;
  logic [63:0] div_result;
  assign div0 = valid0_q && ctrl0_o.unit == core_pkg::UnitDiv;
  assign div1 = valid1_q && ctrl1_o.unit == core_pkg::UnitDiv;
  assign div_lane = div1;

  divider u_divider (
    .clk_i,
    .rst_ni,
    .valid_i      (div0 || div1),
    .leave_i      (m_flush_i || advance_o),
    .is_unsigned_i(div_lane ? insn1_o[12] : insn0_o[12]),
    .is_rem_i     (div_lane ? insn1_o[13] : insn0_o[13]),
    .word_i       (div_lane ? ctrl1_o.word : ctrl0_o.word),
    .a_i          (div_lane ? rs11_o : rs10_o),
    .b_i          (div_lane ? rs21_o : rs20_o),
    .done_o       (div_done),
    .result_o     (div_result)
  );

  // ---------------------------------------------------------------------------------------------
  // Results
  // ---------------------------------------------------------------------------------------------

  always_comb begin
    unique case (ctrl0_o.unit)
      core_pkg::UnitJal, core_pkg::UnitJalr: result0_o = link0_o;
      core_pkg::UnitDiv: result0_o = div_result;
      default: result0_o = alu0;
    endcase
    unique case (ctrl1_o.unit)
      core_pkg::UnitJal, core_pkg::UnitJalr: result1_o = link1_o;
      core_pkg::UnitDiv: result1_o = div_result;
      default: result1_o = alu1;
    endcase
  end

  function automatic logic is_early(input core_pkg::unit_e unit);
    is_early = unit == core_pkg::UnitAlu || unit == core_pkg::UnitJal ||
               unit == core_pkg::UnitJalr || unit == core_pkg::UnitDiv;
  endfunction
  assign ready0_o = is_early(ctrl0_o.unit) && !late0;
  assign ready1_o = is_early(ctrl1_o.unit) && !late1;

  // ---------------------------------------------------------------------------------------------
  // Exceptions: only lane 0 has any here, and it is alone then, but for an interrupt
  // ---------------------------------------------------------------------------------------------

  logic synchronous;
  logic [5:0] synchronous_cause;
  logic [63:0] synchronous_tval;
  always_comb begin
    synchronous = 1'b0;
    synchronous_cause = core_pkg::CauseIllegal;
    synchronous_tval = '0;
    if (fetch_fault_q) begin
      synchronous = 1'b1;
      synchronous_cause = fetch_cause_q;
      synchronous_tval = fetch_tval_q;
    end else if (ctrl0_o.unit >= core_pkg::UnitEcall) begin
      synchronous = 1'b1;
      if (ctrl0_o.unit == core_pkg::UnitEcall) begin
        synchronous_cause = core_pkg::CauseEcallU + {4'b0, mode_i};
      end else if (ctrl0_o.unit == core_pkg::UnitEbreak) begin
        synchronous_cause = core_pkg::CauseBreakpoint;
        synchronous_tval = pc0_o;
      end else begin
        synchronous_tval = {32'b0, raw0_o};
      end
    end
  end

  assign interrupt_o = irq_take_i;
  assign exception_o = irq_take_i || synchronous;
  assign cause_o = irq_take_i ? irq_cause_i : synchronous_cause;
  assign tval_o = irq_take_i ? '0 : synchronous_tval;
  assign keep1_o = valid1_q && !irq_take_i && !kill1;

  // ---------------------------------------------------------------------------------------------
  // Memory instruction: there is at most one
  // ---------------------------------------------------------------------------------------------

  core_pkg::unit_e mem_unit;
  assign mem_lane_o = valid1_q && core_pkg::is_memory(ctrl1_o.unit);
  assign mem_valid_o = valid0_q && (mem_lane_o || core_pkg::is_memory(ctrl0_o.unit));
  assign mem_unit = mem_lane_o ? ctrl1_o.unit : ctrl0_o.unit;
  assign mem_advance_o = advance_o && mem_valid_o && !exception_o && !(mem_lane_o && kill1);
  assign mem_funct3_o = mem_lane_o ? insn1_o[14:12] : insn0_o[14:12];
  assign mem_amo_o = mem_lane_o ? insn1_o[31:27] : insn0_o[31:27];
  assign mem_addr_o = mem_lane_o ? alu1 : alu0;
  always_comb begin
    unique case (mem_unit)
      core_pkg::UnitStore: mem_op_o = core_pkg::MemStore;
      core_pkg::UnitAmo: mem_op_o = core_pkg::MemAmo;
      default: mem_op_o = core_pkg::MemLoad;
    endcase
  end

  // ---------------------------------------------------------------------------------------------
  // Multiplier
  // ---------------------------------------------------------------------------------------------

  assign mul_lane_o = valid1_q && ctrl1_o.unit == core_pkg::UnitMul;
  assign mul_enable_o = advance_o && (mul_lane_o || ctrl0_o.unit == core_pkg::UnitMul);
  assign mul_a_o = mul_lane_o ? rs11_o : rs10_o;
  assign mul_b_o = mul_lane_o ? rs21_o : rs20_o;

  // ---------------------------------------------------------------------------------------------
  // Control
  // ---------------------------------------------------------------------------------------------

  logic dividing;
  assign dividing = (div0 || div1) && !div_done && !exception_o;
  assign stall_o = valid0_q && (m_stall_i || (mem_valid_o && lsu_stall_i) || dividing);
  assign advance_o = valid0_q && !stall_o && !m_flush_i;
  always_comb begin
    if (!valid0_q) lost_o = lost_q;
    else if (dividing) lost_o = core_pkg::LostDivide;
    else lost_o = core_pkg::LostItlb;
  end

endmodule
