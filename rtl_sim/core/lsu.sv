// Load and store unit: what a memory instruction does from execute's address to its commit.
//
//   X   TLB; tags and data are read            M   tag compare, permission, PMP -> data or fault
//
// An access that crosses into another line takes a second cycle at least, in which the second half
// is translated and checked; nothing is written before both are known to be good. Atomics take a
// second cycle to write. What is not memory is asked when the access is sure to happen.
module lsu (
  input  logic                                clk_i,
  input  logic                                rst_ni,

  input  logic [1:0]                          mode_i,       // that data accesses count as
  input  logic                                sv39_i,
  input  logic [15:0]                         asid_i,
  input  logic                                sum_i,
  input  logic                                mxr_i,
  input  logic [8*config_pkg::PmpEntries-1:0] pmp_cfg_i,
  input  logic [54*config_pkg::PmpEntries-1:0] pmp_addr_i,
  input  logic [63:0]                         ram_base_i,   // of whole lines, constant
  input  logic [63:0]                         ram_size_i,

  // Execute
  input  logic                                x_valid_i,
  input  logic                                x_advance_i,
  input  core_pkg::mem_op_e                   x_op_i,
  input  logic [2:0]                          x_funct3_i,
  input  logic [4:0]                          x_amo_i,
  input  logic [63:0]                         x_addr_i,
  output logic                                x_stall_o,

  // Memory
  input  logic                                m_kill_i,
  input  logic [63:0]                         m_wdata_i,
  output logic                                m_done_o,
  output logic                                m_fault_o,
  output logic [5:0]                          m_cause_o,
  output logic [63:0]                         m_tval_o,
  output logic [63:0]                         m_result_o,
  output core_pkg::lost_e                     m_lost_o,
  output logic [55:0]                         m_paddr_o,
  output logic [7:0]                          m_rmask_o,
  output logic [7:0]                          m_wmask_o,
  output logic [63:0]                         m_rdata_o,
  output logic [63:0]                         m_wdata_o,
  input  logic                                m_clear_reservation_i,

  // Maintenance
  input  logic                                m_clean_i,
  output logic                                m_clean_done_o,
  input  logic                                sfence_i,
  input  logic                                sfence_vaddr_valid_i,
  input  logic [26:0]                         sfence_vpn_i,
  input  logic                                sfence_asid_valid_i,
  input  logic [15:0]                         sfence_asid_i,

  // Page walker: requests of the TLB, and the walker's accesses
  output logic                                walk_req_o,
  output logic [26:0]                         walk_vpn_o,
  output logic                                walk_store_o,
  input  logic                                walk_done_i,
  input  logic                                walk_page_fault_i,
  input  logic                                walk_access_fault_i,
  input  logic [43:0]                         walk_ppn_i,
  input  core_pkg::pte_flags_t                walk_flags_i,
  input  logic [1:0]                          walk_level_i,
  input  logic                                ptw_busy_i,
  input  logic                                ptw_req_i,
  input  logic                                ptw_we_i,
  input  logic [55:0]                         ptw_addr_i,
  input  logic [63:0]                         ptw_wdata_i,
  output logic                                ptw_done_o,
  output logic [63:0]                         ptw_rdata_o,
  output logic                                ptw_err_o,

  // Bus
  output logic                                bus_req_o,
  output core_pkg::bus_e                      bus_cmd_o,
  output logic [55:0]                         bus_addr_o,
  output logic [1:0]                          bus_size_o,
  output logic [63:0]                         bus_wdata_o,
  input  logic                                bus_rvalid_i,
  input  logic [63:0]                         bus_rdata_i,
  input  logic                                bus_err_i,

  // Instead of it, without caches
  output logic                                ideal_req_o,
  output logic                                ideal_we_o,
  output logic [55:0]                         ideal_addr_o,
  output logic [7:0]                          ideal_mask_o,
  output logic [63:0]                         ideal_wdata_o,
  output logic                                ideal_read_o,
  output logic [55:0]                         ideal_raddr_o,
  input  logic [63:0]                         ideal_rdata_i,

  output logic                                ev_miss_o,
  output logic                                ev_tlb_miss_o,
  output logic                                ev_write_back_o
);

  // ---------------------------------------------------------------------------------------------
  // The access
  // ---------------------------------------------------------------------------------------------

  logic x_take;
  assign x_take = x_valid_i && x_advance_i;

  logic m_valid, m_load, m_permitted, m_store, m_locked, m_both, m_second, m_needs_store, m_read;
  logic m_read_second, m_next, m_move, m_uncached, m_check;
  logic [63:0] m_vaddr, m_store_data, m_first_data;
  logic [26:0] m_next_vpn;
  logic [55:0] m_paddr, m_first_paddr;
  logic [7:0] m_mask, m_first_mask;
  logic [2:0] m_last;
  logic [1:0] m_size;
  logic [11:3] m_read_offset;

  logic mmu_valid, mmu_miss, mmu_page_fault, mmu_access_fault, walking;
  logic [55:0] mmu_paddr;
  logic [43:0] x_ppn;
  logic pmp_ok, in_ram;
  logic loaded, stored, conflict;
  logic [63:0] loaded_data, uncached_data;
  logic uncached_done, uncached_err, uncached_busy, uncached_req, quiet;
  logic check_busy;

  lsu_access u_access (
    .clk_i,
    .rst_ni,
    .x_take_i           (x_take),
    .x_op_i,
    .x_funct3_i,
    .x_amo_i,
    .x_addr_i,
    .m_kill_i,
    .m_wdata_i,
    .m_done_o,
    .m_fault_o,
    .m_cause_o,
    .m_tval_o,
    .m_result_o,
    .m_lost_o,
    .m_paddr_o,
    .m_rmask_o,
    .m_wmask_o,
    .m_rdata_o,
    .m_wdata_o,
    .m_clear_reservation_i,
    .valid_o            (m_valid),
    .translate_o        (mmu_valid),
    .vaddr_o            (m_vaddr),
    .needs_store_o      (m_needs_store),
    .next_o             (m_next),
    .next_vpn_o         (m_next_vpn),
    .move_o             (m_move),
    .mmu_miss_i         (mmu_miss),
    .mmu_page_fault_i   (mmu_page_fault),
    .mmu_access_fault_i (mmu_access_fault),
    .mmu_paddr_i        (mmu_paddr),
    .walking_i          (walking),
    .check_o            (m_check),
    .last_o             (m_last),
    .check_busy_i       (check_busy),
    .pmp_ok_i           (pmp_ok),
    .in_ram_i           (in_ram),
    .second_o           (m_second),
    .load_o             (m_load),
    .permitted_o        (m_permitted),
    .store_o            (m_store),
    .locked_o           (m_locked),
    .both_o             (m_both),
    .paddr_o            (m_paddr),
    .mask_o             (m_mask),
    .wdata_o            (m_store_data),
    .first_paddr_o      (m_first_paddr),
    .first_mask_o       (m_first_mask),
    .first_wdata_o      (m_first_data),
    .read_o             (m_read),
    .read_second_o      (m_read_second),
    .read_offset_o      (m_read_offset),
    .loaded_i           (loaded),
    .rdata_i            (loaded_data),
    .stored_i           (stored),
    .conflict_i         (conflict),
    .uncached_o         (m_uncached),
    .size_o             (m_size),
    .uncached_done_i    (uncached_done),
    .uncached_err_i     (uncached_err),
    .uncached_rdata_i   (uncached_data)
  );

  data_mmu #(
    .Entries(config_pkg::DtlbEntries)
  ) u_mmu (
    .clk_i,
    .rst_ni,
    .mode_i,
    .sv39_i,
    .asid_i,
    .sum_i,
    .mxr_i,
    .x_valid_i,
    .x_take_i        (x_take),
    .x_vpn_i         (x_addr_i[38:12]),
    .x_ppn_o         (x_ppn),
    .m_valid_i       (mmu_valid),
    .m_kill_i,
    .m_done_i        (m_done_o),
    .m_vaddr_i       (m_vaddr),
    .m_store_i       (m_needs_store),
    .m_next_i        (m_next),
    .m_next_vpn_i    (m_next_vpn),
    .m_move_i        (m_move),
    .m_miss_o        (mmu_miss),
    .m_page_fault_o  (mmu_page_fault),
    .m_access_fault_o(mmu_access_fault),
    .m_paddr_o       (mmu_paddr),
    .walking_o       (walking),
    .sfence_i,
    .sfence_vaddr_valid_i,
    .sfence_vpn_i,
    .sfence_asid_valid_i,
    .sfence_asid_i,
    .walk_req_o,
    .walk_vpn_o,
    .walk_store_o,
    .walk_done_i,
    .walk_page_fault_i,
    .walk_access_fault_i,
    .walk_ppn_i,
    .walk_flags_i,
    .walk_level_i,
    .ev_miss_o       (ev_tlb_miss_o)
  );

  // ---------------------------------------------------------------------------------------------
  // Physical checks
  // ---------------------------------------------------------------------------------------------

  logic walker_access, walker_done;
  logic [63:0] walker_data;

  lsu_check u_check (
    .clk_i,
    .rst_ni,
    .mode_i,
    .pmp_cfg_i,
    .pmp_addr_i,
    .ram_base_i,
    .ram_size_i,
    .m_check_i     (m_check),
    .m_paddr_i     (m_paddr),
    .m_last_i      (m_last),
    .m_store_i     (m_needs_store),
    .m_busy_o      (check_busy),
    .pmp_ok_o      (pmp_ok),
    .in_ram_o      (in_ram),
    .ptw_req_i,
    .ptw_we_i,
    .ptw_addr_i,
    .ptw_done_o,
    .ptw_rdata_o,
    .ptw_err_o,
    .walker_access_o(walker_access),
    .walker_done_i (walker_done),
    .walker_data_i (walker_data)
  );

  // ---------------------------------------------------------------------------------------------
  // Cache or ideal memory, and the bus
  // ---------------------------------------------------------------------------------------------

  logic cache_stall, cache_req, cache_rvalid;
  core_pkg::bus_e cache_cmd;
  logic [55:0] cache_addr;
  logic [63:0] cache_wdata;

  assign x_stall_o = cache_stall || ptw_busy_i;

  if (config_pkg::Caches) begin : gen_cache
    dcache #(
      .Bytes             (config_pkg::DcacheBytes),
      .Ways              (config_pkg::DcacheWays),
      .LineBytes         (config_pkg::LineBytes),
      .StoreBufferEntries(config_pkg::StoreBufferEntries)
    ) u_dcache (
      .clk_i,
      .rst_ni,
      .x_read_i       (x_take),
      .x_offset_i     (x_addr_i[11:3]),
      .m_read_i       (m_read),
      .m_read_second_i(m_read_second),
      .m_offset_i     (m_read_offset),
      .x_stall_o      (cache_stall),
      .m_valid_i      (m_valid),
      .m_second_i     (m_second),
      .m_load_i       (m_load),
      .m_refill_i     (m_permitted),
      .m_store_i      (m_store),
      .m_kill_i,
      .m_locked_i     (m_locked),
      .m_both_i       (m_both),
      .m_paddr_i      (m_paddr),
      .m_mask_i       (m_mask),
      .m_wdata_i      (m_store_data),
      .m_first_paddr_i(m_first_paddr),
      .m_first_mask_i (m_first_mask),
      .m_first_wdata_i(m_first_data),
      .m_loaded_o     (loaded),
      .m_rdata_o      (loaded_data),
      .m_stored_o     (stored),
      .m_conflict_o   (conflict),
      .p_req_i        (walker_access),
      .p_we_i         (ptw_we_i),
      .p_addr_i       (ptw_addr_i),
      .p_wdata_i      (ptw_wdata_i),
      .p_done_o       (walker_done),
      .p_rdata_o      (walker_data),
      .clean_i        (m_clean_i),
      .clean_done_o   (m_clean_done_o),
      .hold_i         (uncached_busy),
      .quiet_o        (quiet),
      .bus_req_o      (cache_req),
      .bus_cmd_o      (cache_cmd),
      .bus_addr_o     (cache_addr),
      .bus_wdata_o    (cache_wdata),
      .bus_rvalid_i   (cache_rvalid),
      .bus_rdata_i,
      .ev_miss_o,
      .ev_write_back_o
    );

    assign ideal_req_o = 1'b0;
    assign ideal_we_o = 1'b0;
    assign ideal_addr_o = '0;
    assign ideal_mask_o = '0;
    assign ideal_wdata_o = '0;
    assign ideal_read_o = 1'b0;
    assign ideal_raddr_o = '0;

    logic unused;
    assign unused = ^{ideal_rdata_i, x_ppn};
  end else begin : gen_ideal
    logic translate;
    assign translate = sv39_i && mode_i != core_pkg::ModeM;

    dcache_ideal u_ideal (
      .clk_i,
      .rst_ni,
      .x_read_i       (x_take),
      .x_paddr_i      (translate ? {x_ppn, x_addr_i[11:0]} : x_addr_i[55:0]),
      .m_read_i       (m_read),
      .m_read_second_i(m_read_second),
      .m_read_paddr_i (m_paddr),
      .m_second_i     (m_second),
      .m_store_i      (m_store),
      .m_kill_i,
      .m_both_i       (m_both),
      .m_paddr_i      (m_paddr),
      .m_mask_i       (m_mask),
      .m_wdata_i      (m_store_data),
      .m_first_paddr_i(m_first_paddr),
      .m_first_mask_i (m_first_mask),
      .m_first_wdata_i(m_first_data),
      .m_loaded_o     (loaded),
      .m_rdata_o      (loaded_data),
      .m_stored_o     (stored),
      .p_req_i        (walker_access),
      .p_we_i         (ptw_we_i),
      .p_addr_i       (ptw_addr_i),
      .p_wdata_i      (ptw_wdata_i),
      .p_done_o       (walker_done),
      .p_rdata_o      (walker_data),
      .ideal_req_o,
      .ideal_we_o,
      .ideal_addr_o,
      .ideal_mask_o,
      .ideal_wdata_o,
      .ideal_read_o,
      .ideal_raddr_o,
      .ideal_rdata_i
    );

    assign conflict = 1'b0;
    assign cache_stall = 1'b0;
    assign m_clean_done_o = m_clean_i;
    assign quiet = 1'b1;
    assign cache_req = 1'b0;
    assign cache_cmd = core_pkg::BusReadLine;
    assign cache_addr = '0;
    assign cache_wdata = '0;
    assign ev_miss_o = 1'b0;
    assign ev_write_back_o = 1'b0;

    logic unused;
    assign unused = ^{m_valid, m_load, m_permitted, m_locked, m_read_offset, cache_rvalid, uncached_busy};
  end

  uncached u_uncached (
    .clk_i,
    .rst_ni,
    .start_i     (m_uncached && quiet),
    .kill_i      (m_kill_i),
    .done_o      (uncached_done),
    .err_o       (uncached_err),
    .rdata_o     (uncached_data),
    .busy_o      (uncached_busy),
    .bus_req_o   (uncached_req),
    .bus_rvalid_i,
    .bus_rdata_i,
    .bus_err_i
  );

  // The two never use it at the same time, nor wait for an answer at the same time.
  assign cache_rvalid = bus_rvalid_i && !uncached_busy;
  assign bus_req_o = cache_req || uncached_req;
  assign bus_cmd_o = !uncached_req ? cache_cmd :
                     m_needs_store ? core_pkg::BusWrite : core_pkg::BusRead;
  assign bus_addr_o = uncached_req ? m_paddr : cache_addr;
  assign bus_size_o = uncached_req ? m_size : 2'd3;
  assign bus_wdata_o = uncached_req ? m_store_data : cache_wdata;

endmodule
