// Physical memory protection (privileged manual, 3.7): may this access go to its address?
//
// The entry with the lowest number that matches any byte of the access decides, and fails it unless
// it matches all of them. The granularity is 4 bytes, so that everything is counted in these.
module pmp #(
  parameter int unsigned Entries = 8
) (
  input  logic                   check_i,    // without it ok_o means nothing
  input  logic [55:0]            addr_i,     // first byte
  input  logic [2:0]             last_i,     // bytes that follow it
  input  core_pkg::access_e      access_i,
  input  logic [1:0]             mode_i,     // that the access counts as
  input  logic [8*Entries-1:0]   pmp_cfg_i,  // {L, 2'b0, A[1:0], X, W, R} an entry
  input  logic [54*Entries-1:0]  pmp_addr_i,
  output logic                   ok_o
);

  localparam logic [1:0] Off = 2'd0;
  localparam logic [1:0] Tor = 2'd1;
  localparam logic [1:0] Na4 = 2'd2;

  // 4-byte units of the access. One at the very end of the address space does not wrap around.
  logic [56:0] last_byte;
  logic [54:0] first, last;

  logic decided;          // an entry matches: this one
  logic [7:0] cfg;
  logic [53:0] entry_addr, previous_addr, span;
  logic [54:0] low, high; // the entry's units: low <= unit < high
  logic permitted;

  logic active;           // some entry is not off
  assign active = (pmp_cfg_i & {Entries{8'h18}}) != '0;

  always_comb begin
    decided = 1'b0;
    permitted = 1'b0;
    ok_o = mode_i == core_pkg::ModeM;
    cfg = '0;
    entry_addr = '0;
    previous_addr = '0;
    span = '0;
    low = '0;
    high = '0;
    last_byte = '0;
    first = '0;
    last = '0;
    if (check_i && active) begin
      last_byte = {1'b0, addr_i} + {54'b0, last_i};
      first = {1'b0, addr_i[55:2]};
      last = last_byte[56:2];
      for (int unsigned i = 0; i < Entries; i++) begin
        cfg = pmp_cfg_i[8*i+:8];
        previous_addr = entry_addr;
        entry_addr = pmp_addr_i[54*i+:54];
        if (!decided && cfg[4:3] != Off) begin
          // A naturally aligned region's address ends in a 0 and ones that stand for its size.
          span = cfg[4:3] == Na4 ? '0 : entry_addr ^ (entry_addr + 54'd1);
          if (cfg[4:3] == Tor) begin
            low = {1'b0, previous_addr};
            high = {1'b0, entry_addr};
          end else begin
            low = {1'b0, entry_addr & ~span};
            high = {1'b0, entry_addr | span} + 55'd1;
          end
          // With low >= high there is nothing that an access could be in, even if it seems to be
          // on the right side of either.
          if (low < high && first < high && last >= low) begin
            decided = 1'b1;
            unique case (access_i)
              core_pkg::AccessFetch: permitted = cfg[2];
              core_pkg::AccessStore: permitted = cfg[1];
              default:               permitted = cfg[0];
            endcase
            ok_o = first >= low && last < high &&
                   (permitted || (mode_i == core_pkg::ModeM && !cfg[7]));
          end
        end
      end
    end
  end

  logic unused;
  assign unused = ^{last_byte[1:0], cfg[6:5]};

endmodule
