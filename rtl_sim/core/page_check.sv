// What a leaf page table entry permits (privileged manual, 4.3.1 and 4.4.1).
//
// Used by the walker on the entry in memory and by fetch and memory on the copy in a TLB: the
// copy's flags are checked at each access, since mode, SUM and MXR change without a fence.
module page_check (
  input  logic                 check_i,   // without it neither answer means anything
  input  core_pkg::pte_flags_t flags_i,   // of a valid leaf: V set, and not W without R
  input  core_pkg::access_e    access_i,
  input  logic [1:0]           mode_i,    // that the access counts as: S or U
  input  logic                 sum_i,
  input  logic                 mxr_i,
  output logic                 ok_o,      // permitted, whatever A and D are
  output logic                 stale_o    // A, or for a store D, has to be set first
);

  logic kind_ok, mode_ok;

  always_comb begin
    kind_ok = 1'b0;
    mode_ok = 1'b0;
    ok_o = 1'b0;
    stale_o = 1'b0;
    if (check_i) begin
      unique case (access_i)
        core_pkg::AccessFetch: kind_ok = flags_i.x;
        core_pkg::AccessStore: kind_ok = flags_i.w;
        default:               kind_ok = flags_i.r || (mxr_i && flags_i.x);
      endcase
      // SUM lets S mode at U pages, but never makes it execute them.
      if (mode_i == core_pkg::ModeU) mode_ok = flags_i.u;
      else mode_ok = !flags_i.u || (sum_i && access_i != core_pkg::AccessFetch);
      ok_o = kind_ok && mode_ok;
      stale_o = !flags_i.a || (access_i == core_pkg::AccessStore && !flags_i.d);
    end
  end

  logic unused;
  assign unused = ^{flags_i.g, flags_i.v};

endmodule
