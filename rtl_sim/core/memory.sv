// Memory stage, and the commit point: what leaves it without an exception has happened.
//
// Load data, products and CSRs arrive here. Atomics stay a second cycle to write. Traps, mret and
// fence.i discard everything younger and send fetch elsewhere.
module memory (
  input  logic             clk_i,
  input  logic             rst_ni,

  // From execute
  input  logic             x_advance_i,
  input  logic [63:0]      x_pc_i,
  input  logic [63:0]      x_next_pc_i,
  input  logic [31:0]      x_raw_i,
  input  logic [31:0]      x_insn_i,
  input  core_pkg::ctrl_t  x_ctrl_i,
  input  logic [63:0]      x_rs1_value_i,
  input  logic [63:0]      x_rs2_value_i,
  input  logic [63:0]      x_result_i,       // the address, for loads and stores
  input  logic             x_rs1_late_i,     // operands that come from the instruction just ahead
  input  logic             x_rs2_late_i,
  input  logic [63:0]      x_operand_a_i,
  input  logic [63:0]      x_operand_b_i,
  input  logic [7:0]       x_dmem_mask_i,
  input  logic             x_exception_i,
  input  logic             x_interrupt_i,
  input  logic [5:0]       x_cause_i,
  input  logic [63:0]      x_tval_i,

  // Of the instruction just ahead, and the seeded fault
  input  logic [63:0]      w_result_i,
  input  logic             fault_i,
  input  logic [63:0]      fault_mask_i,

  // Results that arrive in this stage
  input  logic [63:0]      dmem_rdata_i,     // right-justified; upper bytes arbitrary
  input  logic             dmem_err_i,       // nothing behind the address of last cycle's request
  input  logic [63:0]      product_i,
  input  logic [63:0]      csr_rdata_i,
  input  logic             csr_illegal_i,
  input  logic [63:0]      trap_target_i,
  input  logic [63:0]      mepc_i,

  // Write of an atomic
  output logic             amo_req_o,
  output logic [63:0]      amo_wdata_o,

  // Pipeline control
  output logic             stall_o,
  output logic             flush_o,          // discard everything younger
  output logic [63:0]      target_o,         // and continue there

  // State and result
  output logic             valid_o,
  output logic             commit_o,         // leaves without exception at this edge
  output logic             trap_o,           // leaves into the trap handler at this edge
  output logic             interrupt_o,
  output logic [5:0]       cause_o,
  output logic [63:0]      tval_o,
  output logic [63:0]      pc_o,
  output logic [63:0]      next_pc_o,
  output logic [31:0]      raw_o,
  output logic [31:0]      insn_o,
  output core_pkg::ctrl_t  ctrl_o,
  output logic [63:0]      rs1_value_o,
  output logic [63:0]      rs2_value_o,
  output logic [63:0]      addr_o,
  output logic [7:0]       mask_o,
  output logic [63:0]      result_o,
  output logic [7:0]       rmask_o,
  output logic [7:0]       wmask_o,
  output logic [63:0]      rdata_o,          // bytes read, zero-extended
  output logic [63:0]      wdata_o           // bytes written, zero-extended
);

  // ---------------------------------------------------------------------------------------------
  // Pipeline registers
  // ---------------------------------------------------------------------------------------------

  logic valid_q, exception_q, interrupt_q;
  logic [5:0] cause_q;
  logic [63:0] pc_q, next_pc_q, rs1_value_q, rs2_value_q, result_q, tval_q;
  logic [31:0] raw_q, insn_q;
  logic [7:0] mask_q;
  core_pkg::ctrl_t ctrl_q;
  logic rs1_late_q, rs2_late_q;
  logic [63:0] operand_a_q, operand_b_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) valid_q <= 1'b0;
    else if (!stall_o) valid_q <= x_advance_i;
  end

  always_ff @(posedge clk_i) begin
    if (x_advance_i) begin
      pc_q <= x_pc_i;
      next_pc_q <= x_next_pc_i;
      raw_q <= x_raw_i;
      insn_q <= x_insn_i;
      ctrl_q <= x_ctrl_i;
      rs1_value_q <= x_rs1_value_i;
      rs2_value_q <= x_rs2_value_i;
      result_q <= x_result_i;
      mask_q <= x_dmem_mask_i;
      rs1_late_q <= x_rs1_late_i;
      rs2_late_q <= x_rs2_late_i;
      if (x_rs1_late_i || x_rs2_late_i) begin
        operand_a_q <= x_operand_a_i;
        operand_b_q <= x_operand_b_i;
      end
      exception_q <= x_exception_i;
      interrupt_q <= x_interrupt_i;
      cause_q <= x_cause_i;
      tval_q <= x_tval_i;
    end
  end

  assign valid_o = valid_q;
  assign pc_o = pc_q;
  assign raw_o = raw_q;
  assign insn_o = insn_q;
  assign ctrl_o = ctrl_q;
  assign rs1_value_o = rs1_late_q ? w_result_i : rs1_value_q;
  assign rs2_value_o = rs2_late_q ? w_result_i : rs2_value_q;
  assign addr_o = result_q;
  assign mask_o = mask_q;

  logic is_load, is_store, is_amo, is_csr;
  assign is_load = (ctrl_q.unit == core_pkg::UnitLoad);
  assign is_store = (ctrl_q.unit == core_pkg::UnitStore);
  assign is_amo = (ctrl_q.unit == core_pkg::UnitAmo);
  assign is_csr = (ctrl_q.unit == core_pkg::UnitCsr);

  logic [4:0] amo_op;
  logic is_lr, is_sc, amo_word;
  assign amo_op = insn_q[31:27];
  assign is_lr = is_amo && amo_op == core_pkg::AmoLr;
  assign is_sc = is_amo && amo_op == core_pkg::AmoSc;
  assign amo_word = !insn_q[12];

  // ---------------------------------------------------------------------------------------------
  // Exceptions
  // ---------------------------------------------------------------------------------------------

  logic access_fault, csr_fault, exception, amo_write_q;
  // In its second cycle an atomic's access is already known to be good.
  assign access_fault = (is_load || is_store || is_amo) && dmem_err_i && !amo_write_q;
  assign csr_fault = is_csr && csr_illegal_i;
  assign exception = exception_q || access_fault || csr_fault;

  assign interrupt_o = interrupt_q;
  always_comb begin
    cause_o = cause_q;
    tval_o = tval_q;
    if (!exception_q) begin
      if (csr_fault) begin
        cause_o = core_pkg::CauseIllegal;
        tval_o = {32'b0, raw_q};
      end else if (access_fault) begin
        cause_o = (is_load || is_lr) ? core_pkg::CauseLoadAccess : core_pkg::CauseStoreAccess;
        tval_o = result_q;
      end
    end
  end

  // ---------------------------------------------------------------------------------------------
  // Bytes read
  // ---------------------------------------------------------------------------------------------

  function automatic logic [63:0] keep_bytes(input logic [63:0] data, input logic [7:0] mask);
    unique case (mask)
      8'h01: keep_bytes = {56'b0, data[7:0]};
      8'h03: keep_bytes = {48'b0, data[15:0]};
      8'h0f: keep_bytes = {32'b0, data[31:0]};
      default: keep_bytes = data;
    endcase
  endfunction

  logic [63:0] loaded;
  always_comb begin
    unique case (insn_q[14:12])
      3'b000: loaded = {{56{dmem_rdata_i[7]}}, dmem_rdata_i[7:0]};
      3'b001: loaded = {{48{dmem_rdata_i[15]}}, dmem_rdata_i[15:0]};
      3'b010: loaded = {{32{dmem_rdata_i[31]}}, dmem_rdata_i[31:0]};
      3'b100: loaded = {56'b0, dmem_rdata_i[7:0]};
      3'b101: loaded = {48'b0, dmem_rdata_i[15:0]};
      3'b110: loaded = {32'b0, dmem_rdata_i[31:0]};
      default: loaded = dmem_rdata_i;
    endcase
  end

  // ---------------------------------------------------------------------------------------------
  // Atomics: in the first cycle the old value arrives, in the second the new one is written
  // ---------------------------------------------------------------------------------------------

  logic [63:0] amo_old_q, amo_new;
  logic amo_second_cycle;
  assign amo_second_cycle = is_amo && !is_lr;
  assign stall_o = valid_q && amo_second_cycle && !exception && !amo_write_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) amo_write_q <= 1'b0;
    else amo_write_q <= stall_o;
  end

  always_ff @(posedge clk_i) begin
    if (stall_o) amo_old_q <= loaded;
  end

  amo_alu u_amo_alu (
    .op_i     (amo_op),
    .word_i   (amo_word),
    .memory_i (amo_old_q),
    .operand_i(rs2_value_q),
    .result_o (amo_new)
  );

  // The reservation: one aligned double word, and which of its words LR has read.
  logic reserved_q;
  logic [63:3] reserved_addr_q;
  logic [1:0] reserved_words_q, words;
  logic same_line, sc_success;
  always_comb begin
    words = 2'b11;
    if (mask_q != 8'hff && !(is_store && result_q[1:0] != 2'b00)) words = {result_q[2], !result_q[2]};
  end
  assign same_line = (result_q[63:3] == reserved_addr_q);
  assign sc_success = reserved_q && same_line && (words & ~reserved_words_q) == 2'b00;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      reserved_q <= 1'b0;
      reserved_addr_q <= '0;
      reserved_words_q <= '0;
    end else if (trap_o || (valid_q && ctrl_q.unit == core_pkg::UnitMret)) begin
      reserved_q <= 1'b0;
    end else if (commit_o) begin
      if (is_lr) begin
        reserved_q <= 1'b1;
        reserved_addr_q <= result_q[63:3];
        reserved_words_q <= words;
      end else if (is_sc) begin
        reserved_q <= 1'b0;
      end else if ((is_store || is_amo) && same_line && (words & reserved_words_q) != 2'b00) begin
        reserved_q <= 1'b0;
      end
    end
  end

  assign amo_req_o = amo_write_q && (!is_sc || sc_success);
  assign amo_wdata_o = amo_new;

  // ---------------------------------------------------------------------------------------------
  // Late ALU: operations whose operand was still on its way when they were in execute
  // ---------------------------------------------------------------------------------------------

  logic is_late;
  logic [63:0] late_clean, late_result;
  assign is_late = rs1_late_q || rs2_late_q;

  alu u_late_alu (
    .op_i    (ctrl_q.alu_op),
    .word_i  (ctrl_q.word),
    .a_i     (rs1_late_q ? w_result_i : operand_a_q),
    .b_i     (rs2_late_q ? w_result_i : operand_b_q),
    .result_o(late_clean)
  );
  assign late_result = fault_i ? late_clean ^ fault_mask_i : late_clean;

  // ---------------------------------------------------------------------------------------------
  // Result
  // ---------------------------------------------------------------------------------------------

  always_comb begin
    unique case (ctrl_q.unit)
      core_pkg::UnitAlu: result_o = is_late ? late_result : result_q;
      core_pkg::UnitLoad: result_o = loaded;
      core_pkg::UnitMul: result_o = product_i;
      core_pkg::UnitCsr: result_o = csr_rdata_i;
      core_pkg::UnitAmo: begin
        if (is_sc) result_o = {63'b0, !sc_success};
        else if (is_lr) result_o = loaded;
        else result_o = amo_old_q;
      end
      default: result_o = result_q;
    endcase
  end

  // ---------------------------------------------------------------------------------------------
  // Commit
  // ---------------------------------------------------------------------------------------------

  assign commit_o = valid_q && !exception && !stall_o;
  assign trap_o = valid_q && exception;

  always_comb begin
    target_o = trap_target_i;
    flush_o = trap_o;
    next_pc_o = next_pc_q;
    if (valid_q && !exception) begin
      unique case (ctrl_q.unit)
        core_pkg::UnitMret: begin
          flush_o = 1'b1;
          target_o = mepc_i;
          next_pc_o = mepc_i;
        end
        core_pkg::UnitFenceI: begin
          flush_o = 1'b1;
          target_o = next_pc_q;
        end
        default: flush_o = 1'b0;
      endcase
    end else begin
      next_pc_o = trap_target_i;
    end
  end

  // ---------------------------------------------------------------------------------------------
  // Memory effects, for the retirement port
  // ---------------------------------------------------------------------------------------------

  always_comb begin
    rmask_o = '0;
    wmask_o = '0;
    rdata_o = '0;
    wdata_o = '0;
    if (valid_q && !exception) begin
      if (is_load || (is_amo && !is_sc)) begin
        rmask_o = mask_q;
        rdata_o = keep_bytes((is_amo && !is_lr) ? amo_old_q : dmem_rdata_i, mask_q);
      end
      if (is_store || (is_amo && !is_lr && (!is_sc || sc_success))) begin
        wmask_o = mask_q;
        wdata_o = keep_bytes(is_store ? rs2_value_q : amo_new, mask_q);
      end
    end
  end

endmodule
