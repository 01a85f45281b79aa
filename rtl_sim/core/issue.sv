// Decode stage: cuts the window into two instructions, decodes them, finds their operands, decides
// what goes on to execute, and guesses the address after that.
//
// Lane 0 holds the older instruction; lane 1 goes along if it can. The stage's own state is in fetch
// and in the instruction memory.
module issue (
  // What fetch has found at d_pc_i
  input  logic              d_valid_i,
  input  logic [63:0]       d_pc_i,
  input  logic              window_ready_i,
  input  logic [63:0]       window_i,
  input  logic [2:0]        window_count_i,   // halfwords in the window
  input  logic              window_fault_i,   // why there are no more
  input  logic [5:0]        window_cause_i,
  input  core_pkg::lost_e   window_lost_i,

  // Control
  input  logic              x_stall_i,        // execute keeps its bundle
  input  logic              flush_i,          // decode holds the wrong instructions
  output logic              issue0_o,         // lane 0 enters execute at this edge
  output logic              issue1_o,         // and lane 1 too
  output logic [63:0]       next_pc_o,
  output core_pkg::lost_e   lost_o,           // why nothing issues

  // Registers
  output logic [4:0]        r0_o,
  output logic [4:0]        r1_o,
  output logic [4:0]        r2_o,
  output logic [4:0]        r3_o,
  input  logic [63:0]       r0_value_i,
  input  logic [63:0]       r1_value_i,
  input  logic [63:0]       r2_value_i,
  input  logic [63:0]       r3_value_i,

  // Results on their way
  input  logic              m_stall_i,
  input  logic              x0_write_i,
  input  logic [4:0]        x0_rd_i,
  input  logic              x0_ready_i,
  input  logic [63:0]       x0_result_i,
  input  logic              x1_write_i,
  input  logic [4:0]        x1_rd_i,
  input  logic              x1_ready_i,
  input  logic [63:0]       x1_result_i,
  input  logic              m0_write_i,
  input  logic [4:0]        m0_rd_i,
  input  logic [63:0]       m0_result_i,
  input  logic              m1_write_i,
  input  logic [4:0]        m1_rd_i,
  input  logic [63:0]       m1_result_i,
  input  logic              w0_write_i,
  input  logic [4:0]        w0_rd_i,
  input  logic [63:0]       w0_result_i,
  input  logic              w1_write_i,
  input  logic [4:0]        w1_rd_i,
  input  logic [63:0]       w1_result_i,

  // Predictor
  output logic [63:0]       predict_pc1_o,
  input  logic              hit0_i,
  input  logic [63:0]       target0_i,
  input  logic [1:0]        counter0_i,
  input  logic              hit1_i,
  input  logic [63:0]       target1_i,
  input  logic [1:0]        counter1_i,
  input  logic [63:0]       return_target_i,
  output logic              branch_o,         // a conditional branch issues
  output logic              taken_o,          // and is guessed to be taken
  output logic              call_o,           // a call issues
  output logic              return_o,
  output logic [63:0]       link_o,
  output logic [1:0]        counter_o,        // of the branch

  // To execute
  output logic [31:0]       raw0_o,           // upper half 0 when compressed
  output logic [31:0]       insn0_o,          // expanded
  output logic              compressed0_o,
  output core_pkg::ctrl_t   ctrl0_o,
  output logic [63:0]       imm0_o,
  output logic [63:0]       rs10_o,
  output logic [63:0]       rs20_o,
  output core_pkg::late_e   rs10_from_o,
  output core_pkg::late_e   rs20_from_o,
  output logic              fetch_fault_o,    // lane 0 is no instruction but this fault
  output logic [5:0]        fetch_cause_o,
  output logic [63:0]       fetch_tval_o,
  output logic [63:0]       pc1_o,
  output logic [31:0]       raw1_o,
  output logic [31:0]       insn1_o,
  output logic              compressed1_o,
  output core_pkg::ctrl_t   ctrl1_o,
  output logic [63:0]       imm1_o,
  output logic [63:0]       rs11_o,
  output logic [63:0]       rs21_o,
  output core_pkg::late_e   rs11_from_o,
  output core_pkg::late_e   rs21_from_o
);

  // ---------------------------------------------------------------------------------------------
  // Lane 0
  // ---------------------------------------------------------------------------------------------

  logic have0, illegal0;
  logic [63:0] link0;

  assign compressed0_o = (window_i[1:0] != 2'b11);
  assign have0 = window_count_i >= (compressed0_o ? 3'd1 : 3'd2);
  assign raw0_o = compressed0_o ? {16'b0, window_i[15:0]} : window_i[31:0];
  assign link0 = d_pc_i + (compressed0_o ? 64'd2 : 64'd4);

  assign fetch_fault_o = window_count_i == 3'd0 || !have0;
  assign fetch_cause_o = window_cause_i;
  assign fetch_tval_o = d_pc_i + {60'b0, window_count_i, 1'b0};

  expander u_expander0 (
    .raw_i    (window_i[31:0]),
    .insn_o   (insn0_o),
    .illegal_o(illegal0)
  );

  core_pkg::ctrl_t decoded0;
  decoder u_decoder0 (
    .insn_i   (insn0_o),
    .illegal_i(illegal0),
    .ctrl_o   (decoded0),
    .imm_o    (imm0_o)
  );

  // A fault reads and writes nothing.
  always_comb begin
    ctrl0_o = decoded0;
    if (fetch_fault_o) begin
      ctrl0_o.unit = core_pkg::UnitIllegal;
      ctrl0_o.rs1_used = 1'b0;
      ctrl0_o.rs2_used = 1'b0;
      ctrl0_o.rd_used = 1'b0;
    end
  end

  assign r0_o = insn0_o[19:15];
  assign r1_o = insn0_o[24:20];

  operand u_operand_rs10 (
    .used_i  (ctrl0_o.rs1_used),
    .rs_i    (r0_o),
    .stored_i(r0_value_i),
    .value_o (rs10_o),
    .from_o  (rs10_from_o),
    .*
  );
  operand u_operand_rs20 (
    .used_i  (ctrl0_o.rs2_used),
    .rs_i    (r1_o),
    .stored_i(r1_value_i),
    .value_o (rs20_o),
    .from_o  (rs20_from_o),
    .*
  );

  // ---------------------------------------------------------------------------------------------
  // Which operands may come late
  // ---------------------------------------------------------------------------------------------

  function automatic logic may_be_late1(input core_pkg::unit_e unit);
    may_be_late1 = unit == core_pkg::UnitAlu || unit == core_pkg::UnitBranch ||
                   unit == core_pkg::UnitCsr || unit == core_pkg::UnitSfence;
  endfunction

  function automatic logic may_be_late2(input core_pkg::unit_e unit);
    may_be_late2 = unit == core_pkg::UnitAlu || unit == core_pkg::UnitBranch ||
                   unit == core_pkg::UnitStore || unit == core_pkg::UnitAmo ||
                   unit == core_pkg::UnitSfence;
  endfunction

  logic late10, late20, hazard0;
  assign late10 = rs10_from_o != core_pkg::FromNone;
  assign late20 = rs20_from_o != core_pkg::FromNone;
  assign hazard0 = (late10 && !may_be_late1(ctrl0_o.unit)) ||
                   (late20 && !may_be_late2(ctrl0_o.unit));

  // ---------------------------------------------------------------------------------------------
  // Branches and jumps
  // ---------------------------------------------------------------------------------------------

  logic branch0, jal0, jalr0, cti0, call0, return0, taken0;
  logic [63:0] guess0;
  assign branch0 = ctrl0_o.unit == core_pkg::UnitBranch;
  assign jal0 = ctrl0_o.unit == core_pkg::UnitJal;
  assign jalr0 = ctrl0_o.unit == core_pkg::UnitJalr;
  assign cti0 = core_pkg::is_cti(ctrl0_o.unit);

  always_comb begin
    call0 = 1'b0;
    return0 = 1'b0;
    taken0 = 1'b0;
    if (branch0) begin
      taken0 = hit0_i && counter0_i[1];
    end else if (jal0 || jalr0) begin
      call0 = core_pkg::is_link(insn0_o[11:7]);
      return0 = jalr0 && core_pkg::is_return(insn0_o[11:7], insn0_o[19:15]);
      taken0 = return0 || hit0_i;
    end
  end

  assign guess0 = return0 ? return_target_i : target0_i;

  // ---------------------------------------------------------------------------------------------
  // Lane 1
  // ---------------------------------------------------------------------------------------------

  logic branch1, cti1, call1, return1, taken1, pair;
  logic [63:0] guess1, link1;

  generate
    if (config_pkg::IssueWidth == 2) begin : gen_lane1
      logic [31:0] window1;
      logic have1, illegal1, jal1, jalr1;

      assign window1 = compressed0_o ? window_i[47:16] : window_i[63:32];
      assign compressed1_o = (window1[1:0] != 2'b11);
      assign have1 = window_count_i >= (compressed0_o ? 3'd1 : 3'd2) + (compressed1_o ? 3'd1 : 3'd2);
      assign raw1_o = compressed1_o ? {16'b0, window1[15:0]} : window1;
      assign pc1_o = link0;
      assign link1 = link0 + (compressed1_o ? 64'd2 : 64'd4);

      expander u_expander1 (
        .raw_i    (window1),
        .insn_o   (insn1_o),
        .illegal_o(illegal1)
      );
      decoder u_decoder1 (
        .insn_i   (insn1_o),
        .illegal_i(illegal1),
        .ctrl_o   (ctrl1_o),
        .imm_o    (imm1_o)
      );

      assign r2_o = insn1_o[19:15];
      assign r3_o = insn1_o[24:20];

      core_pkg::late_e rs11_before, rs21_before;
      operand u_operand_rs11 (
        .used_i  (ctrl1_o.rs1_used),
        .rs_i    (r2_o),
        .stored_i(r2_value_i),
        .value_o (rs11_o),
        .from_o  (rs11_before),
        .*
      );
      operand u_operand_rs21 (
        .used_i  (ctrl1_o.rs2_used),
        .rs_i    (r3_o),
        .stored_i(r3_value_i),
        .value_o (rs21_o),
        .from_o  (rs21_before),
        .*
      );

      logic rs11_beside, rs21_beside;
      assign rs11_beside = ctrl1_o.rs1_used && ctrl0_o.rd_used && insn0_o[11:7] == r2_o;
      assign rs21_beside = ctrl1_o.rs2_used && ctrl0_o.rd_used && insn0_o[11:7] == r3_o;
      assign rs11_from_o = rs11_beside ? core_pkg::FromLane0 : rs11_before;
      assign rs21_from_o = rs21_beside ? core_pkg::FromLane0 : rs21_before;

      logic late11, late21, hazard1, early0;
      assign late11 = rs11_from_o != core_pkg::FromNone;
      assign late21 = rs21_from_o != core_pkg::FromNone;
      assign early0 = ctrl0_o.unit == core_pkg::UnitAlu && !late10 && !late20;
      assign hazard1 = (late11 && !may_be_late1(ctrl1_o.unit)) ||
                       (late21 && !may_be_late2(ctrl1_o.unit)) ||
                       ((rs11_beside || rs21_beside) && !early0);

      assign branch1 = ctrl1_o.unit == core_pkg::UnitBranch;
      assign jal1 = ctrl1_o.unit == core_pkg::UnitJal;
      assign jalr1 = ctrl1_o.unit == core_pkg::UnitJalr;
      assign cti1 = core_pkg::is_cti(ctrl1_o.unit);

      always_comb begin
        call1 = 1'b0;
        return1 = 1'b0;
        taken1 = 1'b0;
        if (branch1) begin
          taken1 = hit1_i && counter1_i[1];
        end else if (jal1 || jalr1) begin
          call1 = core_pkg::is_link(insn1_o[11:7]);
          return1 = jalr1 && core_pkg::is_return(insn1_o[11:7], insn1_o[19:15]);
          taken1 = return1 || hit1_i;
        end
      end

      assign guess1 = return1 ? return_target_i : target1_i;

      // One of each shared unit; a branch that is decided in memory would come too late to stop
      // the access of the instruction beside it.
      logic memory0, memory1, conflict;
      assign memory0 = core_pkg::is_memory(ctrl0_o.unit);
      assign memory1 = core_pkg::is_memory(ctrl1_o.unit);
      assign conflict = (memory1 && (memory0 || (branch0 && (late10 || late20)))) ||
                        (cti0 && cti1) ||
                        (ctrl0_o.unit == core_pkg::UnitMul && ctrl1_o.unit == core_pkg::UnitMul) ||
                        (ctrl0_o.unit == core_pkg::UnitDiv && ctrl1_o.unit == core_pkg::UnitDiv);

      function automatic logic pairs(input core_pkg::unit_e unit);
        unique case (unit)
          core_pkg::UnitAlu, core_pkg::UnitMul, core_pkg::UnitDiv, core_pkg::UnitLoad,
          core_pkg::UnitStore, core_pkg::UnitAmo, core_pkg::UnitBranch, core_pkg::UnitNop: begin
            pairs = 1'b1;
          end
          default: pairs = 1'b0;
        endcase
      endfunction

      assign pair = have1 && !taken0 && !hazard1 && !conflict && pairs(ctrl0_o.unit) &&
                    (pairs(ctrl1_o.unit) || jal1 || jalr1);
    end else begin : gen_no_lane1
      assign compressed1_o = 1'b0;
      assign raw1_o = '0;
      assign insn1_o = '0;
      assign ctrl1_o = '0;
      assign imm1_o = '0;
      assign pc1_o = link0;
      assign link1 = link0;
      assign r2_o = '0;
      assign r3_o = '0;
      assign rs11_o = '0;
      assign rs21_o = '0;
      assign rs11_from_o = core_pkg::FromNone;
      assign rs21_from_o = core_pkg::FromNone;
      assign branch1 = 1'b0;
      assign cti1 = 1'b0;
      assign call1 = 1'b0;
      assign return1 = 1'b0;
      assign taken1 = 1'b0;
      assign guess1 = '0;
      assign pair = 1'b0;
      logic unused_lane1;
      assign unused_lane1 = ^{window_i[63:32], r2_value_i, r3_value_i, hit1_i, target1_i,
                              counter1_i, cti1, cti0};
    end
  endgenerate

  assign predict_pc1_o = link0;

  // ---------------------------------------------------------------------------------------------
  // Issue
  // ---------------------------------------------------------------------------------------------

  logic ready, go1;
  assign ready = d_valid_i && window_ready_i && !x_stall_i && !flush_i;
  assign issue0_o = ready && !hazard0;
  assign issue1_o = issue0_o && pair;
  assign go1 = pair;

  always_comb begin
    if (!issue0_o) next_pc_o = d_pc_i;
    else if (taken0) next_pc_o = guess0;
    else if (!go1) next_pc_o = link0;
    else if (taken1) next_pc_o = guess1;
    else next_pc_o = link1;
  end

  assign branch_o = issue0_o && (branch0 || (go1 && branch1));
  assign taken_o = (cti0 && taken0) || (go1 && cti1 && taken1);
  assign call_o = issue0_o && (call0 || (go1 && call1));
  assign return_o = issue0_o && (return0 || (go1 && return1));
  assign link_o = call0 ? link0 : link1;
  assign counter_o = branch0 ? counter0_i : counter1_i;

  always_comb begin
    if (!d_valid_i) lost_o = core_pkg::LostFetch;
    else if (!window_ready_i) lost_o = window_lost_i;
    else lost_o = core_pkg::LostOperand;
  end

  logic unused_fault;  // a window that ends early without being ready has a fault by contract
  assign unused_fault = window_fault_i;

endmodule
