// One way, short lines, the smallest store buffer: whatever can displace another does.
package config_pkg;

  localparam bit Caches = 1'b1;
  localparam int unsigned LineBytes = 32;
  localparam int unsigned DcacheBytes = 256;
  localparam int unsigned DcacheWays = 1;
  localparam int unsigned StoreBufferEntries = 2;
  localparam int unsigned DtlbEntries = 4;
  localparam int unsigned PmpEntries = 8;

endpackage
