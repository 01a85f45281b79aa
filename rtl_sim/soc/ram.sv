// Main memory of the simulated system: its bytes are in C++ (rtl_sim/model), reached through DPI.
//
// Both ports answer one cycle after the address. Hardware would build it of eight byte-wide banks,
// each with its own row, so that an access may start at any byte.
module ram (
  input  logic        clk_i,

  // Where the memory is, and the C++ object behind it: constant while the clock runs
  input  logic [63:0] base_i,
  input  logic [63:0] size_i,      // at least 8
  input  logic [63:0] handle_i,

  // Instruction port: 4 bytes from any even address
  input  logic [63:0] imem_addr_i,
  output logic [31:0] imem_rdata_o,
  output logic [1:0]  imem_err_o,

  // Data port: up to 8 bytes at any address
  input  logic        dmem_req_i,
  input  logic        dmem_we_i,
  input  logic [63:0] dmem_addr_i,
  input  logic [7:0]  dmem_mask_i,
  input  logic [63:0] dmem_wdata_i,
  output logic [63:0] dmem_rdata_o,
  output logic        dmem_err_o
);

  import "DPI-C" function int unsigned zext_ram_fetch(input longint unsigned handle,
                                                      input longint unsigned offset);
  import "DPI-C" function longint unsigned zext_ram_read(input longint unsigned handle,
                                                         input longint unsigned offset);
  import "DPI-C" function void zext_ram_write(input longint unsigned handle,
                                              input longint unsigned offset,
                                              input byte unsigned mask,
                                              input longint unsigned data);

  logic [63:0] imem_offset, dmem_offset;
  assign imem_offset = imem_addr_i - base_i;
  assign dmem_offset = dmem_addr_i - base_i;

  logic imem_in_low, imem_in_high;
  assign imem_in_low = imem_offset <= size_i - 64'd2;
  assign imem_in_high = imem_offset + 64'd2 <= size_i - 64'd2;

  always_ff @(posedge clk_i) begin
    imem_err_o <= {!imem_in_high, !imem_in_low};
    // The host memory has slack behind its end, so that a fetch of the last halfword may overrun.
    if (imem_in_low) imem_rdata_o <= zext_ram_fetch(handle_i, imem_offset);
  end

  logic dmem_in;
  logic [63:0] dmem_last;  // offset of the last byte from that of the first
  always_comb begin
    unique case (dmem_mask_i)
      8'h01: dmem_last = 64'd0;
      8'h03: dmem_last = 64'd1;
      8'h0f: dmem_last = 64'd3;
      default: dmem_last = 64'd7;
    endcase
  end
  assign dmem_in = dmem_offset < size_i - dmem_last;

  always_ff @(posedge clk_i) begin
    dmem_err_o <= dmem_req_i && !dmem_in;
    if (dmem_req_i && dmem_in) begin
      if (dmem_we_i) zext_ram_write(handle_i, dmem_offset, dmem_mask_i, dmem_wdata_i);
      else dmem_rdata_o <= zext_ram_read(handle_i, dmem_offset);
    end
  end

endmodule
