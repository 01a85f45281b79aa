// Takes an access of up to 8 bytes out of two neighbouring words, and merges a store into them.
module dcache_merge (
  input  logic           look_i,        // without it nothing here means anything
  input  logic           store_i,       // without it even_o and odd_o mean nothing
  input  logic [3:0]     offset_i,      // of the access; bit 3: it begins in the odd word
  input  logic [7:0]     mask_i,        // its bytes, from there on
  input  logic [63:0]    wdata_i,       // its first byte in bits 7:0
  input  logic [63:0]    even_i,
  input  logic [63:0]    odd_i,
  output logic [63:0]    rdata_o,       // bytes that mask_i lacks follow too
  output logic           crosses_o,     // has bytes of the second word
  output logic           use_even_o,
  output logic           use_odd_o,
  output logic [63:0]    even_o,
  output logic [63:0]    odd_o
);

  logic [63:0] low, high, bits, low_bits, high_bits, low_new, high_new;
  logic [14:0] bytes;
  logic [5:0] shift;

  always_comb begin
    shift = '0;
    bytes = '0;
    crosses_o = 1'b0;
    use_even_o = 1'b0;
    use_odd_o = 1'b0;
    if (look_i) begin
      shift = {offset_i[2:0], 3'b0};
      bytes = {7'b0, mask_i} << offset_i[2:0];
      crosses_o = (bytes >> 8) != '0;
      use_even_o = !offset_i[3] || crosses_o;
      use_odd_o = offset_i[3] || crosses_o;
    end
  end

  // By 64 - shift: in two steps, since 64 itself is no shift of 6 bits.
  always_comb begin
    low = '0;
    high = '0;
    rdata_o = '0;
    if (look_i) begin
      low = offset_i[3] ? odd_i : even_i;
      high = offset_i[3] ? even_i : odd_i;
      rdata_o = (low >> shift) | ((high << 1) << ~shift);
    end
  end

  always_comb begin
    bits = '0;
    low_bits = '0;
    high_bits = '0;
    low_new = '0;
    high_new = '0;
    even_o = '0;
    odd_o = '0;
    if (store_i) begin
      for (int unsigned i = 0; i < 8; i++) bits[8*i+:8] = {8{mask_i[i]}};
      low_bits = bits << shift;
      high_bits = (bits >> 1) >> ~shift;
      low_new = (low & ~low_bits) | ((wdata_i << shift) & low_bits);
      high_new = (high & ~high_bits) | (((wdata_i >> 1) >> ~shift) & high_bits);
      even_o = offset_i[3] ? high_new : low_new;
      odd_o = offset_i[3] ? low_new : high_new;
    end
  end

endmodule
