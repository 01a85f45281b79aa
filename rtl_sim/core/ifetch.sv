// Instruction fetch: the window of 8 bytes at the pc, each cycle, translated and checked.
//
// f_pc_i is looked up at an edge; in the cycle after it is d_pc_i, and everything is decided for
// that address as if it had never been seen before: page, RAM, PMP, cache. What is remembered
// between cycles is only where things are, so that the caller may turn to another pc, and mode
// and configuration may change, at any time.
//
// A window ends with its page, and never needs more than what is permitted. Only a 32-bit
// instruction that begins in the last halfword of a page takes its second halfword from the next
// page; its window has just these two.
module ifetch #(
  parameter bit          Caches     = config_pkg::Caches,
  parameter int unsigned Bytes      = config_pkg::IcacheBytes,
  parameter int unsigned Ways       = config_pkg::IcacheWays,
  parameter int unsigned LineBytes  = config_pkg::LineBytes,
  parameter int unsigned TlbEntries = config_pkg::ItlbEntries,
  parameter int unsigned PmpEntries = config_pkg::PmpEntries
) (
  input  logic                     clk_i,
  input  logic                     rst_ni,

  // Fetch and decode
  input  logic [63:0]              f_pc_i,       // even
  input  logic [63:0]              d_pc_i,       // f_pc_i of the cycle before
  output logic                     d_ready_o,
  output logic [63:0]              d_data_o,     // the halfword at d_pc_i in the lowest bits
  output logic [2:0]               d_count_o,    // halfwords that are there
  output logic                     d_fault_o,    // with d_count_o < 2: why the next one is not
  output logic [5:0]               d_cause_o,
  output core_pkg::lost_e          d_lost_o,     // what !d_ready_o waits for

  // Privilege and configuration
  input  logic [1:0]               mode_i,
  input  logic                     sv39_i,
  input  logic [15:0]              asid_i,
  input  logic [8*PmpEntries-1:0]  pmp_cfg_i,
  input  logic [54*PmpEntries-1:0] pmp_addr_i,
  input  logic [63:0]              ram_base_i,
  input  logic [63:0]              ram_size_i,

  // Maintenance
  input  logic                     quiet_i,      // nothing older is in flight: walks may begin
  input  logic                     invalidate_i,
  input  logic                     sfence_i,
  input  logic                     sfence_vaddr_valid_i,
  input  logic [26:0]              sfence_vpn_i,
  input  logic                     sfence_asid_valid_i,
  input  logic [15:0]              sfence_asid_i,

  // Page walker
  output logic                     walk_req_o,
  output logic [26:0]              walk_vpn_o,
  input  logic                     walk_done_i,
  input  logic                     walk_page_fault_i,
  input  logic                     walk_access_fault_i,
  input  logic [43:0]              walk_ppn_i,
  input  core_pkg::pte_flags_t     walk_flags_i,
  input  logic [1:0]               walk_level_i,

  // Bus: reads of lines
  output logic                     bus_req_o,
  output logic [55:0]              bus_addr_o,
  input  logic                     bus_rvalid_i,
  input  logic [63:0]              bus_rdata_i,

  // Ideal memory: 8 bytes from any even address, in the cycle after it. The address may be one
  // where nothing is.
  output logic [55:0]              ideal_raddr_o,
  input  logic [63:0]              ideal_rdata_i,

  output logic                     ev_miss_o,
  output logic                     ev_tlb_miss_o
);

  // ---------------------------------------------------------------------------------------------
  // Translation
  // ---------------------------------------------------------------------------------------------

  logic translate, canonical, page_end;
  logic page_hit, page_fault, next, next_hit, next_fault;
  logic [43:0] page_ppn, next_ppn, f_ppn;
  logic [5:0] page_cause, next_cause;

  assign translate = sv39_i && mode_i != core_pkg::ModeM;
  always_comb begin
    canonical = 1'b1;
    if (translate) canonical = d_pc_i[63:38] == '0 || d_pc_i[63:38] == '1;
  end
  assign page_end = &d_pc_i[11:1];

  fetch_mmu #(
    .Entries(TlbEntries)
  ) u_mmu (
    .clk_i,
    .rst_ni,
    .mode_i,
    .asid_i,
    .f_lookup_i  (!Caches && translate),
    .f_vpn_i     (f_pc_i[38:12]),
    .f_ppn_o     (f_ppn),
    .lookup_i    (translate && canonical),
    .vpn_i       (d_pc_i[38:12]),
    .hit_o       (page_hit),
    .ppn_o       (page_ppn),
    .fault_o     (page_fault),
    .cause_o     (page_cause),
    .next_i      (next),
    .next_hit_o  (next_hit),
    .next_ppn_o  (next_ppn),
    .next_fault_o(next_fault),
    .next_cause_o(next_cause),
    .sfence_i,
    .sfence_vaddr_valid_i,
    .sfence_vpn_i,
    .sfence_asid_valid_i,
    .sfence_asid_i,
    .quiet_i,
    .walk_req_o,
    .walk_vpn_o,
    .walk_done_i,
    .walk_page_fault_i,
    .walk_access_fault_i,
    .walk_ppn_i,
    .walk_flags_i,
    .walk_level_i,
    .ev_tlb_miss_o
  );

  // ---------------------------------------------------------------------------------------------
  // From the pc on: how far do page and RAM reach, and does PMP permit it?
  // ---------------------------------------------------------------------------------------------

  logic mapped, first_in_ram;
  logic [63:0] addr, offset, rest;
  logic [2:0] in_page, in_ram, length;      // halfwords, 4 at most

  always_comb begin
    mapped = 1'b1;
    addr = d_pc_i;
    if (translate) begin
      mapped = page_hit;
      addr = {8'd0, page_ppn, d_pc_i[11:0]};
    end
  end

  assign offset = addr - ram_base_i;
  assign rest = ram_size_i - offset;
  assign first_in_ram = offset < ram_size_i && in_ram != '0;
  assign in_ram = rest[63:3] != '0 ? 3'd4 : {1'b0, rest[2:1]};
  assign in_page = d_pc_i[11:3] == '1 ? 3'd4 - {1'b0, d_pc_i[2:1]} : 3'd4;
  assign length = in_page < in_ram ? in_page : in_ram;

  // In M mode only locked entries deny anything: with L, and A not Off.
  logic [8*PmpEntries-1:0] pmp_locked;
  logic pmp_active;

  always_comb begin
    pmp_locked = '0;
    pmp_active = 1'b1;
    if (mode_i == core_pkg::ModeM) begin
      pmp_locked = pmp_cfg_i & {PmpEntries{8'h80}};
      pmp_active = (pmp_locked & (pmp_cfg_i << 3 | pmp_cfg_i << 4)) != '0;
    end
  end

  // The whole window is checked as one access. What PMP does not permit as a whole is asked for
  // again, as single halfwords: two of them are enough to go on.
  logic narrow_q, single, pmp_check, pmp_ok, widest, denied, retry;
  logic [2:0] pmp_last;

  assign widest = length != 3'd1 && !page_end;
  assign single = narrow_q || !widest;

  always_comb begin
    pmp_check = 1'b0;
    pmp_last = '0;
    if (pmp_active) begin
      pmp_check = mapped && first_in_ram;
      pmp_last = single ? 3'd1 : {length[1:0], 1'b0} - 3'd1;
    end
  end

  pmp #(
    .Entries(PmpEntries)
  ) u_pmp (
    .check_i (pmp_check),
    .addr_i  (addr[55:0]),
    .last_i  (pmp_last),
    .access_i(core_pkg::AccessFetch),
    .mode_i,
    .pmp_cfg_i,
    .pmp_addr_i,
    .ok_o    (pmp_ok)
  );

  always_comb begin
    denied = 1'b0;
    retry = 1'b0;
    if (pmp_check && !pmp_ok) begin
      denied = single;
      retry = !single;
    end
  end

  // Narrow for as long as the caller stays: decode may keep the window.
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) narrow_q <= 1'b0;
    else if (narrow_q || retry) narrow_q <= f_pc_i == d_pc_i;
  end

  logic first;                              // halfword 0 may be fetched
  logic first_fault;

  assign first = mapped && first_in_ram && !denied && !retry;

  always_comb begin
    first_fault = mapped && (!first_in_ram || denied);
    if (translate && (!canonical || page_fault)) first_fault = 1'b1;
  end

  // ---------------------------------------------------------------------------------------------
  // Halfword 1, where it needs a look of its own
  // ---------------------------------------------------------------------------------------------

  logic first_hit, first_long, last_long;   // from cache or ideal memory
  logic second, second_mapped, second_canonical, second_in_ram, second_denied, second_fault;
  logic second_check, second_pmp_ok;
  logic [63:0] second_addr, second_offset;

  assign last_long = page_end && first && first_hit && first_long;
  assign second = last_long || (narrow_q && widest && first);

  always_comb begin
    second_canonical = 1'b1;
    next = 1'b0;
    if (second) begin
      second_canonical = !page_end || d_pc_i[38:12] != 27'h3ff_ffff;
      next = translate && last_long && second_canonical;
    end
  end

  always_comb begin
    second_mapped = 1'b0;
    second_addr = '0;
    second_offset = '0;
    second_in_ram = 1'b0;
    if (second) begin
      second_mapped = (!next || next_hit) && (!translate || second_canonical);
      second_addr = next ? {8'd0, next_ppn, 12'd0} : addr + 64'd2;
      second_offset = second_addr - ram_base_i;
      second_in_ram = second_offset < ram_size_i && ram_size_i - second_offset != 64'd1;
    end
  end

  // If both are in one unit of PMP the first one's check was enough.
  always_comb begin
    second_check = 1'b0;
    if (second_mapped) second_check = pmp_active && second_in_ram && d_pc_i[1];
  end

  pmp #(
    .Entries(PmpEntries)
  ) u_second_pmp (
    .check_i (second_check),
    .addr_i  (second_addr[55:0]),
    .last_i  (3'd1),
    .access_i(core_pkg::AccessFetch),
    .mode_i,
    .pmp_cfg_i,
    .pmp_addr_i,
    .ok_o    (second_pmp_ok)
  );

  always_comb begin
    second_denied = 1'b0;
    second_fault = 1'b0;
    if (second) begin
      second_denied = second_check && !second_pmp_ok;
      second_fault = (translate && !second_canonical) || (next && next_fault) ||
                     (second_mapped && (!second_in_ram || second_denied));
    end
  end

  // ---------------------------------------------------------------------------------------------
  // The window's length, and whether it needs a second word of 8 bytes
  // ---------------------------------------------------------------------------------------------

  logic [2:0] permitted, in_word;
  logic wait_next;                          // for the next page
  logic second_word, second_hit;

  always_comb begin
    if (page_end) permitted = last_long && !second_fault ? 3'd2 : 3'd1;
    else if (!narrow_q || !widest) permitted = length;
    else permitted = second_fault ? 3'd1 : 3'd2;
  end

  assign in_word = 3'd4 - {1'b0, d_pc_i[2:1]};
  assign wait_next = next && !next_hit && !next_fault;
  assign second_word = first && permitted > in_word && !wait_next;

  // ---------------------------------------------------------------------------------------------
  // Cache, or ideal memory
  // ---------------------------------------------------------------------------------------------

  if (Caches) begin : gen_cache
    icache #(
      .Bytes    (Bytes),
      .Ways     (Ways),
      .LineBytes(LineBytes)
    ) u_icache (
      .clk_i,
      .rst_ni,
      .invalidate_i,
      .f_offset_i  (f_pc_i[11:3]),
      .d_offset_i  (d_pc_i[11:1]),
      .first_i     (first),
      .first_ppn_i (addr[55:12]),
      .second_i    (second_word),
      .second_ppn_i(page_end ? second_addr[55:12] : addr[55:12]),
      .first_hit_o (first_hit),
      .second_hit_o(second_hit),
      .long_o      (first_long),
      .data_o      (d_data_o),
      .bus_req_o,
      .bus_addr_o,
      .bus_rvalid_i,
      .bus_rdata_i
    );

    assign ideal_raddr_o = '0;
    logic unused;
    assign unused = ^{ideal_rdata_i, f_ppn, rest[0]};
  end else begin : gen_ideal
    ifetch_ideal u_ideal (
      .clk_i,
      .rst_ni,
      .invalidate_i,
      .f_addr_i    (translate ? {f_ppn, f_pc_i[11:0]} : f_pc_i[55:0]),
      .f_again_i   (page_end && f_pc_i == d_pc_i),
      .d_offset_i  (d_pc_i[11:1]),
      .first_i     (first),
      .first_ppn_i (addr[55:12]),
      .second_i    (second_word),
      .second_ppn_i(second_addr[55:12]),
      .first_hit_o (first_hit),
      .second_hit_o(second_hit),
      .long_o      (first_long),
      .data_o      (d_data_o),
      .ideal_raddr_o,
      .ideal_rdata_i
    );

    assign bus_req_o = 1'b0;
    assign bus_addr_o = '0;
    logic unused;
    assign unused = ^{bus_rvalid_i, bus_rdata_i, rest[0]};
  end

  // ---------------------------------------------------------------------------------------------
  // Result. Of a window whose second word is missing the first one will do, if it has 2 halfwords.
  // ---------------------------------------------------------------------------------------------

  logic complete;

  assign complete = !second_word || second_hit;

  assign d_ready_o = first_fault ||
                     (first && first_hit && !wait_next && (complete || in_word >= 3'd2));
  assign d_count_o = first_fault ? 3'd0 : complete ? permitted : in_word;
  assign d_fault_o = first_fault || second_fault || (!page_end && mapped && length == 3'd1);
  assign ev_miss_o = bus_req_o;

  always_comb begin
    d_cause_o = core_pkg::CauseFetchAccess;
    if (translate) begin
      if (!canonical) d_cause_o = core_pkg::CauseFetchPage;
      else if (page_fault) d_cause_o = page_cause;
      else if (second && !second_canonical) d_cause_o = core_pkg::CauseFetchPage;
      else if (next && next_fault) d_cause_o = next_cause;
    end
  end

  assign d_lost_o = !mapped || retry || wait_next ? core_pkg::LostItlb : core_pkg::LostIcache;

endmodule
