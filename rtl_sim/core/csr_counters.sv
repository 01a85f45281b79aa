// Counters: mcycle, minstret, HpmCounters programmable ones, what they count, who may read them.
//
// A write wins over the count of its own cycle and instruction. mhpmevent holds the number of an
// event (core_pkg); a number that no event has becomes 0, which counts nothing. mcountinhibit takes
// effect behind the instruction that writes it.
module csr_counters #(
  parameter int unsigned HpmCounters = 8
) (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        access_i,         // one of these registers is addressed
  input  logic        write_i,          // and written at this edge, if access_i
  input  logic [11:0] addr_i,
  input  logic [63:0] wdata_i,
  output logic [63:0] rdata_o,
  output logic [63:0] written_o,

  input  logic [1:0]  mode_i,
  output logic        forbidden_o,      // mode_i must not read this counter

  input  logic [1:0]  retire_i,
  output logic        counting_o,       // some counter has an event: without, nobody need look
  input  logic [core_pkg::Events-1:0] events_i,
  input  logic [63:0] time_i
);

  localparam int unsigned Last = HpmCounters + 2;
  // mcountinhibit: all counters there are, but not time
  localparam logic [31:0] InhibitMask = 32'((33'd1 << (Last + 1)) - 33'd1) & ~32'd2;

  logic [63:0] mcycle_q, minstret_q;
  logic [31:0] mcounteren_q, scounteren_q, inhibit_q;
  logic [64*HpmCounters-1:0] count_q;
  logic [5*HpmCounters-1:0] event_q;
  logic any_event_q;

  logic [4:0] index;
  assign index = addr_i[4:0];

  // ---------------------------------------------------------------------------------------------
  // Access
  // ---------------------------------------------------------------------------------------------

  logic is_count, is_event;  // mhpmcounter and hpmcounter, mhpmevent
  logic [63:0] legal_event;
  always_comb begin
    is_count = 1'b0;
    is_event = 1'b0;
    legal_event = '0;
    if (access_i) begin
      is_count = (addr_i[11:8] == 4'hb || addr_i[11:8] == 4'hc) && index > 5'd2;
      is_event = (addr_i[11:5] == 7'b0011_001) && index > 5'd2;
      if (wdata_i < 64'(core_pkg::Events)) legal_event = wdata_i;
    end
  end

  always_comb begin
    rdata_o = '0;
    if (access_i) begin
      unique case (addr_i)
        12'hb00, 12'hc00: rdata_o = mcycle_q;
        12'hc01: rdata_o = time_i;
        12'hb02, 12'hc02: rdata_o = minstret_q;
        12'h306: rdata_o = {32'b0, mcounteren_q};
        12'h106: rdata_o = {32'b0, scounteren_q};
        12'h320: rdata_o = {32'b0, inhibit_q};
        default: begin
          for (int unsigned i = 0; i < HpmCounters; i++) begin
            if (32'(index) == i + 3) begin
              rdata_o = is_event ? {59'b0, event_q[5*i +: 5]} : count_q[64*i +: 64];
            end
          end
        end
      endcase
    end
  end

  always_comb begin
    written_o = '0;
    if (access_i) begin
      unique case (addr_i)
        12'hb00, 12'hb02: written_o = wdata_i;
        12'h306, 12'h106: written_o = {32'b0, wdata_i[31:0]};
        12'h320: written_o = {32'b0, wdata_i[31:0] & InhibitMask};
        default: if (32'(index) <= Last) written_o = is_event ? legal_event : wdata_i;
      endcase
    end
  end

  assign forbidden_o = access_i && addr_i[11:8] == 4'hc &&
                       ((mode_i != core_pkg::ModeM && !mcounteren_q[index]) ||
                        (mode_i == core_pkg::ModeU && !scounteren_q[index]));

  logic write;
  assign write = access_i && write_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      mcounteren_q <= '0;
      scounteren_q <= '0;
      inhibit_q <= '0;
    end else if (write) begin
      unique case (addr_i)
        12'h306: mcounteren_q <= written_o[31:0];
        12'h106: scounteren_q <= written_o[31:0];
        12'h320: inhibit_q <= written_o[31:0];
        default: ;
      endcase
    end
  end

  // ---------------------------------------------------------------------------------------------
  // Count
  // ---------------------------------------------------------------------------------------------

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      mcycle_q <= '0;
      minstret_q <= '0;
    end else begin
      if (!inhibit_q[0]) mcycle_q <= mcycle_q + 64'd1;
      if (!inhibit_q[2]) minstret_q <= minstret_q + {62'b0, retire_i};
      if (write) begin
        if (addr_i == 12'hb00) mcycle_q <= wdata_i;
        if (addr_i == 12'hb02) minstret_q <= wdata_i;
      end
    end
  end

  // Event 0 never happens, and indices beyond the last one are in reach of a 5-bit number.
  logic [31:0] events;
  always_comb begin
    events = '0;
    if (any_event_q) begin
      events = {{(32 - core_pkg::Events) {1'b0}}, events_i[core_pkg::Events-1:1], 1'b0};
    end
  end

  assign counting_o = any_event_q;

  // Functions, and not parts that are written: these vectors are wide, and simulation would copy
  // them in each cycle.
  function automatic logic [64*HpmCounters-1:0] counted(
      input logic [64*HpmCounters-1:0] old, input logic [5*HpmCounters-1:0] selected,
      input logic [31:0] happened, input logic [31:0] inhibited);
    counted = old;
    for (int unsigned i = 0; i < HpmCounters; i++) begin
      if (happened[selected[5*i +: 5]] && !inhibited[i+3]) begin
        counted[64*i +: 64] = old[64*i +: 64] + 64'd1;
      end
    end
  endfunction

  function automatic logic [64*HpmCounters-1:0] with_count(
      input logic [64*HpmCounters-1:0] old, input logic [4:0] register, input logic [63:0] value);
    with_count = old;
    for (int unsigned i = 0; i < HpmCounters; i++) begin
      if (32'(register) == i + 3) with_count[64*i +: 64] = value;
    end
  endfunction

  function automatic logic [5*HpmCounters-1:0] with_event(
      input logic [5*HpmCounters-1:0] old, input logic [4:0] register, input logic [4:0] value);
    with_event = old;
    for (int unsigned i = 0; i < HpmCounters; i++) begin
      if (32'(register) == i + 3) with_event[5*i +: 5] = value;
    end
  endfunction

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      count_q <= '0;
      event_q <= '0;
      any_event_q <= 1'b0;
    end else if (write && is_count) begin
      any_event_q <= (event_q != '0);
      count_q <= with_count(counted(count_q, event_q, events, inhibit_q), index, wdata_i);
    end else if (any_event_q || (write && is_event)) begin
      any_event_q <= (event_q != '0) || write;
      count_q <= counted(count_q, event_q, events, inhibit_q);
      if (write && is_event) event_q <= with_event(event_q, index, legal_event[4:0]);
    end
  end

  logic unused;
  assign unused = events_i[0];

endmodule
