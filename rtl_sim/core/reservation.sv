// What LR leaves for SC: an aligned double word, and which of its words LR has read.
module reservation (
  input  logic             clk_i,
  input  logic             rst_ni,

  input  logic [55:0]      paddr_i,    // of the access in memory
  input  logic [7:0]       mask_i,     // its bytes, from there on
  input  logic             lr_i,       // it commits, and is this
  input  logic             sc_i,
  input  logic             store_i,    // or any other that has stored
  input  logic             clear_i,
  output logic             holds_o     // an SC here succeeds
);

  logic reserved_q;
  logic [55:3] dword_q;
  logic [1:0] words_q;

  // Words of this double word and of the next
  logic [14:0] bytes;
  logic [3:0] words;
  logic same, next;

  always_comb begin
    bytes = '0;
    words = '0;
    same = 1'b0;
    next = 1'b0;
    if (reserved_q) begin
      bytes = {7'b0, mask_i} << paddr_i[2:0];
      words = {|bytes[14:12], |bytes[11:8], |bytes[7:4], |bytes[3:0]};
      same = paddr_i[55:3] == dword_q;
      next = paddr_i[55:3] + 53'd1 == dword_q;
    end
  end

  assign holds_o = reserved_q && same && (words[1:0] & ~words_q) == 2'b00;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      reserved_q <= 1'b0;
    end else if (clear_i || sc_i) begin
      reserved_q <= 1'b0;
    end else if (lr_i) begin
      reserved_q <= 1'b1;
    end else if (store_i && ((same && (words[1:0] & words_q) != 2'b00) ||
                             (next && (words[3:2] & words_q) != 2'b00))) begin
      reserved_q <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    // An LR is aligned.
    if (lr_i) begin
      dword_q <= paddr_i[55:3];
      words_q <= {mask_i[7] || paddr_i[2], mask_i[7] || !paddr_i[2]};
    end
  end

endmodule
