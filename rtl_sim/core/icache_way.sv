// One way of the instruction cache: tags in two banks by the parity of the line, data in two banks
// of 8-byte words by the parity of the word, so that a window that begins anywhere finds its two
// words, and its two lines, in different banks.
//
// The banks are synchronous memories whose address registers the ways share (in icache); what is
// written at an edge is what the cycle after it reads. A word is read only from a way that hits.
module icache_way #(
  parameter int unsigned SetWidth  = 6,
  parameter int unsigned WordWidth = 3,    // log2 of the words in a line
  parameter int unsigned TagWidth  = 44
) (
  input  logic                          clk_i,

  // The window: its first line, and the one that follows it
  input  logic [SetWidth-2:0]           even_set_i,
  input  logic [SetWidth-2:0]           odd_set_i,
  input  logic                          first_i,
  input  logic                          first_odd_i,      // parity of the first line
  input  logic [TagWidth-1:0]           first_tag_i,
  input  logic                          second_i,
  input  logic [TagWidth-1:0]           second_tag_i,
  output logic                          first_match_o,
  output logic                          second_match_o,

  // Its two words: 0 unless they are in this way
  input  logic [SetWidth+WordWidth-2:0] even_word_i,
  input  logic [SetWidth+WordWidth-2:0] odd_word_i,
  input  logic                          word_odd_i,       // parity of the first word
  input  logic                          first_hit_i,
  input  logic                          second_hit_i,
  output logic [63:0]                   first_word_o,
  output logic [63:0]                   second_word_o,

  // Refill
  input  logic                          write_i,
  input  logic [SetWidth+WordWidth-1:0] write_word_i,     // set and word
  input  logic [63:0]                   write_data_i,
  input  logic                          write_tag_i,
  input  logic [TagWidth-1:0]           tag_i
);

  localparam int unsigned HalfSets = 1 << (SetWidth - 1);
  localparam int unsigned HalfWords = 1 << (SetWidth + WordWidth - 1);

  logic [TagWidth-1:0] even_tags_q[0:HalfSets-1];
  logic [TagWidth-1:0] odd_tags_q[0:HalfSets-1];
  logic [63:0] even_words_q[0:HalfWords-1];
  logic [63:0] odd_words_q[0:HalfWords-1];

  assign first_match_o = first_i &&
      (first_odd_i ? odd_tags_q[odd_set_i] : even_tags_q[even_set_i]) == first_tag_i;
  assign second_match_o = second_i &&
      (first_odd_i ? even_tags_q[even_set_i] : odd_tags_q[odd_set_i]) == second_tag_i;

  assign first_word_o = !first_hit_i ? 64'd0 :
      word_odd_i ? odd_words_q[odd_word_i] : even_words_q[even_word_i];
  assign second_word_o = !second_hit_i ? 64'd0 :
      word_odd_i ? even_words_q[even_word_i] : odd_words_q[odd_word_i];

  logic write_set_odd;
  logic [SetWidth-2:0] write_half_set;
  logic [SetWidth+WordWidth-2:0] write_half_word;

  assign write_set_odd = write_word_i[WordWidth];
  assign write_half_set = write_word_i[SetWidth+WordWidth-1:WordWidth+1];
  assign write_half_word = write_word_i[SetWidth+WordWidth-1:1];

  always_ff @(posedge clk_i) begin
    if (write_i) begin
      if (write_word_i[0]) odd_words_q[write_half_word] <= write_data_i;
      else even_words_q[write_half_word] <= write_data_i;
    end
    if (write_tag_i) begin
      if (write_set_odd) odd_tags_q[write_half_set] <= tag_i;
      else even_tags_q[write_half_set] <= tag_i;
    end
  end

endmodule
