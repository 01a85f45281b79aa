// Control and status registers of a hart with M, S and U mode, trap entry and return (privileged
// manual 20211203, chapters 2 to 4). Which register exists, who may access it and what it reads is
// decided here; the registers live in csr_*.sv, each with the fields that stick (WARL).
//
// Where the manual leaves a choice:
// - misa cannot be written, mvendorid, marchid, mimpid, mhartid and mconfigptr are 0.
// - medeleg has every exception but an ecall from M, which cannot come from below; also the
//   misaligned fetch, which cannot come at all, since older riscv-tests want to read it back.
// - 16 PMP registers exist (64 with more than 16 entries); those without an entry are 0.
// - All of mhpmcounter3 to 31 and mhpmevent3 to 31 exist; those without a counter are 0.
// - mcounteren and scounteren have all 32 bits, so that a counter that is 0 can be read as such.
// - menvcfg and senvcfg have FIOM only, for which no fence does less; mseccfg does not exist.
// - satp keeps 16 bits of ASID, and all that is written along with mode Bare. Other modes than Bare
//   and Sv39 drop the write.
// - tselect is 0 and finds a trigger of type 0, which is none: riscv-tests' breakpoint reads that
//   without a trap. tinfo is 1, the list of types that has type 0 only.
// - Registers of H, of Sstc, of debug mode, and the odd pmpcfg of RV32 do not exist.
module csr #(
  parameter int unsigned PmpEntries = config_pkg::PmpEntries,
  parameter int unsigned HpmCounters = config_pkg::HpmCounters
) (
  input  logic        clk_i,
  input  logic        rst_ni,

  // Access by the instruction in memory. Nothing below depends on commit_i in the same cycle.
  input  logic        access_i,
  input  logic        commit_i,         // that instruction retires at this edge
  input  logic [11:0] addr_i,
  input  logic [1:0]  op_i,             // funct3[1:0]: 1 write, 2 set, 3 clear
  input  logic        write_i,          // not a mere read (set or clear with x0 or 0)
  input  logic [63:0] operand_i,
  output logic [63:0] rdata_o,
  output logic        illegal_o,        // absent, forbidden in this mode, or read-only
  output logic [63:0] written_o,        // value of the register after commit
  output logic        flush_o,          // the write changes how younger instructions are fetched,
                                        // decoded or access memory, or may have one interrupted

  // Traps
  input  logic        trap_i,           // enter the handler at this edge
  input  logic        trap_interrupt_i,
  input  logic [5:0]  trap_cause_i,
  input  logic [63:0] trap_pc_i,
  input  logic [63:0] trap_value_i,
  output logic [63:0] trap_target_o,    // depends on trap_interrupt_i and trap_cause_i
  input  logic        mret_i,
  input  logic        sret_i,
  output logic [63:0] mepc_o,
  output logic [63:0] sepc_o,

  // What governs execution and memory access
  output logic [1:0]  mode_o,
  output logic [1:0]  data_mode_o,      // with MPRV
  output logic        sv39_o,
  output logic [15:0] asid_o,
  output logic [43:0] satp_ppn_o,
  output logic        sum_o,
  output logic        mxr_o,
  output logic        tvm_o,
  output logic        tw_o,
  output logic        tsr_o,
  output logic [8*PmpEntries-1:0]  pmp_cfg_o,
  output logic [54*PmpEntries-1:0] pmp_addr_o,

  // Interrupts
  input  logic        irq_software_i,
  input  logic        irq_timer_i,
  input  logic        irq_external_i,
  input  logic        irq_s_external_i,
  output logic        irq_pending_o,    // some interrupt is to be taken
  output logic [5:0]  irq_cause_o,
  output logic        wake_o,           // wfi ends

  // Counters
  input  logic [1:0]  retire_i,         // instructions that retire at this edge
  output logic        counting_o,       // events_i is of interest
  input  logic [core_pkg::Events-1:0] events_i,
  input  logic [63:0] time_i
);

  localparam int unsigned PmpRegisters = (PmpEntries > 16) ? 64 : 16;

  // ---------------------------------------------------------------------------------------------
  // Who is addressed, and by whom
  // ---------------------------------------------------------------------------------------------

  // The unit that has the register
  logic is_status, is_irq, is_mtrap, is_strap, is_counter, is_pmp, is_misc, absent;

  always_comb begin
    is_status = 1'b0;
    is_irq = 1'b0;
    is_mtrap = 1'b0;
    is_strap = 1'b0;
    is_counter = 1'b0;
    is_pmp = 1'b0;
    is_misc = 1'b0;
    absent = 1'b0;
    if (access_i) begin
      unique casez (addr_i)
        12'h300, 12'h100: is_status = 1'b1;                    // mstatus, sstatus
        12'h303, 12'h304, 12'h344: is_irq = 1'b1;              // mideleg, mie, mip
        12'h104, 12'h144: is_irq = 1'b1;                       // sie, sip
        12'h305, 12'h340, 12'h341, 12'h342, 12'h343: is_mtrap = 1'b1;
        12'h105, 12'h140, 12'h141, 12'h142, 12'h143: is_strap = 1'b1;
        12'h306, 12'h106: is_counter = 1'b1;                   // mcounteren, scounteren
        12'h320, 12'h323, 12'h324, 12'h325, 12'h326, 12'h327,  // mcountinhibit, mhpmevent
        12'b0011_0010_1???, 12'b0011_0011_????: is_counter = 1'b1;
        12'hb00, 12'hb02, 12'hb03, 12'b1011_0000_01??, 12'b1011_0000_1???,
        12'b1011_0001_????: is_counter = 1'b1;                 // mcycle, minstret, mhpmcounter
        12'b1100_000?_????: is_counter = 1'b1;                 // cycle, time, instret, hpmcounter
        12'b0011_1010_???0: begin                              // pmpcfg
          is_pmp = 1'b1;
          absent = (32'(addr_i[3:0]) >= PmpRegisters / 4);
        end
        12'b0011_1011_????, 12'b0011_110?_????, 12'b0011_1110_????: begin  // pmpaddr
          is_pmp = 1'b1;
          absent = (32'(addr_i[6:0]) - 32'h30 >= PmpRegisters);
        end
        12'h301, 12'h302, 12'h30a, 12'h10a, 12'h180: is_misc = 1'b1;
        12'h7a0, 12'h7a1, 12'h7a2, 12'h7a3, 12'h7a4: is_misc = 1'b1;  // triggers
        12'hf11, 12'hf12, 12'hf13, 12'hf14, 12'hf15: is_misc = 1'b1;  // identity
        default: absent = 1'b1;
      endcase
    end
  end

  // Who may access it
  logic counter_forbidden;

  assign illegal_o = access_i &&
                     (absent ||
                      (mode_o < addr_i[9:8]) ||
                      (write_i && addr_i[11:10] == 2'b11) ||
                      (addr_i == 12'h180 && tvm_o && mode_o == core_pkg::ModeS) ||
                      counter_forbidden);

  // ---------------------------------------------------------------------------------------------
  // Read, and what is written
  // ---------------------------------------------------------------------------------------------

  logic [63:0] status_rdata, irq_rdata, irq_old, mtrap_rdata, strap_rdata, counter_rdata;
  logic [63:0] pmp_rdata, misc_rdata;

  always_comb begin
    rdata_o = '0;
    if (access_i) begin
      unique case (1'b1)
        is_status: rdata_o = status_rdata;
        is_irq: rdata_o = irq_rdata;
        is_mtrap: rdata_o = mtrap_rdata;
        is_strap: rdata_o = strap_rdata;
        is_counter: rdata_o = counter_rdata;
        is_pmp: rdata_o = pmp_rdata;
        is_misc: rdata_o = misc_rdata;
        default: ;
      endcase
    end
  end

  logic change, write;  // a legal write; it happens at this edge
  logic [63:0] old, wdata;
  assign change = access_i && write_i && !illegal_o;
  assign write = change && commit_i;
  // Set and clear start from what rd gets, but for the external interrupt's line (csr_interrupts).
  assign old = is_irq ? irq_old : rdata_o;

  always_comb begin
    wdata = operand_i;
    if (change) begin
      unique case (op_i)
        2'b10: wdata = old | operand_i;
        2'b11: wdata = old & ~operand_i;
        default: ;
      endcase
    end
  end

  logic [63:0] status_written, irq_written, mtrap_written, strap_written, counter_written;
  logic [63:0] pmp_written, misc_written;

  always_comb begin
    written_o = rdata_o;
    if (change) begin
      unique case (1'b1)
        is_status: written_o = status_written;
        is_irq: written_o = irq_written;
        is_mtrap: written_o = mtrap_written;
        is_strap: written_o = strap_written;
        is_counter: written_o = counter_written;
        is_pmp: written_o = pmp_written;
        is_misc: written_o = misc_written;
        default: ;
      endcase
    end
  end

  // An interrupt that a write enables comes before the next instruction (3.1.9), which may be in
  // execute by then. Which one, and whether in this mode, is of no concern: something pends seldom.
  logic status_flush, irq_wakes;
  assign flush_o = change && ((is_status && (status_flush || wake_o)) || (is_irq && irq_wakes) ||
                              is_pmp || addr_i == 12'h180);

  // ---------------------------------------------------------------------------------------------
  // Where a trap goes
  // ---------------------------------------------------------------------------------------------

  logic [63:0] mtrap_target, strap_target;
  logic [15:0] medeleg_q;
  logic [11:0] mideleg;
  logic to_s;

  // Causes above those that exist are not raised; interrupts that can be delegated are below 12.
  always_comb begin
    to_s = 1'b0;
    if (mode_o != core_pkg::ModeM) begin
      to_s = trap_interrupt_i ? (trap_cause_i < 6'd12 && mideleg[trap_cause_i[3:0]])
                              : (trap_cause_i < 6'd16 && medeleg_q[trap_cause_i[3:0]]);
    end
  end
  assign trap_target_o = to_s ? strap_target : mtrap_target;

  csr_trap_regs u_mtrap (
    .clk_i,
    .rst_ni,
    .access_i        (is_mtrap),
    .write_i         (write),
    .addr_i          (addr_i[7:0]),
    .wdata_i         (wdata),
    .rdata_o         (mtrap_rdata),
    .written_o       (mtrap_written),
    .trap_i          (trap_i && !to_s),
    .trap_interrupt_i,
    .trap_cause_i,
    .trap_pc_i,
    .trap_value_i,
    .trap_target_o   (mtrap_target),
    .epc_o           (mepc_o)
  );

  csr_trap_regs u_strap (
    .clk_i,
    .rst_ni,
    .access_i        (is_strap),
    .write_i         (write),
    .addr_i          (addr_i[7:0]),
    .wdata_i         (wdata),
    .rdata_o         (strap_rdata),
    .written_o       (strap_written),
    .trap_i          (trap_i && to_s),
    .trap_interrupt_i,
    .trap_cause_i,
    .trap_pc_i,
    .trap_value_i,
    .trap_target_o   (strap_target),
    .epc_o           (sepc_o)
  );

  // ---------------------------------------------------------------------------------------------
  // The units
  // ---------------------------------------------------------------------------------------------

  logic mstatus_mie, mstatus_sie;

  csr_status u_status (
    .clk_i,
    .rst_ni,
    .access_i      (is_status),
    .write_i       (write),
    .supervisor_i  (!addr_i[9]),
    .wdata_i       (wdata[22:0]),
    .rdata_o       (status_rdata),
    .written_o     (status_written),
    .flush_o       (status_flush),
    .trap_i,
    .trap_to_s_i   (to_s),
    .mret_i,
    .sret_i,
    .mode_o,
    .data_mode_o,
    .mie_o         (mstatus_mie),
    .sie_o         (mstatus_sie),
    .sum_o,
    .mxr_o,
    .tvm_o,
    .tw_o,
    .tsr_o
  );

  csr_interrupts u_interrupts (
    .clk_i,
    .rst_ni,
    .access_i      (is_irq),
    .write_i       (write),
    .addr_i,
    .wdata_i       (wdata[11:0]),
    .rdata_o       (irq_rdata),
    .old_o         (irq_old),
    .written_o     (irq_written),
    .wakes_o       (irq_wakes),
    .mode_i        (mode_o),
    .mie_i         (mstatus_mie),
    .sie_i         (mstatus_sie),
    .irq_software_i,
    .irq_timer_i,
    .irq_external_i,
    .irq_s_external_i,
    .mideleg_o     (mideleg),
    .irq_pending_o,
    .irq_cause_o,
    .wake_o
  );

  csr_counters #(
    .HpmCounters   (HpmCounters)
  ) u_counters (
    .clk_i,
    .rst_ni,
    .access_i      (is_counter),
    .write_i       (write),
    .addr_i,
    .wdata_i       (wdata),
    .rdata_o       (counter_rdata),
    .written_o     (counter_written),
    .mode_i        (mode_o),
    .forbidden_o   (counter_forbidden),
    .retire_i,
    .counting_o,
    .events_i,
    .time_i
  );

  csr_pmp #(
    .PmpEntries    (PmpEntries)
  ) u_pmp (
    .clk_i,
    .rst_ni,
    .access_i      (is_pmp),
    .write_i       (write),
    .addr_i        (addr_i[6:0]),
    .wdata_i       (wdata),
    .rdata_o       (pmp_rdata),
    .written_o     (pmp_written),
    .pmp_cfg_o,
    .pmp_addr_o
  );

  // ---------------------------------------------------------------------------------------------
  // satp, medeleg, menvcfg, senvcfg, constants
  // ---------------------------------------------------------------------------------------------

  logic satp_sv39_q, menvcfg_fiom_q, senvcfg_fiom_q;
  logic [15:0] satp_asid_q;
  logic [43:0] satp_ppn_q;
  assign {sv39_o, asid_o, satp_ppn_o} = {satp_sv39_q, satp_asid_q, satp_ppn_q};

  always_comb begin
    misc_rdata = '0;
    if (is_misc) begin
      unique case (addr_i)
        12'h301: misc_rdata = core_pkg::Misa;
        12'h302: misc_rdata = {48'b0, medeleg_q};
        12'h30a: misc_rdata = {63'b0, menvcfg_fiom_q};
        12'h10a: misc_rdata = {63'b0, senvcfg_fiom_q};
        12'h180: misc_rdata = {satp_sv39_q, 3'b0, satp_asid_q, satp_ppn_q};
        12'h7a4: misc_rdata = 64'd1;
        default: ;
      endcase
    end
  end

  always_comb begin
    misc_written = misc_rdata;
    if (is_misc && write_i) begin
      unique case (addr_i)
        12'h302: misc_written = wdata & 64'hb3ff;
        12'h30a, 12'h10a: misc_written = wdata & 64'h1;
        12'h180: if (wdata[62:60] == 3'b0) misc_written = wdata;
        default: ;
      endcase
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      medeleg_q <= '0;
      menvcfg_fiom_q <= 1'b0;
      senvcfg_fiom_q <= 1'b0;
      satp_sv39_q <= 1'b0;
      satp_asid_q <= '0;
      satp_ppn_q <= '0;
    end else if (is_misc && write) begin
      unique case (addr_i)
        12'h302: medeleg_q <= misc_written[15:0];
        12'h30a: menvcfg_fiom_q <= misc_written[0];
        12'h10a: senvcfg_fiom_q <= misc_written[0];
        12'h180: begin
          satp_sv39_q <= misc_written[63];
          satp_asid_q <= misc_written[59:44];
          satp_ppn_q <= misc_written[43:0];
        end
        default: ;
      endcase
    end
  end

endmodule
