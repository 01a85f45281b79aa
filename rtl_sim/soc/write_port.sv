// Takes the 8-byte pieces of evicted lines, one a cycle, never busy. The bytes are in C++.
module write_port (
  input logic        clk_i,
  input logic [63:0] handle_i,
  input logic        req_i,
  input logic [55:0] addr_i,    // a multiple of 8
  input logic [63:0] wdata_i
);

  import "DPI-C" function void zext_memory_write(input longint unsigned handle,
                                                 input longint unsigned address,
                                                 input byte unsigned mask,
                                                 input longint unsigned data);

  always_ff @(posedge clk_i) begin
    if (req_i) zext_memory_write(handle_i, {8'b0, addr_i}, 8'hff, wdata_i);
  end

endmodule
