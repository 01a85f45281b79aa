// Interrupts: mip, mie, mideleg, their views sip and sie, and which interrupt is to be taken.
//
// The lines of M mode and the external one of S mode come from outside; SSIP, STIP and a SEIP of
// its own are software's. The external line shows in SEIP when read, but takes no part in a
// read-modify-write (3.1.9). Of sip only SSIP can be written, and that if it is delegated.
module csr_interrupts (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        access_i,         // one of these registers is addressed
  input  logic        write_i,          // and written at this edge, if access_i
  input  logic [11:0] addr_i,
  input  logic [11:0] wdata_i,          // the part that can be written
  output logic [63:0] rdata_o,
  output logic [63:0] old_o,            // what set and clear start from
  output logic [63:0] written_o,
  output logic        wakes_o,          // the write leaves something enabled pending

  input  logic [1:0]  mode_i,
  input  logic        mie_i,            // mstatus.MIE
  input  logic        sie_i,            // mstatus.SIE

  input  logic        irq_software_i,
  input  logic        irq_timer_i,
  input  logic        irq_external_i,
  input  logic        irq_s_external_i,

  output logic [11:0] mideleg_o,
  output logic        irq_pending_o,
  output logic [5:0]  irq_cause_o,
  output logic        wake_o
);

  localparam logic [11:0] SupervisorMask = 12'h222;
  localparam logic [11:0] AllMask = 12'haaa;

  logic [11:0] mie_q, mideleg_q, soft_q, lines, mip;

  always_comb begin
    lines = '0;
    if (access_i || mie_q != '0) begin
      lines = {irq_external_i, 1'b0, irq_s_external_i, 1'b0, irq_timer_i, 3'b0, irq_software_i,
               3'b0};
    end
  end
  assign mip = soft_q | lines;
  assign mideleg_o = mideleg_q;

  // ---------------------------------------------------------------------------------------------
  // Access
  // ---------------------------------------------------------------------------------------------

  // How the register, or its view, shows itself, and what set and clear start from
  logic [11:0] shown, old;

  always_comb begin
    shown = '0;
    old = '0;
    if (access_i) begin
      unique case (addr_i)
        12'h303: shown = mideleg_q;
        12'h304: shown = mie_q;
        12'h104: shown = mie_q & mideleg_q;
        12'h344: shown = mip;
        default: shown = mip & mideleg_q;  // sip
      endcase
      unique case (addr_i)
        12'h344: old = soft_q | (lines & ~SupervisorMask);
        12'h144: old = soft_q & mideleg_q;
        default: old = shown;
      endcase
    end
  end

  // What the register behind a view holds after the write, and what is then read
  logic [11:0] next, shown_next;

  always_comb begin
    next = '0;
    shown_next = '0;
    if (access_i) begin
      unique case (addr_i)
        12'h303: next = wdata_i & SupervisorMask;
        12'h304: next = wdata_i & AllMask;
        12'h104: next = (mie_q & ~mideleg_q) | (wdata_i & mideleg_q);
        12'h344: next = wdata_i & SupervisorMask;
        default: begin
          next = soft_q;
          if (mideleg_q[1]) next[1] = wdata_i[1];
        end
      endcase
      unique case (addr_i)
        12'h104: shown_next = next & mideleg_q;
        12'h344: shown_next = next | lines;
        12'h144: shown_next = (next | lines) & mideleg_q;
        default: shown_next = next;
      endcase
    end
  end

  always_comb begin
    wakes_o = 1'b0;
    if (access_i) begin
      unique case (addr_i)
        12'h303: wakes_o = (mip & mie_q) != '0;
        12'h304, 12'h104: wakes_o = (mip & next) != '0;
        default: wakes_o = ((next | lines) & mie_q) != '0;
      endcase
    end
  end

  assign rdata_o = {52'b0, shown};
  assign old_o = {52'b0, old};
  assign written_o = {52'b0, shown_next};

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      mideleg_q <= '0;
      mie_q <= '0;
      soft_q <= '0;
    end else if (access_i && write_i) begin
      unique case (addr_i)
        12'h303: mideleg_q <= next;
        12'h304, 12'h104: mie_q <= next;
        default: soft_q <= next;
      endcase
    end
  end

  // ---------------------------------------------------------------------------------------------
  // What is to be taken: M mode's before S mode's; then external, software, timer, of M before of S
  // ---------------------------------------------------------------------------------------------

  logic [11:0] ready, for_m, for_s, taken;
  logic m_enabled, s_enabled;

  assign ready = mip & mie_q;
  assign wake_o = (ready != '0);

  assign m_enabled = mode_i != core_pkg::ModeM || mie_i;
  assign s_enabled = mode_i == core_pkg::ModeU || (mode_i == core_pkg::ModeS && sie_i);

  always_comb begin
    for_m = '0;
    for_s = '0;
    taken = '0;
    irq_cause_o = core_pkg::IrqSTimer;
    if (wake_o) begin
      if (m_enabled) for_m = ready & ~mideleg_q;
      if (s_enabled) for_s = ready & mideleg_q;
      taken = (for_m != '0) ? for_m : for_s;
      if (taken[11]) irq_cause_o = core_pkg::IrqExternal;
      else if (taken[3]) irq_cause_o = core_pkg::IrqSoftware;
      else if (taken[7]) irq_cause_o = core_pkg::IrqTimer;
      else if (taken[9]) irq_cause_o = core_pkg::IrqSExternal;
      else if (taken[1]) irq_cause_o = core_pkg::IrqSSoftware;
    end
  end

  assign irq_pending_o = (taken != '0);

endmodule
