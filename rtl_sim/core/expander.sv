// Turns a compressed instruction into the 32-bit one it abbreviates (unprivileged manual, chapter
// "C"); passes 32-bit instructions through.
module expander (
  input  logic [31:0] raw_i,         // as fetched, lowest halfword first
  output logic [31:0] insn_o,
  output logic        illegal_o      // a reserved compressed encoding
);

  localparam logic [6:0] OpLoad = 7'b0000011;
  localparam logic [6:0] OpImm = 7'b0010011;
  localparam logic [6:0] OpImm32 = 7'b0011011;
  localparam logic [6:0] OpStore = 7'b0100011;
  localparam logic [6:0] OpReg = 7'b0110011;
  localparam logic [6:0] OpReg32 = 7'b0111011;
  localparam logic [6:0] OpLui = 7'b0110111;
  localparam logic [6:0] OpBranch = 7'b1100011;
  localparam logic [6:0] OpJalr = 7'b1100111;
  localparam logic [6:0] OpJal = 7'b1101111;

  localparam logic [4:0] Zero = 5'd0;
  localparam logic [4:0] Ra = 5'd1;
  localparam logic [4:0] Sp = 5'd2;

  logic [15:0] c;
  assign c = raw_i[15:0];

  // ---------------------------------------------------------------------------------------------
  // Fields
  // ---------------------------------------------------------------------------------------------

  logic [4:0] rd, rs2, rd_short, rs1_short, rs2_short;
  assign rd = c[11:7];
  assign rs2 = c[6:2];
  assign rd_short = {2'b01, c[4:2]};
  assign rs1_short = {2'b01, c[9:7]};
  assign rs2_short = {2'b01, c[4:2]};

  logic [11:0] imm6, lw_offset, ld_offset, lwsp_offset, ldsp_offset, swsp_offset, sdsp_offset;
  assign imm6 = {{7{c[12]}}, c[6:2]};
  assign lw_offset = {5'b0, c[5], c[12:10], c[6], 2'b0};
  assign ld_offset = {4'b0, c[6:5], c[12:10], 3'b0};
  assign lwsp_offset = {4'b0, c[3:2], c[12], c[6:4], 2'b0};
  assign ldsp_offset = {3'b0, c[4:2], c[12], c[6:5], 3'b0};
  assign swsp_offset = {4'b0, c[8:7], c[12:9], 2'b0};
  assign sdsp_offset = {3'b0, c[9:7], c[12:10], 3'b0};

  logic [11:0] addi4spn_imm, addi16sp_imm;
  assign addi4spn_imm = {2'b0, c[10:7], c[12:11], c[5], c[6], 2'b0};
  assign addi16sp_imm = {{3{c[12]}}, c[4:3], c[5], c[2], c[6], 4'b0};

  logic [20:1] jump_offset;
  assign jump_offset = {{10{c[12]}}, c[8], c[10:9], c[6], c[7], c[2], c[11], c[5:3]};

  logic [12:1] branch_offset;
  assign branch_offset = {{5{c[12]}}, c[6:5], c[2], c[11:10], c[4:3]};

  // ---------------------------------------------------------------------------------------------
  // 32-bit formats
  // ---------------------------------------------------------------------------------------------

  function automatic logic [31:0] i_type(input logic [11:0] imm, input logic [4:0] rs1,
                                         input logic [2:0] funct3, input logic [4:0] rd_field,
                                         input logic [6:0] opcode);
    i_type = {imm, rs1, funct3, rd_field, opcode};
  endfunction

  function automatic logic [31:0] s_type(input logic [11:0] imm, input logic [4:0] rs2_field,
                                         input logic [4:0] rs1, input logic [2:0] funct3);
    s_type = {imm[11:5], rs2_field, rs1, funct3, imm[4:0], OpStore};
  endfunction

  function automatic logic [31:0] r_type(input logic [6:0] funct7, input logic [4:0] rs2_field,
                                         input logic [4:0] rs1, input logic [2:0] funct3,
                                         input logic [4:0] rd_field, input logic [6:0] opcode);
    r_type = {funct7, rs2_field, rs1, funct3, rd_field, opcode};
  endfunction

  function automatic logic [31:0] jal(input logic [20:1] offset, input logic [4:0] rd_field);
    jal = {offset[20], offset[10:1], offset[11], offset[19:12], rd_field, OpJal};
  endfunction

  function automatic logic [31:0] branch(input logic [12:1] offset, input logic [4:0] rs1,
                                         input logic [2:0] funct3);
    branch = {offset[12], offset[10:5], Zero, rs1, funct3, offset[4:1], offset[11], OpBranch};
  endfunction

  // ---------------------------------------------------------------------------------------------
  // Expansion
  // ---------------------------------------------------------------------------------------------

  always_comb begin
    insn_o = raw_i;
    illegal_o = 1'b0;
    if (raw_i[1:0] != 2'b11) begin
      unique case ({c[1:0], c[15:13]})
        // Quadrant 0
        5'b00_000: begin  // c.addi4spn; all zeros is the defined illegal instruction
          insn_o = i_type(addi4spn_imm, Sp, 3'b000, rd_short, OpImm);
          illegal_o = (addi4spn_imm == '0);
        end
        5'b00_010: insn_o = i_type(lw_offset, rs1_short, 3'b010, rd_short, OpLoad);  // c.lw
        5'b00_011: insn_o = i_type(ld_offset, rs1_short, 3'b011, rd_short, OpLoad);  // c.ld
        5'b00_110: insn_o = s_type(lw_offset, rs2_short, rs1_short, 3'b010);         // c.sw
        5'b00_111: insn_o = s_type(ld_offset, rs2_short, rs1_short, 3'b011);         // c.sd

        // Quadrant 1
        5'b01_000: insn_o = i_type(imm6, rd, 3'b000, rd, OpImm);                     // c.addi
        5'b01_001: begin                                                            // c.addiw
          insn_o = i_type(imm6, rd, 3'b000, rd, OpImm32);
          illegal_o = (rd == Zero);
        end
        5'b01_010: insn_o = i_type(imm6, Zero, 3'b000, rd, OpImm);                   // c.li
        5'b01_011: begin
          if (rd == Sp) begin                                                       // c.addi16sp
            insn_o = i_type(addi16sp_imm, Sp, 3'b000, Sp, OpImm);
          end else begin                                                            // c.lui
            insn_o = {{15{c[12]}}, c[6:2], rd, OpLui};
          end
          illegal_o = (imm6 == '0);
        end
        5'b01_100: begin
          unique case (c[11:10])
            2'b00: insn_o = {6'b000000, c[12], c[6:2], rs1_short, 3'b101, rs1_short, OpImm};
            2'b01: insn_o = {6'b010000, c[12], c[6:2], rs1_short, 3'b101, rs1_short, OpImm};
            2'b10: insn_o = i_type(imm6, rs1_short, 3'b111, rs1_short, OpImm);       // c.andi
            default: begin
              unique case ({c[12], c[6:5]})
                3'b000: insn_o = r_type(7'h20, rs2_short, rs1_short, 3'b000, rs1_short, OpReg);
                3'b001: insn_o = r_type(7'h00, rs2_short, rs1_short, 3'b100, rs1_short, OpReg);
                3'b010: insn_o = r_type(7'h00, rs2_short, rs1_short, 3'b110, rs1_short, OpReg);
                3'b011: insn_o = r_type(7'h00, rs2_short, rs1_short, 3'b111, rs1_short, OpReg);
                3'b100: insn_o = r_type(7'h20, rs2_short, rs1_short, 3'b000, rs1_short, OpReg32);
                3'b101: insn_o = r_type(7'h00, rs2_short, rs1_short, 3'b000, rs1_short, OpReg32);
                default: illegal_o = 1'b1;
              endcase
            end
          endcase
        end
        5'b01_101: insn_o = jal(jump_offset, Zero);                                  // c.j
        5'b01_110: insn_o = branch(branch_offset, rs1_short, 3'b000);                // c.beqz
        5'b01_111: insn_o = branch(branch_offset, rs1_short, 3'b001);                // c.bnez

        // Quadrant 2
        5'b10_000: insn_o = {6'b000000, c[12], c[6:2], rd, 3'b001, rd, OpImm};       // c.slli
        5'b10_010: begin                                                            // c.lwsp
          insn_o = i_type(lwsp_offset, Sp, 3'b010, rd, OpLoad);
          illegal_o = (rd == Zero);
        end
        5'b10_011: begin                                                            // c.ldsp
          insn_o = i_type(ldsp_offset, Sp, 3'b011, rd, OpLoad);
          illegal_o = (rd == Zero);
        end
        5'b10_100: begin
          if (!c[12]) begin
            if (rs2 == Zero) begin                                                  // c.jr
              insn_o = i_type('0, rd, 3'b000, Zero, OpJalr);
              illegal_o = (rd == Zero);
            end else begin                                                          // c.mv
              insn_o = r_type('0, rs2, Zero, 3'b000, rd, OpReg);
            end
          end else if (rs2 != Zero) begin                                           // c.add
            insn_o = r_type('0, rs2, rd, 3'b000, rd, OpReg);
          end else if (rd != Zero) begin                                            // c.jalr
            insn_o = i_type('0, rd, 3'b000, Ra, OpJalr);
          end else begin                                                            // c.ebreak
            insn_o = 32'h0010_0073;
          end
        end
        5'b10_110: insn_o = s_type(swsp_offset, rs2, Sp, 3'b010);                    // c.swsp
        5'b10_111: insn_o = s_type(sdsp_offset, rs2, Sp, 3'b011);                    // c.sdsp

        default: illegal_o = 1'b1;  // floating-point forms and the reserved one of quadrant 0
      endcase
    end
  end

endmodule
