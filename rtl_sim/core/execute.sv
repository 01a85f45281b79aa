// Execute stage: arithmetic, branches, data addresses; sends loads and stores to memory.
//
// An instruction leaves with advance_o. Everything it can be blamed for except data access faults
// and CSR faults is known here, and interrupts are attached here, so that a store that must not
// happen is never sent.
module execute (
  input  logic             clk_i,
  input  logic             rst_ni,

  // From decode
  input  logic             d_issue_i,          // the instruction in decode comes in at this edge
  input  logic [63:0]      d_pc_i,
  input  logic [31:0]      d_raw_i,
  input  logic [31:0]      d_insn_i,
  input  logic             d_compressed_i,
  input  core_pkg::ctrl_t  d_ctrl_i,
  input  logic [63:0]      d_imm_i,
  input  logic [63:0]      d_rs1_value_i,
  input  logic [63:0]      d_rs2_value_i,
  input  logic             d_rs1_late_i,       // the value is not there yet: memory does the work
  input  logic             d_rs2_late_i,
  input  logic             d_fetch_fault_low_i,   // no memory behind its first halfword
  input  logic             d_fetch_fault_high_i,  // or behind its second
  input  logic             d_predict_hit_i,
  input  logic [1:0]       d_predict_counter_i,

  // Pipeline control
  input  logic             m_stall_i,          // memory keeps its instruction
  input  logic             m_flush_i,          // memory discards all younger instructions
  input  logic             m_dmem_busy_i,      // memory itself uses the data port in this cycle
  output logic             stall_o,            // execute keeps its instruction
  output logic             advance_o,          // hands its instruction to memory
  output logic             redirect_o,         // fetch went the wrong way
  output logic [63:0]      next_pc_o,

  // Interrupts and the seeded fault
  input  logic             irq_take_i,
  input  logic [5:0]       irq_cause_i,
  input  logic             fault_i,            // spoil the ALU result of this instruction
  input  logic [63:0]      fault_mask_i,

  // Data memory request
  output logic             dmem_req_o,
  output logic             dmem_we_o,
  output logic [63:0]      dmem_addr_o,
  output logic [7:0]       dmem_mask_o,
  output logic [63:0]      dmem_wdata_o,

  // State, for memory and forwarding
  output logic             valid_o,
  output logic [63:0]      pc_o,
  output logic [31:0]      raw_o,
  output logic [31:0]      insn_o,
  output core_pkg::ctrl_t  ctrl_o,
  output logic [63:0]      rs1_value_o,
  output logic [63:0]      rs2_value_o,
  output logic [63:0]      result_o,
  output logic             result_ready_o,     // result_o is what rd gets
  output logic             result_late_o,      // else: it is there in the first cycle of memory
  output logic             rs1_late_o,
  output logic             rs2_late_o,
  output logic [63:0]      operand_a_o,
  output logic [63:0]      operand_b_o,
  output logic             exception_o,
  output logic             interrupt_o,
  output logic [5:0]       cause_o,
  output logic [63:0]      tval_o,

  // Predictor
  output logic             branch_o,
  output logic             jump_o,
  output logic             call_o,
  output logic             return_o,
  output logic             taken_o,
  output logic [63:0]      link_o,
  output logic             predict_hit_o,
  output logic [1:0]       predict_counter_o
);

  // ---------------------------------------------------------------------------------------------
  // Pipeline registers
  // ---------------------------------------------------------------------------------------------

  logic valid_q, compressed_q, fetch_fault_low_q, fetch_fault_high_q;
  logic [63:0] pc_q, imm_q, rs1_value_q, rs2_value_q;
  logic [31:0] raw_q, insn_q;
  core_pkg::ctrl_t ctrl_q;
  logic predict_hit_q;
  logic [1:0] predict_counter_q;
  logic rs1_late_q, rs2_late_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) valid_q <= 1'b0;
    else if (m_flush_i) valid_q <= 1'b0;
    else if (!stall_o) valid_q <= d_issue_i;
  end

  always_ff @(posedge clk_i) begin
    if (d_issue_i) begin
      pc_q <= d_pc_i;
      raw_q <= d_raw_i;
      insn_q <= d_insn_i;
      compressed_q <= d_compressed_i;
      ctrl_q <= d_ctrl_i;
      imm_q <= d_imm_i;
      rs1_value_q <= d_rs1_value_i;
      rs2_value_q <= d_rs2_value_i;
      fetch_fault_low_q <= d_fetch_fault_low_i;
      fetch_fault_high_q <= d_fetch_fault_high_i;
      rs1_late_q <= d_rs1_late_i;
      rs2_late_q <= d_rs2_late_i;
      predict_hit_q <= d_predict_hit_i;
      predict_counter_q <= d_predict_counter_i;
    end
  end

  assign valid_o = valid_q;
  assign pc_o = pc_q;
  assign raw_o = raw_q;
  assign insn_o = insn_q;
  assign ctrl_o = ctrl_q;
  assign rs1_value_o = rs1_value_q;
  assign rs2_value_o = rs2_value_q;
  assign rs1_late_o = rs1_late_q;
  assign rs2_late_o = rs2_late_q;
  assign predict_hit_o = predict_hit_q;
  assign predict_counter_o = predict_counter_q;

  logic [2:0] funct3;
  assign funct3 = insn_q[14:12];

  // ---------------------------------------------------------------------------------------------
  // ALU
  // ---------------------------------------------------------------------------------------------

  logic [63:0] operand_a, operand_b, alu_clean, alu_result;

  always_comb begin
    unique case (ctrl_q.operand_a)
      core_pkg::OperandPc: operand_a = pc_q;
      core_pkg::OperandZero: operand_a = '0;
      default: operand_a = rs1_value_q;
    endcase
  end
  assign operand_b = ctrl_q.operand_b_imm ? imm_q : rs2_value_q;
  assign operand_a_o = operand_a;
  assign operand_b_o = operand_b;

  alu u_alu (
    .op_i    (ctrl_q.alu_op),
    .word_i  (ctrl_q.word),
    .a_i     (operand_a),
    .b_i     (operand_b),
    .result_o(alu_clean)
  );
  assign alu_result = fault_i ? alu_clean ^ fault_mask_i : alu_clean;

  // ---------------------------------------------------------------------------------------------
  // Branches and jumps
  // ---------------------------------------------------------------------------------------------

  logic is_branch, is_jal, is_jalr, condition, taken;
  assign is_branch = (ctrl_q.unit == core_pkg::UnitBranch);
  assign is_jal = (ctrl_q.unit == core_pkg::UnitJal);
  assign is_jalr = (ctrl_q.unit == core_pkg::UnitJalr);

  always_comb begin
    condition = 1'b0;
    if (is_branch) begin
      unique case (funct3[2:1])
        2'b00: condition = (rs1_value_q == rs2_value_q);
        2'b10: condition = $signed(rs1_value_q) < $signed(rs2_value_q);
        default: condition = rs1_value_q < rs2_value_q;
      endcase
    end
  end
  assign taken = (is_branch && (condition != funct3[0])) || is_jal || is_jalr;

  logic [63:0] link, target;
  assign link = pc_q + (compressed_q ? 64'd2 : 64'd4);
  assign target = (is_jalr ? rs1_value_q : pc_q) + imm_q;
  assign next_pc_o = taken ? {target[63:1], 1'b0} : link;

  logic unused_target_bit;  // jalr clears it, and the other offsets are even
  assign unused_target_bit = target[0];
  assign redirect_o = valid_q && next_pc_o != d_pc_i;

  logic rd_is_link, rs1_is_link;
  assign rd_is_link = (insn_q[11:7] == 5'd1 || insn_q[11:7] == 5'd5);
  assign rs1_is_link = (insn_q[19:15] == 5'd1 || insn_q[19:15] == 5'd5);
  assign branch_o = is_branch;
  assign jump_o = is_jal || is_jalr;
  assign call_o = (is_jal || is_jalr) && rd_is_link;
  assign return_o = is_jalr && rs1_is_link && (!rd_is_link || insn_q[11:7] != insn_q[19:15]);
  assign taken_o = taken;
  assign link_o = link;

  // ---------------------------------------------------------------------------------------------
  // Divider
  // ---------------------------------------------------------------------------------------------

  logic is_div, div_done;
  logic [63:0] div_result;
  assign is_div = (ctrl_q.unit == core_pkg::UnitDiv);

  divider u_divider (
    .clk_i,
    .rst_ni,
    .valid_i      (valid_q && is_div),
    .leave_i      (m_flush_i || advance_o),
    .is_unsigned_i(funct3[0]),
    .is_rem_i     (funct3[1]),
    .word_i       (ctrl_q.word),
    .a_i          (rs1_value_q),
    .b_i          (rs2_value_q),
    .done_o       (div_done),
    .result_o     (div_result)
  );

  // ---------------------------------------------------------------------------------------------
  // Result
  // ---------------------------------------------------------------------------------------------

  always_comb begin
    unique case (ctrl_q.unit)
      core_pkg::UnitJal, core_pkg::UnitJalr: result_o = link;
      core_pkg::UnitDiv: result_o = div_result;
      default: result_o = alu_result;
    endcase
  end
  logic is_alu, is_late;
  assign is_alu = (ctrl_q.unit == core_pkg::UnitAlu);
  assign is_late = is_alu && (rs1_late_q || rs2_late_q);
  assign result_ready_o = (is_alu && !is_late) || is_jal || is_jalr || is_div;
  assign result_late_o = is_late || ctrl_q.unit == core_pkg::UnitLoad ||
                         ctrl_q.unit == core_pkg::UnitMul || ctrl_q.unit == core_pkg::UnitCsr;

  // ---------------------------------------------------------------------------------------------
  // Exceptions
  // ---------------------------------------------------------------------------------------------

  logic is_load, is_store, is_amo, uses_dmem, amo_misaligned;
  assign is_load = (ctrl_q.unit == core_pkg::UnitLoad);
  assign is_store = (ctrl_q.unit == core_pkg::UnitStore);
  assign is_amo = (ctrl_q.unit == core_pkg::UnitAmo);
  assign uses_dmem = is_load || is_store || is_amo;
  assign amo_misaligned = is_amo && (alu_result[1:0] != '0 || (funct3[0] && alu_result[2]));

  logic synchronous;
  logic [5:0] synchronous_cause;
  always_comb begin
    synchronous = 1'b1;
    synchronous_cause = core_pkg::CauseIllegal;
    tval_o = '0;
    if (fetch_fault_low_q || fetch_fault_high_q) begin
      synchronous_cause = core_pkg::CauseFetchAccess;
      tval_o = fetch_fault_low_q ? pc_q : pc_q + 64'd2;
    end else if (amo_misaligned) begin
      synchronous_cause = (insn_q[31:27] == core_pkg::AmoLr) ? core_pkg::CauseLoadMisaligned
                                                             : core_pkg::CauseStoreMisaligned;
      tval_o = alu_result;
    end else begin
      unique case (ctrl_q.unit)
        core_pkg::UnitIllegal: begin
          synchronous_cause = core_pkg::CauseIllegal;
          tval_o = {32'b0, raw_q};
        end
        core_pkg::UnitEcall: synchronous_cause = core_pkg::CauseEcallM;
        core_pkg::UnitEbreak: synchronous_cause = core_pkg::CauseBreakpoint;
        default: synchronous = 1'b0;
      endcase
    end
    if (irq_take_i) tval_o = '0;
  end

  assign interrupt_o = irq_take_i;
  assign exception_o = irq_take_i || synchronous;
  assign cause_o = irq_take_i ? irq_cause_i : synchronous_cause;

  // ---------------------------------------------------------------------------------------------
  // Pipeline control
  // ---------------------------------------------------------------------------------------------

  assign stall_o = valid_q && (m_stall_i || (m_dmem_busy_i && uses_dmem) ||
                               (is_div && !div_done && !exception_o));
  assign advance_o = valid_q && !stall_o && !m_flush_i;

  // ---------------------------------------------------------------------------------------------
  // Data memory request: atomics only read here, memory sends their write
  // ---------------------------------------------------------------------------------------------

  always_comb begin
    unique case (funct3[1:0])
      2'b00: dmem_mask_o = 8'h01;
      2'b01: dmem_mask_o = 8'h03;
      2'b10: dmem_mask_o = 8'h0f;
      default: dmem_mask_o = 8'hff;
    endcase
  end
  assign dmem_req_o = advance_o && !exception_o && uses_dmem;
  assign dmem_we_o = is_store;
  assign dmem_addr_o = alu_result;
  assign dmem_wdata_o = rs2_value_q;

endmodule
