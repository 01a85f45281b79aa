// Dual issue with twice the caches and tables.
package config_pkg;

  // Instructions that may issue in one cycle: 1 or 2.
  localparam int unsigned IssueWidth = 2;

  // Caches; without them memory answers at once (the sizes are then unused). A way is a page at
  // most, so that the index is the same in virtual and physical addresses.
  localparam bit Caches = 1'b1;
  localparam int unsigned LineBytes = 64;
  localparam int unsigned IcacheBytes = 32768;
  localparam int unsigned IcacheWays = 8;
  localparam int unsigned DcacheBytes = 32768;
  localparam int unsigned DcacheWays = 8;
  // Stores that wait for their line.
  localparam int unsigned StoreBufferEntries = 4;
  // From a line's request to its first 8 bytes, in cycles; the others follow one a cycle.
  localparam int unsigned MissLatency = 20;

  localparam int unsigned ItlbEntries = 32;
  localparam int unsigned DtlbEntries = 32;

  // Branch prediction; powers of two.
  localparam int unsigned BtbEntries = 1024;
  localparam int unsigned PhtEntries = 8192;
  localparam int unsigned HistoryWidth = 12;
  localparam int unsigned RasEntries = 8;

  localparam int unsigned PmpEntries = 16;
  // mhpmcounter3 and the following ones; the rest reads as zero.
  localparam int unsigned HpmCounters = 8;

endpackage
