// The registers that one privileged mode has for its traps: tvec, scratch, epc, cause, tval. M and
// S mode have the same at different addresses.
//
// tvec keeps any base aligned to 4 and modes 0 and 1; other modes drop the write. cause keeps all
// 64 bits, epc all but bit 0.
module csr_trap_regs (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        access_i,         // one of these registers is addressed
  input  logic        write_i,          // and written at this edge, if access_i
  input  logic [7:0]  addr_i,
  input  logic [63:0] wdata_i,
  output logic [63:0] rdata_o,
  output logic [63:0] written_o,

  input  logic        trap_i,           // into this mode
  input  logic        trap_interrupt_i,
  input  logic [5:0]  trap_cause_i,
  input  logic [63:0] trap_pc_i,
  input  logic [63:0] trap_value_i,
  output logic [63:0] trap_target_o,
  output logic [63:0] epc_o
);

  logic [63:0] scratch_q, epc_q, cause_q, tval_q;
  logic [63:2] tvec_base_q;
  logic tvec_vectored_q;

  always_comb begin
    rdata_o = '0;
    if (access_i) begin
      unique case (addr_i)
        8'h05: rdata_o = {tvec_base_q, 1'b0, tvec_vectored_q};
        8'h40: rdata_o = scratch_q;
        8'h41: rdata_o = epc_q;
        8'h42: rdata_o = cause_q;
        default: rdata_o = tval_q;
      endcase
    end
  end

  always_comb begin
    written_o = '0;
    if (access_i) begin
      unique case (addr_i)
        8'h05: written_o = wdata_i[1] ? {tvec_base_q, 1'b0, tvec_vectored_q} : wdata_i;
        8'h41: written_o = {wdata_i[63:1], 1'b0};
        default: written_o = wdata_i;
      endcase
    end
  end

  logic write;
  assign write = access_i && write_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      tvec_base_q <= '0;
      tvec_vectored_q <= 1'b0;
      scratch_q <= '0;
      epc_q <= '0;
      cause_q <= '0;
      tval_q <= '0;
    end else if (trap_i) begin
      epc_q <= trap_pc_i;
      cause_q <= {trap_interrupt_i, 57'b0, trap_cause_i};
      tval_q <= trap_value_i;
    end else if (write) begin
      unique case (addr_i)
        8'h05: begin
          tvec_base_q <= written_o[63:2];
          tvec_vectored_q <= written_o[0];
        end
        8'h40: scratch_q <= written_o;
        8'h41: epc_q <= written_o;
        8'h42: cause_q <= written_o;
        default: tval_q <= written_o;
      endcase
    end
  end

  assign epc_o = epc_q;
  assign trap_target_o = (tvec_vectored_q && trap_interrupt_i)
                         ? {tvec_base_q, 2'b0} + {56'b0, trap_cause_i, 2'b0}
                         : {tvec_base_q, 2'b0};

endmodule
