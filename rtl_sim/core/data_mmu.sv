// Translation of data addresses: TLB, requests to the page walker, permissions.
//
// Look-up is in the cycle before the access is in memory; what it found is registered. Memory looks
// up once more after a walk, and for the second half of an access that goes into another page.
module data_mmu #(
  parameter int unsigned Entries = 16
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,

  input  logic [1:0]           mode_i,
  input  logic                 sv39_i,
  input  logic [15:0]          asid_i,
  input  logic                 sum_i,
  input  logic                 mxr_i,

  // Execute: looked up at this edge for the access that goes to memory
  input  logic                 x_valid_i,
  input  logic                 x_take_i,
  input  logic [26:0]          x_vpn_i,
  output logic [43:0]          x_ppn_o,        // meaningless unless the TLB has it

  // Memory
  input  logic                 m_valid_i,      // an address to translate
  input  logic                 m_kill_i,
  input  logic                 m_done_i,
  input  logic [63:0]          m_vaddr_i,
  input  logic                 m_store_i,      // permission to store is needed
  input  logic                 m_next_i,       // there is a second half, on this page
  input  logic [26:0]          m_next_vpn_i,
  input  logic                 m_move_i,       // and at this edge it becomes m_vaddr_i
  output logic                 m_miss_o,       // not translated yet
  output logic                 m_page_fault_o,
  output logic                 m_access_fault_o,
  output logic [55:0]          m_paddr_o,
  output logic                 walking_o,      // a walk, or the look-up after it: m_paddr_o will change

  input  logic                 sfence_i,
  input  logic                 sfence_vaddr_valid_i,
  input  logic [26:0]          sfence_vpn_i,
  input  logic                 sfence_asid_valid_i,
  input  logic [15:0]          sfence_asid_i,

  output logic                 walk_req_o,
  output logic [26:0]          walk_vpn_o,
  output logic                 walk_store_o,
  input  logic                 walk_done_i,
  input  logic                 walk_page_fault_i,
  input  logic                 walk_access_fault_i,
  input  logic [43:0]          walk_ppn_i,
  input  core_pkg::pte_flags_t walk_flags_i,
  input  logic [1:0]           walk_level_i,

  output logic                 ev_miss_o
);

  logic translate;
  assign translate = sv39_i && mode_i != core_pkg::ModeM;

  // ---------------------------------------------------------------------------------------------
  // Look-up
  // ---------------------------------------------------------------------------------------------

  logic again_q;    // memory's address once more
  logic memory_looks, lookup, hit, hit_q;
  logic [26:0] vpn;
  logic [43:0] ppn, ppn_q;
  core_pkg::pte_flags_t flags, flags_q;

  assign memory_looks = again_q || m_next_i;
  assign lookup = translate && (memory_looks || x_valid_i);
  always_comb begin
    vpn = '0;
    if (lookup) vpn = again_q ? m_vaddr_i[38:12] : m_next_i ? m_next_vpn_i : x_vpn_i;
  end
  assign x_ppn_o = ppn;

  logic fill;
  always_comb begin
    fill = 1'b0;
    if (walk_done_i) fill = wanted_q && !walk_page_fault_i && !walk_access_fault_i;
  end

  tlb #(
    .Entries(Entries)
  ) u_tlb (
    .clk_i,
    .rst_ni,
    .lookup_i           (lookup),
    .vpn_i              (vpn),
    .asid_i,
    .hit_o              (hit),
    .ppn_o              (ppn),
    .flags_o            (flags),
    .fill_i             (fill),
    .fill_vpn_i         (walk_vpn_q),
    .fill_asid_i        (asid_i),
    .fill_ppn_i         (walk_ppn_i),
    .fill_flags_i       (walk_flags_i),
    .fill_level_i       (walk_level_i),
    .flush_i            (sfence_i),
    .flush_vaddr_valid_i(sfence_vaddr_valid_i),
    .flush_vpn_i        (sfence_vpn_i),
    .flush_asid_valid_i (sfence_asid_valid_i),
    .flush_asid_i       (sfence_asid_i)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) hit_q <= 1'b0;
    else if (x_take_i) hit_q <= hit && !memory_looks;
    else if (again_q || m_move_i) hit_q <= hit;
  end

  always_ff @(posedge clk_i) begin
    if (lookup && (again_q || m_move_i || x_take_i)) begin
      ppn_q <= ppn;
      flags_q <= flags;
    end
  end

  // ---------------------------------------------------------------------------------------------
  // Permission
  // ---------------------------------------------------------------------------------------------

  logic permitted, stale, canonical;

  page_check u_page_check (
    .check_i (m_valid_i && translate),
    .flags_i (flags_q),
    .access_i(m_store_i ? core_pkg::AccessStore : core_pkg::AccessLoad),
    .mode_i,
    .sum_i,
    .mxr_i,
    .ok_o    (permitted),
    .stale_o (stale)
  );

  always_comb begin
    canonical = 1'b0;
    m_miss_o = 1'b0;
    m_page_fault_o = 1'b0;
    m_access_fault_o = 1'b0;
    m_paddr_o = m_vaddr_i[55:0];
    if (m_valid_i && translate) begin
      m_paddr_o = {ppn_q, m_vaddr_i[11:0]};
      canonical = m_vaddr_i[63:38] == '0 || m_vaddr_i[63:38] == '1;
      m_page_fault_o = !canonical || walk_page_fault_q || (hit_q && !permitted);
      m_access_fault_o = walk_access_fault_q && !m_page_fault_o;
      m_miss_o = !m_page_fault_o && !m_access_fault_o && (!hit_q || stale);
    end else if (m_valid_i) begin
      m_access_fault_o = m_vaddr_i[63:56] != '0;
    end
  end

  // ---------------------------------------------------------------------------------------------
  // Walks. One that nobody waits for any more goes on to its end, as the walker does; what it finds is
  // dropped, since address space and page tables may have changed
  // ---------------------------------------------------------------------------------------------

  logic walk_q, wanted_q, walk_store_q, walk_page_fault_q, walk_access_fault_q, start;
  logic [26:0] walk_vpn_q;

  always_comb begin
    start = 1'b0;
    if (m_miss_o) start = !walk_q && !again_q && !m_kill_i;
  end
  assign walk_req_o = walk_q;
  assign walk_vpn_o = walk_vpn_q;
  assign walk_store_o = walk_store_q;
  assign walking_o = walk_q || again_q;
  assign ev_miss_o = start;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      walk_q <= 1'b0;
      wanted_q <= 1'b0;
      again_q <= 1'b0;
      walk_page_fault_q <= 1'b0;
      walk_access_fault_q <= 1'b0;
    end else if (translate || walking_o) begin
      again_q <= 1'b0;
      if (start) begin
        walk_q <= 1'b1;
        wanted_q <= 1'b1;
      end else if (walk_done_i) begin
        walk_q <= 1'b0;
        wanted_q <= 1'b0;
        walk_page_fault_q <= wanted_q && walk_page_fault_i;
        walk_access_fault_q <= wanted_q && walk_access_fault_i;
        again_q <= wanted_q && !walk_page_fault_i && !walk_access_fault_i;
      end
      if (m_kill_i || m_done_i) begin
        wanted_q <= 1'b0;
        again_q <= 1'b0;
        walk_page_fault_q <= 1'b0;
        walk_access_fault_q <= 1'b0;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (start) begin
      walk_vpn_q <= m_vaddr_i[38:12];
      walk_store_q <= m_store_i;
    end
  end

endmodule
