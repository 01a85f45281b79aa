// Physical memory protection: its registers. The grain is 4 bytes, so that every bit of an address
// and each of the four kinds of range exists.
//
// A locked entry keeps configuration and address until reset, and a locked entry of kind TOR also
// its predecessor's address, which is its lower bound. Write without read is reserved: the write
// permission is dropped.
module csr_pmp #(
  parameter int unsigned PmpEntries = 8
) (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        access_i,         // one of these registers is addressed
  input  logic        write_i,          // and written at this edge, if access_i
  input  logic [6:0]  addr_i,           // of the register: 0x3a0 on: pmpcfg, 0x3b0 on: pmpaddr
  input  logic [63:0] wdata_i,
  output logic [63:0] rdata_o,
  output logic [63:0] written_o,

  output logic [8*PmpEntries-1:0]  pmp_cfg_o,
  output logic [54*PmpEntries-1:0] pmp_addr_o
);

  logic [8*PmpEntries-1:0] cfg_q;
  logic [54*PmpEntries-1:0] addr_q;

  assign pmp_cfg_o = cfg_q;
  assign pmp_addr_o = addr_q;

  logic is_cfg;
  logic [5:0] first;  // entry of the register, or the first of its eight
  always_comb begin
    is_cfg = 1'b0;
    first = '0;
    if (access_i) begin
      is_cfg = (addr_i[6:4] == 3'b010);
      first = is_cfg ? {addr_i[3:1], 3'b0} : 6'(addr_i - 7'h30);
    end
  end

  always_comb begin
    rdata_o = '0;
    if (access_i) begin
      for (int unsigned i = 0; i < PmpEntries; i++) begin
        if (is_cfg && 32'(first[5:3]) == i / 8) rdata_o[8*(i%8) +: 8] = cfg_q[8*i +: 8];
        if (!is_cfg && 32'(first) == i) rdata_o[53:0] = addr_q[54*i +: 54];
      end
    end
  end

  // Entries that are the lower bound of a locked one
  logic [PmpEntries-1:0] bounds_locked;

  always_comb begin
    bounds_locked = '0;
    if (access_i) begin
      for (int unsigned i = 0; i < PmpEntries - 1; i++) begin
        bounds_locked[i] = cfg_q[8*i+15] && cfg_q[8*i+11 +: 2] == 2'b01;
      end
    end
  end

  // Each entry of the register is replaced unless it is locked.
  always_comb begin
    written_o = '0;
    if (access_i) begin
      for (int unsigned i = 0; i < PmpEntries; i++) begin
        if (is_cfg && 32'(first[5:3]) == i / 8) begin
          written_o[8*(i%8) +: 8] = cfg_q[8*i+7]
              ? cfg_q[8*i +: 8]
              : wdata_i[8*(i%8) +: 8] & {6'b100111, wdata_i[8*(i%8)], 1'b1};
        end
        if (!is_cfg && 32'(first) == i) begin
          written_o[53:0] = (cfg_q[8*i+7] || bounds_locked[i]) ? addr_q[54*i +: 54]
                                                               : wdata_i[53:0];
        end
      end
    end
  end

  // Functions, and not parts that are written: these vectors are wide, and simulation would copy
  // them in each cycle.
  function automatic logic [8*PmpEntries-1:0] with_cfg(input logic [8*PmpEntries-1:0] old,
                                                       input logic [2:0] group,
                                                       input logic [63:0] value);
    with_cfg = old;
    for (int unsigned i = 0; i < PmpEntries; i++) begin
      if (32'(group) == i / 8) with_cfg[8*i +: 8] = value[8*(i%8) +: 8];
    end
  endfunction

  function automatic logic [54*PmpEntries-1:0] with_addr(input logic [54*PmpEntries-1:0] old,
                                                         input logic [5:0] entry,
                                                         input logic [53:0] value);
    with_addr = old;
    for (int unsigned i = 0; i < PmpEntries; i++) begin
      if (32'(entry) == i) with_addr[54*i +: 54] = value;
    end
  endfunction

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      cfg_q <= '0;
      addr_q <= '0;
    end else if (access_i && write_i) begin
      if (is_cfg) cfg_q <= with_cfg(cfg_q, first[5:3], written_o);
      else addr_q <= with_addr(addr_q, first, written_o[53:0]);
    end
  end

endmodule
