// Two small ways, so that everything displaces everything.
package config_pkg;

  localparam bit Caches = 1'b1;
  localparam int unsigned LineBytes = 64;
  localparam int unsigned DcacheBytes = 1024;
  localparam int unsigned DcacheWays = 2;
  localparam int unsigned StoreBufferEntries = 4;
  localparam int unsigned DtlbEntries = 4;
  localparam int unsigned PmpEntries = 8;

endpackage
