// Page table walker for Sv39 (privileged manual, 4.3.2 and 4.4), shared by both TLBs.
//
// Reads the entries through the memory unit, which also checks them against PMP; sets A, and D for
// a store, if the access is permitted. A walk always ends, even if whoever asked has lost interest:
// it is then answered all the same.
module ptw (
  input  logic                 clk_i,
  input  logic                 rst_ni,

  input  logic [43:0]          satp_ppn_i,
  input  logic                 sum_i,
  input  logic                 mxr_i,

  // Requests, each held until it is done; data's goes first
  input  logic                 d_req_i,
  input  logic [26:0]          d_vpn_i,
  input  logic                 d_store_i,
  input  logic [1:0]           d_mode_i,
  output logic                 d_done_o,
  input  logic                 i_req_i,
  input  logic [26:0]          i_vpn_i,
  input  logic [1:0]           i_mode_i,
  output logic                 i_done_o,

  // Result, with either done
  output logic                 page_fault_o,
  output logic                 access_fault_o,
  output logic [43:0]          ppn_o,           // a superpage's low bits are 0
  output core_pkg::pte_flags_t flags_o,         // G also if a table above is global
  output logic [1:0]           level_o,         // 0: 4 KiB, 1: 2 MiB, 2: 1 GiB

  // Memory; mem_req_o and what belongs to it are held until it is done
  output logic                 mem_req_o,
  output logic                 mem_we_o,
  output logic [55:0]          mem_addr_o,
  output logic [63:0]          mem_wdata_o,
  input  logic                 mem_done_i,
  input  logic [63:0]          mem_rdata_i,
  input  logic                 mem_err_i,

  output logic                 busy_o           // no store may come between reading and writing
);

  typedef enum logic [2:0] {
    Idle,
    Read,     // an entry
    Check,    // what was read
    Write,    // it back with A and D
    Done
  } state_e;

  state_e state_q;
  logic for_fetch_q;
  core_pkg::access_e access_q;
  logic [1:0] mode_q;
  logic [26:0] vpn_q;
  logic [1:0] level_q;
  logic [43:0] table_q;     // page of the table that is read
  logic [63:0] pte_q;
  logic global_q;           // a table above was global
  logic page_fault_q, access_fault_q;

  // ---------------------------------------------------------------------------------------------
  // What was read
  // ---------------------------------------------------------------------------------------------

  core_pkg::pte_flags_t flags;
  logic [43:0] ppn;
  logic pointer, malformed, misaligned, ok, stale;

  assign flags = pte_q[7:0];
  assign ppn = pte_q[53:10];

  // Reserved are the high bits (no Svnapot, no Svpbmt), and in a pointer D, A and U.
  always_comb begin
    pointer = 1'b0;
    malformed = 1'b0;
    misaligned = 1'b0;
    if (state_q == Check) begin
      pointer = !flags.r && !flags.w && !flags.x;
      malformed = !flags.v || (!flags.r && flags.w) || pte_q[63:54] != '0 ||
                  (pointer && (level_q == 2'd0 || flags.d || flags.a || flags.u));
      misaligned = (level_q != 2'd0 && ppn[8:0] != '0) || (level_q == 2'd2 && ppn[17:9] != '0);
    end
  end

  page_check u_page_check (
    .check_i(state_q == Check),
    .flags_i(flags),
    .access_i(access_q),
    .mode_i(mode_q),
    .sum_i,
    .mxr_i,
    .ok_o(ok),
    .stale_o(stale)
  );

  // ---------------------------------------------------------------------------------------------
  // The walk
  // ---------------------------------------------------------------------------------------------

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= Idle;
    end else if (d_req_i || i_req_i || busy_o) begin
      unique case (state_q)
        Idle: if (d_req_i || i_req_i) state_q <= Read;
        Read: if (mem_done_i) state_q <= mem_err_i ? Done : Check;
        Check: begin
          if (malformed) state_q <= Done;
          else if (pointer) state_q <= Read;
          else if (misaligned || !ok || !stale) state_q <= Done;
          else state_q <= Write;
        end
        Write: if (mem_done_i) state_q <= Done;
        default: state_q <= Idle;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if (d_req_i || i_req_i || busy_o) begin
      unique case (state_q)
        Idle: begin
          if (d_req_i || i_req_i) begin
            for_fetch_q <= !d_req_i;
            vpn_q <= d_req_i ? d_vpn_i : i_vpn_i;
            mode_q <= d_req_i ? d_mode_i : i_mode_i;
            if (!d_req_i) access_q <= core_pkg::AccessFetch;
            else if (d_store_i) access_q <= core_pkg::AccessStore;
            else access_q <= core_pkg::AccessLoad;
            level_q <= 2'd2;
            table_q <= satp_ppn_i;
            global_q <= 1'b0;
            page_fault_q <= 1'b0;
            access_fault_q <= 1'b0;
          end
        end
        Read: begin
          if (mem_done_i) begin
            pte_q <= mem_rdata_i;
            access_fault_q <= mem_err_i;
          end
        end
        Check: begin
          if (malformed) begin
            page_fault_q <= 1'b1;
          end else if (pointer) begin
            level_q <= level_q - 2'd1;
            table_q <= ppn;
            global_q <= global_q || flags.g;
          end else if (misaligned || !ok) begin
            page_fault_q <= 1'b1;
          end else begin
            pte_q[6] <= 1'b1;
            if (access_q == core_pkg::AccessStore) pte_q[7] <= 1'b1;
          end
        end
        Write: if (mem_done_i) access_fault_q <= mem_err_i;
        default: ;
      endcase
    end
  end

  // ---------------------------------------------------------------------------------------------
  // Outputs
  // ---------------------------------------------------------------------------------------------

  logic [8:0] index;  // of the entry in its table

  assign mem_req_o = state_q == Read || state_q == Write;
  assign mem_we_o = state_q == Write;

  always_comb begin
    index = '0;
    mem_addr_o = '0;
    if (mem_req_o) begin
      unique case (level_q)
        2'd2:    index = vpn_q[26:18];
        2'd1:    index = vpn_q[17:9];
        default: index = vpn_q[8:0];
      endcase
      mem_addr_o = {table_q, index, 3'b000};
    end
  end

  assign mem_wdata_o = pte_q;

  always_comb begin
    d_done_o = 1'b0;
    i_done_o = 1'b0;
    if (state_q == Done) begin
      d_done_o = !for_fetch_q;
      i_done_o = for_fetch_q;
    end
  end
  assign page_fault_o = page_fault_q;
  assign access_fault_o = access_fault_q;
  assign ppn_o = ppn;
  assign level_o = level_q;
  always_comb begin
    flags_o = '0;
    if (state_q == Done) begin
      flags_o = flags;
      flags_o.g = flags.g || global_q;
    end
  end

  assign busy_o = state_q != Idle;

  logic unused;
  assign unused = ^pte_q[9:8];

endmodule
