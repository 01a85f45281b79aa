// Translation for fetch: two page registers in front of a TLB, and requests to the page walker.
//
// A window is in one page, or ends in the following one: both are looked up in the page registers.
// Only what these miss goes to the TLB, one page a cycle, to be there in the next cycle. A walk
// begins when nothing older is in flight (quiet_i), so that no wrong guess touches a page table,
// and always ends; its result is dropped if an sfence.vma or a change of mode came in between. A
// fault is remembered, but only for as long as decode keeps asking for that page.
module fetch_mmu #(
  parameter int unsigned Entries = 16
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic [1:0]           mode_i,         // S or U, when there is a look-up
  input  logic [15:0]          asid_i,

  // A guess for the address of the next cycle, to be checked in decode
  input  logic                 f_lookup_i,
  input  logic [26:0]          f_vpn_i,
  output logic [43:0]          f_ppn_o,

  // Decode's page: it is there (hit_o), or its translation ends in a fault, or neither yet
  input  logic                 lookup_i,
  input  logic [26:0]          vpn_i,
  output logic                 hit_o,
  output logic [43:0]          ppn_o,
  output logic                 fault_o,
  output logic [5:0]           cause_o,

  // The page that follows it: next_i only with hit_o
  input  logic                 next_i,
  output logic                 next_hit_o,
  output logic [43:0]          next_ppn_o,
  output logic                 next_fault_o,
  output logic [5:0]           next_cause_o,

  // sfence.vma
  input  logic                 sfence_i,
  input  logic                 sfence_vaddr_valid_i,
  input  logic [26:0]          sfence_vpn_i,
  input  logic                 sfence_asid_valid_i,
  input  logic [15:0]          sfence_asid_i,

  // Page walker
  input  logic                 quiet_i,
  output logic                 walk_req_o,
  output logic [26:0]          walk_vpn_o,
  input  logic                 walk_done_i,
  input  logic                 walk_page_fault_i,
  input  logic                 walk_access_fault_i,
  input  logic [43:0]          walk_ppn_i,
  input  core_pkg::pte_flags_t walk_flags_i,
  input  logic [1:0]           walk_level_i,

  output logic                 ev_tlb_miss_o
);

  // ---------------------------------------------------------------------------------------------
  // Page registers
  // ---------------------------------------------------------------------------------------------

  logic page0_valid_q, page1_valid_q;
  logic [26:0] page0_vpn_q, page1_vpn_q;
  logic [43:0] page0_ppn_q, page1_ppn_q;
  core_pkg::pte_flags_t page0_flags_q, page1_flags_q;
  logic [15:0] page_asid_q;                       // of both

  logic page0_live, page1_live;
  logic found0, found1, next_found0, next_found1;
  logic [26:0] next_vpn;
  core_pkg::pte_flags_t flags, next_flags;
  logic found, permitted, next_found, next_permitted;

  always_comb begin
    page0_live = 1'b0;
    page1_live = 1'b0;
    if (f_lookup_i || lookup_i) begin
      page0_live = page0_valid_q && page_asid_q == asid_i;
      page1_live = page1_valid_q && page_asid_q == asid_i;
    end
  end

  always_comb begin
    found0 = 1'b0;
    found1 = 1'b0;
    ppn_o = '0;
    flags = '0;
    if (lookup_i) begin
      found0 = page0_live && page0_vpn_q == vpn_i;
      found1 = page1_live && page1_vpn_q == vpn_i;
      ppn_o = found1 ? page1_ppn_q : page0_ppn_q;
      flags = found1 ? page1_flags_q : page0_flags_q;
    end
  end
  assign found = found0 || found1;

  always_comb begin
    next_vpn = '0;
    next_found0 = 1'b0;
    next_found1 = 1'b0;
    next_ppn_o = '0;
    next_flags = '0;
    if (next_i) begin
      next_vpn = vpn_i + 27'd1;
      next_found0 = page0_live && page0_vpn_q == next_vpn;
      next_found1 = page1_live && page1_vpn_q == next_vpn;
      next_ppn_o = next_found1 ? page1_ppn_q : page0_ppn_q;
      next_flags = next_found1 ? page1_flags_q : page0_flags_q;
    end
  end
  assign next_found = next_found0 || next_found1;

  // Fetch's own walks leave A set in whatever the TLB holds: there is nothing stale.
  logic stale, next_stale;

  page_check u_check (
    .check_i (lookup_i),
    .flags_i (flags),
    .access_i(core_pkg::AccessFetch),
    .mode_i,
    .sum_i   (1'b0),
    .mxr_i   (1'b0),
    .ok_o    (permitted),
    .stale_o (stale)
  );

  page_check u_next_check (
    .check_i (next_i),
    .flags_i (next_flags),
    .access_i(core_pkg::AccessFetch),
    .mode_i,
    .sum_i   (1'b0),
    .mxr_i   (1'b0),
    .ok_o    (next_permitted),
    .stale_o (next_stale)
  );

  // ---------------------------------------------------------------------------------------------
  // The fault that a walk ended in
  // ---------------------------------------------------------------------------------------------

  logic fault_q, fault_access_q;
  logic [26:0] fault_vpn_q;
  logic [1:0] fault_mode_q;
  logic [15:0] fault_asid_q;
  logic fault_live, fault, next_fault;
  logic [5:0] fault_cause;

  always_comb begin
    fault_live = 1'b0;
    fault = 1'b0;
    next_fault = 1'b0;
    fault_cause = core_pkg::CauseFetchPage;
    if (fault_q) begin
      fault_live = fault_mode_q == mode_i && fault_asid_q == asid_i;
      fault = fault_live && lookup_i && !found && fault_vpn_q == vpn_i;
      next_fault = fault_live && next_i && !next_found && fault_vpn_q == next_vpn;
      if (fault_access_q) fault_cause = core_pkg::CauseFetchAccess;
    end
  end

  assign hit_o = found && permitted;
  assign fault_o = fault || (found && !permitted);
  assign cause_o = fault ? fault_cause : core_pkg::CauseFetchPage;
  assign next_hit_o = next_found && next_permitted;
  assign next_fault_o = next_fault || (next_found && !next_permitted);
  assign next_cause_o = next_fault ? fault_cause : core_pkg::CauseFetchPage;

  // ---------------------------------------------------------------------------------------------
  // TLB
  // ---------------------------------------------------------------------------------------------

  logic first_missing, tlb_lookup, tlb_hit, tlb_fill;
  logic [26:0] tlb_vpn;
  logic [43:0] tlb_ppn;
  core_pkg::pte_flags_t tlb_flags;

  logic walk_q, walk_stale_q;
  logic [26:0] walk_vpn_q;
  logic [15:0] walk_asid_q;
  logic [1:0] walk_mode_q;

  always_comb begin
    first_missing = 1'b0;
    tlb_lookup = 1'b0;
    tlb_vpn = '0;
    if (lookup_i) begin
      first_missing = !found && !fault;
      tlb_lookup = first_missing || (next_i && !next_found && !next_fault);
      tlb_vpn = first_missing ? vpn_i : next_vpn;
    end
  end

  tlb #(
    .Entries(Entries)
  ) u_tlb (
    .clk_i,
    .rst_ni,
    .lookup_i           (tlb_lookup),
    .vpn_i              (tlb_vpn),
    .asid_i,
    .hit_o              (tlb_hit),
    .ppn_o              (tlb_ppn),
    .flags_o            (tlb_flags),
    .fill_i             (tlb_fill),
    .fill_vpn_i         (walk_vpn_q),
    .fill_asid_i        (walk_asid_q),
    .fill_ppn_i         (walk_ppn_i),
    .fill_flags_i       (walk_flags_i),
    .fill_level_i       (walk_level_i),
    .flush_i            (sfence_i),
    .flush_vaddr_valid_i(sfence_vaddr_valid_i),
    .flush_vpn_i        (sfence_vpn_i),
    .flush_asid_valid_i (sfence_asid_valid_i),
    .flush_asid_i       (sfence_asid_i)
  );

  // If it is in neither register, then likely in what the TLB just now finds for decode.
  always_comb begin
    f_ppn_o = '0;
    if (f_lookup_i) begin
      if (page0_live && page0_vpn_q == f_vpn_i) f_ppn_o = page0_ppn_q;
      else if (page1_live && page1_vpn_q == f_vpn_i) f_ppn_o = page1_ppn_q;
      else f_ppn_o = tlb_ppn;
    end
  end

  // The following page never displaces decode's own, and that one not the page before it.
  logic load, load1, latest1_q;

  always_comb begin
    load = 1'b0;
    load1 = 1'b0;
    if (tlb_lookup) begin
      load = tlb_hit && !sfence_i;
      load1 = first_missing ? !latest1_q : found0;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      page0_valid_q <= 1'b0;
      page1_valid_q <= 1'b0;
      page_asid_q <= '0;
      latest1_q <= 1'b0;
    end else if (sfence_i || lookup_i) begin
      if (sfence_i) begin
        page0_valid_q <= 1'b0;
        page1_valid_q <= 1'b0;
      end else if (load) begin
        page0_valid_q <= !load1 || page0_live;
        page1_valid_q <= load1 || page1_live;
        page_asid_q <= asid_i;
      end
      if (found) latest1_q <= found1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (load) begin
      if (load1) begin
        page1_vpn_q <= tlb_vpn;
        page1_ppn_q <= tlb_ppn;
        page1_flags_q <= tlb_flags;
      end else begin
        page0_vpn_q <= tlb_vpn;
        page0_ppn_q <= tlb_ppn;
        page0_flags_q <= tlb_flags;
      end
    end
  end

  // ---------------------------------------------------------------------------------------------
  // Walks
  // ---------------------------------------------------------------------------------------------

  logic walk_start, walk_result, walk_fault;

  always_comb begin
    walk_start = 1'b0;
    if (tlb_lookup) walk_start = !tlb_hit && quiet_i && !walk_q && !sfence_i;
  end

  always_comb begin
    walk_result = 1'b0;
    walk_fault = 1'b0;
    if (walk_q && walk_done_i) begin
      walk_result = !walk_stale_q && !sfence_i && mode_i == walk_mode_q;
      walk_fault = walk_page_fault_i || walk_access_fault_i;
    end
  end

  assign tlb_fill = walk_result && !walk_fault;

  assign walk_req_o = walk_q;
  assign walk_vpn_o = walk_vpn_q;
  assign ev_tlb_miss_o = walk_start;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      walk_q <= 1'b0;
      walk_stale_q <= 1'b0;
      walk_vpn_q <= '0;
      walk_asid_q <= '0;
      walk_mode_q <= '0;
    end else if (walk_start) begin
      walk_q <= 1'b1;
      walk_stale_q <= 1'b0;
      walk_vpn_q <= tlb_vpn;
      walk_asid_q <= asid_i;
      walk_mode_q <= mode_i;
    end else if (walk_q) begin
      if (walk_done_i) walk_q <= 1'b0;
      if (sfence_i || mode_i != walk_mode_q) walk_stale_q <= 1'b1;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      fault_q <= 1'b0;
      fault_access_q <= 1'b0;
      fault_vpn_q <= '0;
      fault_mode_q <= '0;
      fault_asid_q <= '0;
    end else if (walk_fault && walk_result) begin
      fault_q <= 1'b1;
      fault_access_q <= walk_access_fault_i;
      fault_vpn_q <= walk_vpn_q;
      fault_mode_q <= walk_mode_q;
      fault_asid_q <= walk_asid_q;
    end else if (fault_q) begin
      fault_q <= (fault || next_fault) && !sfence_i;
    end
  end

  logic unused;
  assign unused = stale ^ next_stale;

endmodule
