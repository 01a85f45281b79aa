// The current privilege mode and mstatus, which holds what traps and returns push and pop, and of
// which sstatus shows a part.
//
// SXL and UXL are 64 bits for ever, all endiannesses little, FS, VS, XS and SD 0: no unit has
// state to be saved. MPP keeps its value when the reserved mode 2 is written.
module csr_status (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        access_i,         // mstatus or sstatus is addressed
  input  logic        write_i,          // and written at this edge, if access_i
  input  logic        supervisor_i,     // it is sstatus
  input  logic [22:0] wdata_i,          // the part that can be written
  output logic [63:0] rdata_o,
  output logic [63:0] written_o,
  output logic        flush_o,          // the write changes permissions

  input  logic        trap_i,
  input  logic        trap_to_s_i,
  input  logic        mret_i,
  input  logic        sret_i,

  output logic [1:0]  mode_o,
  output logic [1:0]  data_mode_o,
  output logic        mie_o,
  output logic        sie_o,
  output logic        sum_o,
  output logic        mxr_o,
  output logic        tvm_o,
  output logic        tw_o,
  output logic        tsr_o
);

  // Bits of sstatus, as far as they can be written
  localparam logic [22:0] SstatusMask = 23'h0c_0122;

  // Bits of mstatus that exist, at their places; the rest of the register is constant.
  typedef struct packed {
    logic       tsr;    // 22
    logic       tw;
    logic       tvm;
    logic       mxr;
    logic       sum;    // 18
    logic       mprv;
    logic [3:0] xs_fs;  // 0
    logic [1:0] mpp;    // 12:11
    logic [1:0] vs;     // 0
    logic       spp;    // 8
    logic       mpie;
    logic       ube;    // 0
    logic       spie;
    logic       zero4;
    logic       mie;    // 3
    logic       zero2;
    logic       sie;    // 1
    logic       zero0;
  } status_t;

  status_t status_q, legal;
  logic [1:0] mode_q;

  // ---------------------------------------------------------------------------------------------
  // Access
  // ---------------------------------------------------------------------------------------------

  logic [22:0] bits, masked;
  assign bits = status_q;

  assign rdata_o = !access_i    ? '0
                   : supervisor_i ? {30'b0, 2'd2, 9'b0, bits & SstatusMask}
                                  : {28'b0, 2'd2, 2'd2, 9'b0, bits};

  always_comb begin
    masked = '0;
    legal = status_q;
    written_o = '0;
    flush_o = 1'b0;
    if (access_i) begin
      masked = supervisor_i ? (bits & ~SstatusMask) | (wdata_i & SstatusMask)
                            : wdata_i;
      legal = masked;
      legal.xs_fs = '0;
      legal.vs = '0;
      legal.ube = 1'b0;
      legal.zero4 = 1'b0;
      legal.zero2 = 1'b0;
      legal.zero0 = 1'b0;
      if (legal.mpp == 2'b10) legal.mpp = status_q.mpp;

      written_o = supervisor_i ? {30'b0, 2'd2, 9'b0, legal & SstatusMask}
                               : {28'b0, 2'd2, 2'd2, 9'b0, legal};
      // MPP matters by way of MPRV only.
      flush_o = legal.tsr != status_q.tsr || legal.tw != status_q.tw ||
                legal.tvm != status_q.tvm || legal.mxr != status_q.mxr ||
                legal.sum != status_q.sum || legal.mprv != status_q.mprv ||
                (legal.mprv && legal.mpp != status_q.mpp);
    end
  end

  // ---------------------------------------------------------------------------------------------
  // State
  // ---------------------------------------------------------------------------------------------

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      mode_q <= core_pkg::ModeM;
      status_q <= '0;
    end else if (trap_i) begin
      if (trap_to_s_i) begin
        mode_q <= core_pkg::ModeS;
        status_q.spie <= status_q.sie;
        status_q.sie <= 1'b0;
        status_q.spp <= mode_q[0];
      end else begin
        mode_q <= core_pkg::ModeM;
        status_q.mpie <= status_q.mie;
        status_q.mie <= 1'b0;
        status_q.mpp <= mode_q;
      end
    end else if (mret_i) begin
      mode_q <= status_q.mpp;
      status_q.mie <= status_q.mpie;
      status_q.mpie <= 1'b1;
      status_q.mpp <= core_pkg::ModeU;
      if (status_q.mpp != core_pkg::ModeM) status_q.mprv <= 1'b0;
    end else if (sret_i) begin
      mode_q <= {1'b0, status_q.spp};
      status_q.sie <= status_q.spie;
      status_q.spie <= 1'b1;
      status_q.spp <= 1'b0;
      status_q.mprv <= 1'b0;
    end else if (access_i && write_i) begin
      status_q <= legal;
    end
  end

  assign mode_o = mode_q;
  assign data_mode_o = status_q.mprv ? status_q.mpp : mode_q;
  assign mie_o = status_q.mie;
  assign sie_o = status_q.sie;
  assign sum_o = status_q.sum;
  assign mxr_o = status_q.mxr;
  assign tvm_o = status_q.tvm;
  assign tw_o = status_q.tw;
  assign tsr_o = status_q.tsr;

endmodule
