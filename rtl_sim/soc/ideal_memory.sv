// Main memory without caches: both ports answer one cycle after the address, from any address.
//
// A write comes before the reads of the same edge. The bytes are in C++ (rtl_sim/model); hardware
// would build this of eight byte-wide banks, each with its own row.
module ideal_memory (
  input  logic        clk_i,
  input  logic [63:0] handle_i,     // the C++ object behind the memory: constant

  // Instructions: 8 bytes from any even address
  input  logic [55:0] iaddr_i,
  output logic [63:0] irdata_o,

  // Data: 1, 2, 4 or 8 bytes, right-justified
  input  logic        write_i,
  input  logic [55:0] waddr_i,
  input  logic [7:0]  wmask_i,      // as many ones from bit 0 as there are bytes
  input  logic [63:0] wdata_i,
  input  logic        read_i,
  input  logic [55:0] raddr_i,
  output logic [63:0] rdata_o
);

  import "DPI-C" function longint unsigned zext_memory_read(input longint unsigned handle,
                                                            input longint unsigned address);
  import "DPI-C" function void zext_memory_write(input longint unsigned handle,
                                                 input longint unsigned address,
                                                 input byte unsigned mask,
                                                 input longint unsigned data);

  logic [63:0] irdata_q, rdata_q;

  always_ff @(posedge clk_i) begin
    if (write_i) zext_memory_write(handle_i, {8'b0, waddr_i}, wmask_i, wdata_i);
    if (read_i) rdata_q <= zext_memory_read(handle_i, {8'b0, raddr_i});
    irdata_q <= zext_memory_read(handle_i, {8'b0, iaddr_i});
  end

  assign irdata_o = irdata_q;
  assign rdata_o = rdata_q;

endmodule
