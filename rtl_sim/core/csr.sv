// Machine-mode control and status registers, trap entry and return (privileged manual, chapter 3).
//
// The hart has machine mode only: the registers that come with U and S mode do not exist, and
// accessing them is an illegal instruction, like any other absent register.
module csr (
  input  logic        clk_i,
  input  logic        rst_ni,

  // Access by the instruction in memory
  input  logic        access_i,
  input  logic        commit_i,         // that instruction retires at this edge
  input  logic [11:0] addr_i,
  input  logic [1:0]  op_i,             // funct3[1:0]: 1 write, 2 set, 3 clear
  input  logic        write_i,          // not a mere read (set or clear with x0 or 0)
  input  logic [63:0] operand_i,
  output logic [63:0] rdata_o,
  output logic        illegal_o,        // absent, or a write to a read-only register
  output logic [63:0] written_o,        // value of the register after commit

  // Traps
  input  logic        trap_i,           // enter the handler at this edge
  input  logic        trap_interrupt_i,
  input  logic [5:0]  trap_cause_i,
  input  logic [63:0] trap_pc_i,
  input  logic [63:0] trap_value_i,
  output logic [63:0] trap_target_o,
  input  logic        mret_i,
  output logic [63:0] mepc_o,

  // Interrupts
  input  logic        irq_software_i,
  input  logic        irq_timer_i,
  input  logic        irq_external_i,
  output logic        irq_pending_o,    // some interrupt is to be taken
  output logic [5:0]  irq_cause_o,

  // Counters
  input  logic        retire_i,
  input  logic [63:0] time_i
);

  logic [63:0] mscratch_q, mepc_q, mcause_q, mtval_q, mcycle_q, minstret_q;
  logic [63:2] mtvec_base_q;
  logic mtvec_vectored_q;
  logic mstatus_mie_q, mstatus_mpie_q;
  logic mie_software_q, mie_timer_q, mie_external_q;
  logic inhibit_cycle_q, inhibit_instret_q;

  // ---------------------------------------------------------------------------------------------
  // Read
  // ---------------------------------------------------------------------------------------------

  logic absent;

  always_comb begin
    rdata_o = '0;
    absent = 1'b0;
    if (access_i) begin
      unique casez (addr_i)
        12'h300: begin  // mstatus: MPP is machine mode, always
          rdata_o = {51'b0, 2'b11, 3'b0, mstatus_mpie_q, 3'b0, mstatus_mie_q, 3'b0};
        end
        12'h301: rdata_o = core_pkg::Misa;
        12'h304: rdata_o = {52'b0, mie_external_q, 3'b0, mie_timer_q, 3'b0, mie_software_q, 3'b0};
        12'h305: rdata_o = {mtvec_base_q, 1'b0, mtvec_vectored_q};
        12'h320: rdata_o = {61'b0, inhibit_instret_q, 1'b0, inhibit_cycle_q};  // mcountinhibit
        12'h323, 12'h324, 12'h325, 12'h326, 12'h327, 12'b0011_0010_1???, 12'b0011_0011_????: begin
          rdata_o = '0;  // mhpmevent3 to 31
        end
        12'h340: rdata_o = mscratch_q;
        12'h341: rdata_o = mepc_q;
        12'h342: rdata_o = mcause_q;
        12'h343: rdata_o = mtval_q;
        12'h344: rdata_o = {52'b0, irq_external_i, 3'b0, irq_timer_i, 3'b0, irq_software_i, 3'b0};
        12'hb00, 12'hc00: rdata_o = mcycle_q;
        12'hc01: rdata_o = time_i;
        12'hb02, 12'hc02: rdata_o = minstret_q;
        // mhpmcounter3 to 31 and hpmcounter3 to 31
        12'b1011_0000_0011, 12'b1011_0000_01??, 12'b1011_0000_1???, 12'b1011_0001_????,
        12'b1100_0000_0011, 12'b1100_0000_01??, 12'b1100_0000_1???, 12'b1100_0001_????: begin
          rdata_o = '0;
        end
        12'hf11, 12'hf12, 12'hf13, 12'hf14, 12'hf15: begin
          rdata_o = '0;  // mvendorid, marchid, mimpid, mhartid, mconfigptr
        end
        default: absent = 1'b1;
      endcase
    end
  end

  assign illegal_o = absent || (write_i && addr_i[11:10] == 2'b11);

  // ---------------------------------------------------------------------------------------------
  // Write
  // ---------------------------------------------------------------------------------------------

  logic write;
  logic [63:0] wdata;
  assign write = access_i && write_i && commit_i && !illegal_o;

  always_comb begin
    unique case (op_i)
      2'b10: wdata = rdata_o | operand_i;
      2'b11: wdata = rdata_o & ~operand_i;
      default: wdata = operand_i;
    endcase
  end

  // The fields that stick (WARL), for the retirement port.
  always_comb begin
    unique casez (addr_i)
      12'h300: written_o = {51'b0, 2'b11, 3'b0, wdata[7], 3'b0, wdata[3], 3'b0};
      12'h304: written_o = wdata & 64'h888;
      12'h305: written_o = wdata[1] ? rdata_o : {wdata[63:2], 1'b0, wdata[0]};
      12'h320: written_o = wdata & 64'h5;
      12'h341: written_o = {wdata[63:1], 1'b0};
      12'h340, 12'h342, 12'h343, 12'hb00, 12'hb02: written_o = wdata;
      default: written_o = rdata_o;
    endcase
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      mtvec_base_q <= '0;
      mtvec_vectored_q <= 1'b0;
      mie_software_q <= 1'b0;
      mie_timer_q <= 1'b0;
      mie_external_q <= 1'b0;
      inhibit_cycle_q <= 1'b0;
      inhibit_instret_q <= 1'b0;
      mscratch_q <= '0;
    end else if (write) begin
      unique case (addr_i)
        12'h304: begin
          mie_software_q <= wdata[3];
          mie_timer_q <= wdata[7];
          mie_external_q <= wdata[11];
        end
        12'h305: begin
          if (!wdata[1]) begin  // modes 2 and 3 are reserved: the write is dropped
            mtvec_base_q <= wdata[63:2];
            mtvec_vectored_q <= wdata[0];
          end
        end
        12'h320: begin
          inhibit_cycle_q <= wdata[0];
          inhibit_instret_q <= wdata[2];
        end
        12'h340: mscratch_q <= wdata;
        default: ;
      endcase
    end
  end

  // ---------------------------------------------------------------------------------------------
  // Registers that traps write too
  // ---------------------------------------------------------------------------------------------

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      mstatus_mie_q <= 1'b0;
      mstatus_mpie_q <= 1'b0;
      mepc_q <= '0;
      mcause_q <= '0;
      mtval_q <= '0;
    end else if (trap_i) begin
      mstatus_mpie_q <= mstatus_mie_q;
      mstatus_mie_q <= 1'b0;
      mepc_q <= trap_pc_i;
      mcause_q <= {trap_interrupt_i, 57'b0, trap_cause_i};
      mtval_q <= trap_value_i;
    end else if (mret_i) begin
      mstatus_mie_q <= mstatus_mpie_q;
      mstatus_mpie_q <= 1'b1;
    end else if (write) begin
      unique case (addr_i)
        12'h300: begin
          mstatus_mie_q <= wdata[3];
          mstatus_mpie_q <= wdata[7];
        end
        12'h341: mepc_q <= {wdata[63:1], 1'b0};
        12'h342: mcause_q <= wdata;
        12'h343: mtval_q <= wdata;
        default: ;
      endcase
    end
  end

  assign mepc_o = mepc_q;
  assign trap_target_o = (mtvec_vectored_q && trap_interrupt_i)
                         ? {mtvec_base_q, 2'b0} + {56'b0, trap_cause_i, 2'b0}
                         : {mtvec_base_q, 2'b0};

  // ---------------------------------------------------------------------------------------------
  // Counters: a write wins over the count of its own cycle and instruction
  // ---------------------------------------------------------------------------------------------

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      mcycle_q <= '0;
      minstret_q <= '0;
    end else begin
      if (write && addr_i == 12'hb00) mcycle_q <= wdata;
      else if (!inhibit_cycle_q) mcycle_q <= mcycle_q + 64'd1;

      if (write && addr_i == 12'hb02) minstret_q <= wdata;
      else if (retire_i && !inhibit_instret_q) minstret_q <= minstret_q + 64'd1;
    end
  end

  // ---------------------------------------------------------------------------------------------
  // Interrupts, by priority: external, software, timer
  // ---------------------------------------------------------------------------------------------

  logic external_ready, software_ready, timer_ready;
  assign external_ready = irq_external_i && mie_external_q;
  assign software_ready = irq_software_i && mie_software_q;
  assign timer_ready = irq_timer_i && mie_timer_q;

  assign irq_pending_o = mstatus_mie_q && (external_ready || software_ready || timer_ready);
  always_comb begin
    if (external_ready) irq_cause_o = core_pkg::IrqExternal;
    else if (software_ready) irq_cause_o = core_pkg::IrqSoftware;
    else irq_cause_o = core_pkg::IrqTimer;
  end

endmodule
