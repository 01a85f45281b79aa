// Physical checks of the access in memory: PMP, and whether it is to RAM; and the page walker's
// accesses, which are checked here too before the cache gets them.
//
// Walks count as S mode's. They borrow the checker for a cycle each; by then the access in memory is
// mostly the one that waits for the walk.
module lsu_check (
  input  logic                                 clk_i,
  input  logic                                 rst_ni,

  input  logic [1:0]                           mode_i,
  input  logic [8*config_pkg::PmpEntries-1:0]  pmp_cfg_i,
  input  logic [54*config_pkg::PmpEntries-1:0] pmp_addr_i,
  input  logic [63:0]                          ram_base_i,   // of whole lines
  input  logic [63:0]                          ram_size_i,

  input  logic                                 m_check_i,
  input  logic [55:0]                          m_paddr_i,
  input  logic [2:0]                           m_last_i,
  input  logic                                 m_store_i,
  output logic                                 m_busy_o,     // with the walker's: not answered
  output logic                                 pmp_ok_o,
  output logic                                 in_ram_o,

  // Page walker
  input  logic                                 ptw_req_i,    // held until done
  input  logic                                 ptw_we_i,
  input  logic [55:0]                          ptw_addr_i,
  output logic                                 ptw_done_o,
  output logic [63:0]                          ptw_rdata_o,
  output logic                                 ptw_err_o,

  // Its access, for the cache
  output logic                                 walker_access_o,   // until it is done
  input  logic                                 walker_done_i,
  input  logic [63:0]                          walker_data_i
);

  typedef enum logic [1:0] {
    Idle,
    Check,
    Access,
    Done
  } state_e;

  state_e state_q;
  logic walker;
  assign walker = state_q == Check;
  assign m_busy_o = walker;

  logic [55:0] addr;
  logic [63:0] ram_offset;
  logic check, store;
  logic [2:0] last;
  logic [1:0] mode;

  always_comb begin
    check = 1'b0;
    addr = '0;
    last = '0;
    store = 1'b0;
    mode = mode_i;
    ram_offset = '0;
    in_ram_o = 1'b0;
    if (walker || m_check_i) begin
      check = 1'b1;
      addr = m_paddr_i;
      last = m_last_i;
      store = m_store_i;
      if (walker) begin
        addr = ptw_addr_i;
        last = 3'd7;
        store = ptw_we_i;
        mode = core_pkg::ModeS;
      end
      ram_offset = {8'b0, addr} - ram_base_i;
      in_ram_o = ram_offset < ram_size_i;
    end
  end

  pmp #(
    .Entries(config_pkg::PmpEntries)
  ) u_pmp (
    .check_i   (check),
    .addr_i    (addr),
    .last_i    (last),
    .access_i  (store ? core_pkg::AccessStore : core_pkg::AccessLoad),
    .mode_i    (mode),
    .pmp_cfg_i,
    .pmp_addr_i,
    .ok_o      (pmp_ok_o)
  );

  assign walker_access_o = state_q == Access;
  assign ptw_done_o = state_q == Done;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= Idle;
      ptw_err_o <= 1'b0;
    end else if (ptw_req_i || state_q != Idle) begin
      unique case (state_q)
        Idle: if (ptw_req_i) state_q <= Check;
        Check: begin
          state_q <= pmp_ok_o && in_ram_o ? Access : Done;
          ptw_err_o <= !(pmp_ok_o && in_ram_o);
        end
        Access: if (walker_done_i) state_q <= Done;
        default: state_q <= Idle;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if (walker_done_i) ptw_rdata_o <= walker_data_i;
  end

endmodule
