// Access to what is not memory: once it is sure to happen, one request, one answer.
module uncached (
  input  logic             clk_i,
  input  logic             rst_ni,

  input  logic             start_i,       // the access in memory; held until done_o
  input  logic             kill_i,
  output logic             done_o,
  output logic             err_o,
  output logic [63:0]      rdata_o,
  output logic             busy_o,        // an answer is due

  output logic             bus_req_o,
  input  logic             bus_rvalid_i,
  input  logic [63:0]      bus_rdata_i,
  input  logic             bus_err_i
);

  // Whoever asked may be killed before the answer comes; the next must not take it for its own.
  typedef enum logic [1:0] {
    Idle,
    Wait,
    WaitDrop,
    Done
  } state_e;

  state_e state_q;

  assign bus_req_o = state_q == Idle && start_i && !kill_i;
  assign done_o = state_q == Done;
  assign busy_o = state_q == Wait || state_q == WaitDrop;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= Idle;
    end else if (bus_req_o || state_q != Idle) begin
      unique case (state_q)
        Idle: if (bus_req_o) state_q <= Wait;
        Wait: begin
          if (bus_rvalid_i) state_q <= kill_i ? Idle : Done;
          else if (kill_i) state_q <= WaitDrop;
        end
        WaitDrop: if (bus_rvalid_i) state_q <= Idle;
        default: state_q <= Idle;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if (state_q == Wait && bus_rvalid_i) begin
      err_o <= bus_err_i;
      rdata_o <= bus_rdata_i;
    end
  end

endmodule
