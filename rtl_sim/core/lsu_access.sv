// The memory instruction in memory: its one or two halves, its checks, its result.
//
//   First   the access, or its first half      Second   the second half, if it crosses a line
//   Third   the first half's data once more, if they were not there the first time
//
// A load keeps the data of the half that it has, so that the line may go before the other's comes:
// both need never be in the cache together. A store writes only after both halves have been checked.
module lsu_access (
  input  logic                 clk_i,
  input  logic                 rst_ni,

  // Execute
  input  logic                 x_take_i,
  input  core_pkg::mem_op_e    x_op_i,
  input  logic [2:0]           x_funct3_i,
  input  logic [4:0]           x_amo_i,
  input  logic [63:0]          x_addr_i,

  // Memory
  input  logic                 m_kill_i,
  input  logic [63:0]          m_wdata_i,
  output logic                 m_done_o,
  output logic                 m_fault_o,
  output logic [5:0]           m_cause_o,
  output logic [63:0]          m_tval_o,
  output logic [63:0]          m_result_o,
  output core_pkg::lost_e      m_lost_o,
  output logic [55:0]          m_paddr_o,
  output logic [7:0]           m_rmask_o,
  output logic [7:0]           m_wmask_o,
  output logic [63:0]          m_rdata_o,
  output logic [63:0]          m_wdata_o,
  input  logic                 m_clear_reservation_i,

  // Translation of the half in work
  output logic                 valid_o,
  output logic                 translate_o,
  output logic [63:0]          vaddr_o,
  output logic                 needs_store_o,    // permission to store
  output logic                 next_o,           // the other half's page, wanted when move_o
  output logic [26:0]          next_vpn_o,
  output logic                 move_o,
  input  logic                 mmu_miss_i,
  input  logic                 mmu_page_fault_i,
  input  logic                 mmu_access_fault_i,
  input  logic [55:0]          mmu_paddr_i,
  input  logic                 walking_i,

  // Its physical check
  output logic                 check_o,
  output logic [2:0]           last_o,           // bytes after the first
  input  logic                 check_busy_i,     // something else is checked now
  input  logic                 pmp_ok_i,
  input  logic                 in_ram_i,

  // Cache
  output logic                 second_o,         // the half in work
  output logic                 load_o,
  output logic                 permitted_o,
  output logic                 store_o,
  output logic                 locked_o,
  output logic                 both_o,
  output logic [55:0]          paddr_o,
  output logic [7:0]           mask_o,
  output logic [63:0]          wdata_o,
  output logic [55:0]          first_paddr_o,
  output logic [7:0]           first_mask_o,
  output logic [63:0]          first_wdata_o,
  output logic                 read_o,           // read for the next cycle, for the half read_second_o
  output logic                 read_second_o,
  output logic [11:3]          read_offset_o,
  input  logic                 loaded_i,
  input  logic [63:0]          rdata_i,
  input  logic                 stored_i,
  input  logic                 conflict_i,

  // What is not memory
  output logic                 uncached_o,
  output logic [1:0]           size_o,
  input  logic                 uncached_done_i,
  input  logic                 uncached_err_i,
  input  logic [63:0]          uncached_rdata_i
);

  // Without cache only pages are in the way.
  localparam int unsigned SplitBits = config_pkg::Caches ? $clog2(config_pkg::LineBytes) : 12;

  typedef enum logic [1:0] {
    First,
    Second,
    Third
  } phase_e;

  function automatic logic [7:0] byte_mask(input logic [1:0] size);
    unique case (size)
      2'd0: byte_mask = 8'h01;
      2'd1: byte_mask = 8'h03;
      2'd2: byte_mask = 8'h0f;
      default: byte_mask = 8'hff;
    endcase
  endfunction

  function automatic logic [2:0] last_byte(input logic [1:0] size);
    unique case (size)
      2'd0: last_byte = 3'd0;
      2'd1: last_byte = 3'd1;
      2'd2: last_byte = 3'd3;
      default: last_byte = 3'd7;
    endcase
  endfunction

  function automatic logic [63:0] keep_bytes(input logic [63:0] value, input logic [1:0] size);
    unique case (size)
      2'd0: keep_bytes = {56'b0, value[7:0]};
      2'd1: keep_bytes = {48'b0, value[15:0]};
      2'd2: keep_bytes = {32'b0, value[31:0]};
      default: keep_bytes = value;
    endcase
  endfunction

  // ---------------------------------------------------------------------------------------------
  // The instruction
  // ---------------------------------------------------------------------------------------------

  logic valid_q, split_q, x_split;
  logic [SplitBits:0] x_end;
  logic [2:0] funct3_q;
  logic [4:0] amo_q;
  logic [63:0] vaddr_q, second_vaddr;
  phase_e phase_q;

  // Decoded on the way here
  logic is_load_q, is_lr_q, is_sc_q, is_rmw_q, is_store_q, is_atomic_q;
  logic [7:0] mask_q;

  always_comb begin
    x_end = '0;
    x_split = 1'b0;
    if (x_take_i) begin
      x_end = {1'b0, x_addr_i[SplitBits-1:0]} + (SplitBits + 1)'(last_byte(x_funct3_i[1:0]));
      x_split = x_end[SplitBits];
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) valid_q <= 1'b0;
    else if (x_take_i) valid_q <= 1'b1;
    else if (m_done_o || m_kill_i) valid_q <= 1'b0;
  end

  always_ff @(posedge clk_i) begin
    if (x_take_i) begin
      split_q <= x_split;
      funct3_q <= x_funct3_i;
      amo_q <= x_amo_i;
      vaddr_q <= x_addr_i;
      mask_q <= byte_mask(x_funct3_i[1:0]);
      is_load_q <= x_op_i == core_pkg::MemLoad ||
                 (x_op_i == core_pkg::MemAmo && x_amo_i == core_pkg::AmoLr);
      is_store_q <= x_op_i == core_pkg::MemStore;
      is_atomic_q <= x_op_i == core_pkg::MemAmo;
      is_lr_q <= x_op_i == core_pkg::MemAmo && x_amo_i == core_pkg::AmoLr;
      is_sc_q <= x_op_i == core_pkg::MemAmo && x_amo_i == core_pkg::AmoSc;
      is_rmw_q <= x_op_i == core_pkg::MemAmo && x_amo_i != core_pkg::AmoLr &&
                x_amo_i != core_pkg::AmoSc;
    end
  end

  logic misaligned;
  logic [1:0] size;
  logic [2:0] last;             // bytes that follow the first
  assign size = funct3_q[1:0];
  assign last = {mask_q[7], mask_q[3], mask_q[1]};

  // ---------------------------------------------------------------------------------------------
  // The half in work
  // ---------------------------------------------------------------------------------------------

  logic [2:0] first_bytes;      // in the first half of two
  logic [5:0] first_shift;
  logic [7:0] second_mask;
  logic [55:0] first_paddr_q;

  always_comb begin
    first_bytes = '0;
    first_shift = '0;
    second_mask = '0;
    first_mask_o = '0;
    second_vaddr = '0;
    if (split_q) begin
      first_bytes = -vaddr_q[2:0];
      first_shift = {first_bytes, 3'b0};
      second_mask = mask_q >> first_bytes;
      first_mask_o = mask_q & ~(8'hff << first_bytes);
      second_vaddr = {vaddr_q[63:SplitBits] + 1'b1, {SplitBits{1'b0}}};
    end
  end

  assign second_o = phase_q == Second;
  assign vaddr_o = second_o ? second_vaddr : vaddr_q;
  assign mask_o = second_o ? second_mask : split_q ? first_mask_o : mask_q;
  assign paddr_o = phase_q == Third ? first_paddr_q : mmu_paddr_i;
  assign first_paddr_o = first_paddr_q;

  // ---------------------------------------------------------------------------------------------
  // Checks
  // ---------------------------------------------------------------------------------------------

  logic atomic_fault, access_fault, translated, checked, execute;

  assign valid_o = valid_q;
  assign needs_store_o = !is_load_q;
  assign next_vpn_o = second_vaddr[38:12];
  assign check_o = translate_o;

  always_comb begin
    misaligned = 1'b0;
    atomic_fault = 1'b0;
    translate_o = 1'b0;
    next_o = 1'b0;
    last_o = '0;
    if (valid_q) begin
      misaligned = (vaddr_q[2:0] & last) != '0;
      atomic_fault = is_atomic_q && misaligned;
      translate_o = !atomic_fault && phase_q != Third;
      next_o = split_q && phase_q == First;
      if (!split_q) last_o = last;
      else if (second_o) last_o = last - first_bytes;
      else last_o = first_bytes - 3'd1;
    end
  end

  always_comb begin
    translated = 1'b0;
    access_fault = 1'b0;
    checked = 1'b0;
    execute = 1'b0;
    cached = 1'b0;
    if (valid_q) begin
      translated = translate_o && !mmu_miss_i && !mmu_page_fault_i && !mmu_access_fault_i;
      access_fault = mmu_access_fault_i || (uncached_done_i && uncached_err_i) ||
                     (translated && !check_busy_i &&
                      (!pmp_ok_i || (!in_ram_i && (is_atomic_q || misaligned))));
      checked = translated && !check_busy_i && !access_fault;
      execute = !next_o && (phase_q == Third || checked);
      cached = execute && (in_ram_i || phase_q == Third) && !uncached_q;
    end
  end

  assign m_fault_o = atomic_fault || mmu_page_fault_i || access_fault;
  assign m_tval_o = vaddr_o;

  always_comb begin
    m_cause_o = '0;
    if (m_fault_o) begin
      if (atomic_fault) begin
        m_cause_o = is_load_q ? core_pkg::CauseLoadMisaligned : core_pkg::CauseStoreMisaligned;
      end else if (mmu_page_fault_i) begin
        m_cause_o = is_load_q ? core_pkg::CauseLoadPage : core_pkg::CauseStorePage;
      end else begin
        m_cause_o = is_load_q ? core_pkg::CauseLoadAccess : core_pkg::CauseStoreAccess;
      end
    end
  end

  // ---------------------------------------------------------------------------------------------
  // Progress
  // ---------------------------------------------------------------------------------------------

  logic uncached_q, cached, amo_write_q, have_first_q, to_third, sc_holds, complete;
  logic [63:0] part_q, amo_new, store_data;    // part_q: a half's data, or an atomic's old value

  assign load_o = is_load_q || is_rmw_q;
  assign permitted_o = cached;

  always_comb begin
    store_o = 1'b0;
    if (cached) store_o = is_store_q || (is_sc_q && sc_holds) || (is_rmw_q && amo_write_q);
  end

  always_comb begin
    move_o = 1'b0;
    to_third = 1'b0;
    if (split_q) begin
      move_o = next_o && checked && !m_kill_i;
      to_third = second_o && cached && is_load_q && loaded_i && !have_first_q;
    end
  end

  assign locked_o = is_rmw_q;
  assign both_o = split_q;

  // Stores read only on their way here: they go to the buffer then, whether the line is there or
  // not. Nothing must be read for an access that waits for the walker or for the buffer.
  always_comb begin
    read_o = 1'b0;
    if (valid_q && load_o) read_o = !walking_i && !uncached_q && !conflict_i;
  end
  assign read_second_o = config_pkg::Caches ? split_q && phase_q != Third : second_o;
  assign read_offset_o = read_second_o ? second_vaddr[11:3] : vaddr_q[11:3];

  always_comb begin
    complete = 1'b0;
    if (uncached_q) begin
      complete = uncached_done_i;
    end else if (cached) begin
      if (is_load_q) complete = loaded_i && !to_third;
      else if (is_rmw_q) complete = amo_write_q && stored_i;
      else complete = stored_i || (is_sc_q && !sc_holds);
    end
  end

  assign m_done_o = m_fault_o || complete;
  assign uncached_o = uncached_q;
  assign size_o = size;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      phase_q <= First;
      uncached_q <= 1'b0;
      amo_write_q <= 1'b0;
    end else if (valid_q) begin
      if (m_done_o || m_kill_i) begin
        phase_q <= First;
        uncached_q <= 1'b0;
        amo_write_q <= 1'b0;
      end else begin
        if (move_o) phase_q <= Second;
        if (to_third) phase_q <= Third;
        if (execute && !in_ram_i && phase_q != Third) uncached_q <= 1'b1;
        // Write in the very next cycle or, should the line be gone then, read again.
        amo_write_q <= cached && is_rmw_q && loaded_i && !amo_write_q;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (move_o) begin
      first_paddr_q <= mmu_paddr_i;
      have_first_q <= loaded_i;
    end
    if (loaded_i && (move_o || to_third || (is_rmw_q && !amo_write_q))) part_q <= rdata_i;
  end

  // ---------------------------------------------------------------------------------------------
  // Atomics
  // ---------------------------------------------------------------------------------------------

  logic commit;
  assign commit = complete && !m_fault_o && !m_kill_i;

  // The first half of a store counts before the second is known to be good: if that faults, the
  // trap ends the reservation anyway.
  reservation u_reservation (
    .clk_i,
    .rst_ni,
    .paddr_i(paddr_o),
    .mask_i (mask_o),
    .lr_i   (commit && is_lr_q),
    .sc_i   (commit && is_sc_q),
    .store_i((commit || move_o) && (is_store_q || is_rmw_q)),
    .clear_i(m_clear_reservation_i),
    .holds_o(sc_holds)
  );

  amo_alu u_amo_alu (
    .enable_i (is_rmw_q && amo_write_q),
    .op_i     (amo_q),
    .word_i   (!funct3_q[0]),
    .memory_i (keep_bytes(part_q, size)),
    .operand_i(m_wdata_i),
    .result_o (amo_new)
  );

  assign store_data = is_rmw_q ? amo_new : m_wdata_i;
  assign first_wdata_o = store_data;
  assign wdata_o = second_o ? store_data >> first_shift : store_data;

  // ---------------------------------------------------------------------------------------------
  // Result
  // ---------------------------------------------------------------------------------------------

  logic [63:0] first_data, second_data, raw;

  always_comb begin
    first_data = '0;
    second_data = '0;
    raw = rdata_i;
    if (uncached_q) begin
      raw = uncached_rdata_i;
    end else if (is_rmw_q) begin
      raw = part_q;
    end else if (split_q) begin
      first_data = second_o ? part_q : rdata_i;
      second_data = second_o ? rdata_i : part_q;
      raw = (first_data & ~(64'hffff_ffff_ffff_ffff << first_shift)) | (second_data << first_shift);
    end
  end

  always_comb begin
    m_result_o = '0;
    if (valid_q) begin
      unique case (funct3_q)
        3'b000: m_result_o = {{56{raw[7]}}, raw[7:0]};
        3'b001: m_result_o = {{48{raw[15]}}, raw[15:0]};
        3'b010: m_result_o = {{32{raw[31]}}, raw[31:0]};
        3'b100: m_result_o = {56'b0, raw[7:0]};
        3'b101: m_result_o = {48'b0, raw[15:0]};
        3'b110: m_result_o = {32'b0, raw[31:0]};
        default: m_result_o = raw;
      endcase
      if (is_sc_q) m_result_o = {63'b0, !sc_holds};
    end
  end

  always_comb begin
    m_paddr_o = split_q ? first_paddr_q : mmu_paddr_i;
    m_rmask_o = '0;
    m_wmask_o = '0;
    m_rdata_o = '0;
    m_wdata_o = '0;
    if (valid_q && !m_fault_o) begin
      if (load_o) begin
        m_rmask_o = mask_q;
        m_rdata_o = keep_bytes(raw, size);
      end
      if (is_store_q || is_rmw_q || (is_sc_q && sc_holds)) begin
        m_wmask_o = mask_q;
        m_wdata_o = keep_bytes(store_data, size);
      end
    end
  end

  always_comb begin
    if (!valid_q || m_done_o) m_lost_o = core_pkg::LostNone;
    else if (mmu_miss_i || walking_i) m_lost_o = core_pkg::LostDtlb;
    else if (uncached_q || (checked && !in_ram_i)) m_lost_o = core_pkg::LostUncached;
    else if (next_o || (is_rmw_q && cached && loaded_i)) m_lost_o = core_pkg::LostSplit;
    else if (load_o) m_lost_o = core_pkg::LostDcache;
    else m_lost_o = core_pkg::LostStoreBuffer;
  end

endmodule
