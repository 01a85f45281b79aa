// Decodes a 32-bit instruction, from the opcode maps of the unprivileged and privileged manuals.
module decoder (
  input  logic [31:0]     insn_i,
  input  logic            illegal_i,  // already known to be illegal (compressed and reserved)
  output core_pkg::ctrl_t ctrl_o,
  output logic [63:0]     imm_o
);

  localparam logic [4:0] OpLoad = 5'b00000;
  localparam logic [4:0] OpMiscMem = 5'b00011;
  localparam logic [4:0] OpImm = 5'b00100;
  localparam logic [4:0] OpAuipc = 5'b00101;
  localparam logic [4:0] OpImm32 = 5'b00110;
  localparam logic [4:0] OpStore = 5'b01000;
  localparam logic [4:0] OpAmo = 5'b01011;
  localparam logic [4:0] OpReg = 5'b01100;
  localparam logic [4:0] OpLui = 5'b01101;
  localparam logic [4:0] OpReg32 = 5'b01110;
  localparam logic [4:0] OpBranch = 5'b11000;
  localparam logic [4:0] OpJalr = 5'b11001;
  localparam logic [4:0] OpJal = 5'b11011;
  localparam logic [4:0] OpSystem = 5'b11100;

  logic [2:0] funct3;
  logic [6:0] funct7;
  logic [4:0] rd, rs2;
  assign funct3 = insn_i[14:12];
  assign funct7 = insn_i[31:25];
  assign rd = insn_i[11:7];
  assign rs2 = insn_i[24:20];

  // ---------------------------------------------------------------------------------------------
  // Immediates
  // ---------------------------------------------------------------------------------------------

  logic [63:0] imm_i_type, imm_s_type, imm_b_type, imm_u_type, imm_j_type;
  assign imm_i_type = {{52{insn_i[31]}}, insn_i[31:20]};
  assign imm_s_type = {{52{insn_i[31]}}, insn_i[31:25], insn_i[11:7]};
  assign imm_b_type = {{52{insn_i[31]}}, insn_i[7], insn_i[30:25], insn_i[11:8], 1'b0};
  assign imm_u_type = {{32{insn_i[31]}}, insn_i[31:12], 12'b0};
  assign imm_j_type = {{44{insn_i[31]}}, insn_i[19:12], insn_i[20], insn_i[30:21], 1'b0};

  // ---------------------------------------------------------------------------------------------
  // Integer operations: ALU operation, or illegal
  // ---------------------------------------------------------------------------------------------

  core_pkg::alu_op_e op_reg, op_imm, op_reg32, op_imm32;
  logic op_reg_illegal, op_imm_illegal, op_reg32_illegal, op_imm32_illegal;

  always_comb begin
    op_reg = core_pkg::AluAdd;
    op_reg_illegal = 1'b0;
    unique case ({funct7, funct3})
      {7'b0000000, 3'b000}: op_reg = core_pkg::AluAdd;
      {7'b0000000, 3'b001}: op_reg = core_pkg::AluSll;
      {7'b0000000, 3'b010}: op_reg = core_pkg::AluSlt;
      {7'b0000000, 3'b011}: op_reg = core_pkg::AluSltu;
      {7'b0000000, 3'b100}: op_reg = core_pkg::AluXor;
      {7'b0000000, 3'b101}: op_reg = core_pkg::AluSrl;
      {7'b0000000, 3'b110}: op_reg = core_pkg::AluOr;
      {7'b0000000, 3'b111}: op_reg = core_pkg::AluAnd;
      {7'b0100000, 3'b000}: op_reg = core_pkg::AluSub;
      {7'b0100000, 3'b101}: op_reg = core_pkg::AluSra;
      // Zba
      {7'b0010000, 3'b010}: op_reg = core_pkg::AluSh1add;
      {7'b0010000, 3'b100}: op_reg = core_pkg::AluSh2add;
      {7'b0010000, 3'b110}: op_reg = core_pkg::AluSh3add;
      // Zbb
      {7'b0100000, 3'b100}: op_reg = core_pkg::AluXnor;
      {7'b0100000, 3'b110}: op_reg = core_pkg::AluOrn;
      {7'b0100000, 3'b111}: op_reg = core_pkg::AluAndn;
      {7'b0000101, 3'b100}: op_reg = core_pkg::AluMin;
      {7'b0000101, 3'b101}: op_reg = core_pkg::AluMinu;
      {7'b0000101, 3'b110}: op_reg = core_pkg::AluMax;
      {7'b0000101, 3'b111}: op_reg = core_pkg::AluMaxu;
      {7'b0110000, 3'b001}: op_reg = core_pkg::AluRol;
      {7'b0110000, 3'b101}: op_reg = core_pkg::AluRor;
      // Zbs
      {7'b0100100, 3'b001}: op_reg = core_pkg::AluBclr;
      {7'b0100100, 3'b101}: op_reg = core_pkg::AluBext;
      {7'b0110100, 3'b001}: op_reg = core_pkg::AluBinv;
      {7'b0010100, 3'b001}: op_reg = core_pkg::AluBset;
      // Zicond
      {7'b0000111, 3'b101}: op_reg = core_pkg::AluCzeroEqz;
      {7'b0000111, 3'b111}: op_reg = core_pkg::AluCzeroNez;
      default: op_reg_illegal = 1'b1;
    endcase
  end

  // Immediate shifts have six bits of amount, so that funct7[0] is part of it.
  always_comb begin
    op_imm = core_pkg::AluAdd;
    op_imm_illegal = 1'b0;
    unique case (funct3)
      3'b000: op_imm = core_pkg::AluAdd;
      3'b010: op_imm = core_pkg::AluSlt;
      3'b011: op_imm = core_pkg::AluSltu;
      3'b100: op_imm = core_pkg::AluXor;
      3'b110: op_imm = core_pkg::AluOr;
      3'b111: op_imm = core_pkg::AluAnd;
      3'b001: begin
        unique case (funct7[6:1])
          6'b000000: op_imm = core_pkg::AluSll;
          6'b010010: op_imm = core_pkg::AluBclr;
          6'b011010: op_imm = core_pkg::AluBinv;
          6'b001010: op_imm = core_pkg::AluBset;
          6'b011000: begin
            unique case ({funct7[0], rs2})
              6'b000000: op_imm = core_pkg::AluClz;
              6'b000001: op_imm = core_pkg::AluCtz;
              6'b000010: op_imm = core_pkg::AluCpop;
              6'b000100: op_imm = core_pkg::AluSextB;
              6'b000101: op_imm = core_pkg::AluSextH;
              default: op_imm_illegal = 1'b1;
            endcase
          end
          default: op_imm_illegal = 1'b1;
        endcase
      end
      default: begin  // 3'b101
        unique case (funct7[6:1])
          6'b000000: op_imm = core_pkg::AluSrl;
          6'b010000: op_imm = core_pkg::AluSra;
          6'b011000: op_imm = core_pkg::AluRor;
          6'b010010: op_imm = core_pkg::AluBext;
          6'b001010: begin
            op_imm = core_pkg::AluOrcB;
            op_imm_illegal = ({funct7[0], rs2} != 6'b000111);
          end
          6'b011010: begin
            op_imm = core_pkg::AluRev8;
            op_imm_illegal = ({funct7[0], rs2} != 6'b111000);
          end
          default: op_imm_illegal = 1'b1;
        endcase
      end
    endcase
  end

  // Those of OP-32 that are 64-bit operations after all (.uw, zext.h) clear ctrl.word below.
  always_comb begin
    op_reg32 = core_pkg::AluAdd;
    op_reg32_illegal = 1'b0;
    unique case ({funct7, funct3})
      {7'b0000000, 3'b000}: op_reg32 = core_pkg::AluAdd;
      {7'b0000000, 3'b001}: op_reg32 = core_pkg::AluSll;
      {7'b0000000, 3'b101}: op_reg32 = core_pkg::AluSrl;
      {7'b0100000, 3'b000}: op_reg32 = core_pkg::AluSub;
      {7'b0100000, 3'b101}: op_reg32 = core_pkg::AluSra;
      {7'b0110000, 3'b001}: op_reg32 = core_pkg::AluRol;
      {7'b0110000, 3'b101}: op_reg32 = core_pkg::AluRor;
      {7'b0000100, 3'b000}: op_reg32 = core_pkg::AluAddUw;
      {7'b0010000, 3'b010}: op_reg32 = core_pkg::AluSh1addUw;
      {7'b0010000, 3'b100}: op_reg32 = core_pkg::AluSh2addUw;
      {7'b0010000, 3'b110}: op_reg32 = core_pkg::AluSh3addUw;
      {7'b0000100, 3'b100}: begin
        op_reg32 = core_pkg::AluZextH;
        op_reg32_illegal = (rs2 != '0);
      end
      default: op_reg32_illegal = 1'b1;
    endcase
  end

  always_comb begin
    op_imm32 = core_pkg::AluAdd;
    op_imm32_illegal = 1'b0;
    unique case (funct3)
      3'b000: op_imm32 = core_pkg::AluAdd;
      3'b001: begin
        unique case (funct7)
          7'b0000000: op_imm32 = core_pkg::AluSll;
          7'b0000100, 7'b0000101: op_imm32 = core_pkg::AluSllUw;
          7'b0110000: begin
            unique case (rs2)
              5'b00000: op_imm32 = core_pkg::AluClz;
              5'b00001: op_imm32 = core_pkg::AluCtz;
              5'b00010: op_imm32 = core_pkg::AluCpop;
              default: op_imm32_illegal = 1'b1;
            endcase
          end
          default: op_imm32_illegal = 1'b1;
        endcase
      end
      3'b101: begin
        unique case (funct7)
          7'b0000000: op_imm32 = core_pkg::AluSrl;
          7'b0100000: op_imm32 = core_pkg::AluSra;
          7'b0110000: op_imm32 = core_pkg::AluRor;
          default: op_imm32_illegal = 1'b1;
        endcase
      end
      default: op_imm32_illegal = 1'b1;
    endcase
  end

  function automatic logic is_unsigned_word(input core_pkg::alu_op_e op);
    is_unsigned_word = op == core_pkg::AluAddUw || op == core_pkg::AluSh1addUw ||
                       op == core_pkg::AluSh2addUw || op == core_pkg::AluSh3addUw ||
                       op == core_pkg::AluSllUw || op == core_pkg::AluZextH;
  endfunction

  // ---------------------------------------------------------------------------------------------
  // Atomics and SYSTEM
  // ---------------------------------------------------------------------------------------------

  logic amo_illegal;
  always_comb begin
    amo_illegal = 1'b0;
    if (insn_i[6:2] == OpAmo) begin
      unique case (insn_i[31:27])
        core_pkg::AmoAdd, core_pkg::AmoSwap, core_pkg::AmoSc, core_pkg::AmoXor, core_pkg::AmoOr,
        core_pkg::AmoAnd, core_pkg::AmoMin, core_pkg::AmoMax, core_pkg::AmoMinu,
        core_pkg::AmoMaxu: begin
          amo_illegal = 1'b0;
        end
        core_pkg::AmoLr: amo_illegal = (rs2 != '0);
        default: amo_illegal = 1'b1;
      endcase
      if (funct3 != 3'b010 && funct3 != 3'b011) amo_illegal = 1'b1;
    end
  end

  core_pkg::unit_e system_unit;
  always_comb begin
    system_unit = core_pkg::UnitIllegal;
    if (insn_i[6:2] != OpSystem) begin
      system_unit = core_pkg::UnitIllegal;
    end else if (funct3 == 3'b000) begin
      unique case (insn_i[31:7])
        {12'h000, 13'b0}: system_unit = core_pkg::UnitEcall;
        {12'h001, 13'b0}: system_unit = core_pkg::UnitEbreak;
        {12'h302, 13'b0}: system_unit = core_pkg::UnitMret;
        {12'h102, 13'b0}: system_unit = core_pkg::UnitSret;
        {12'h105, 13'b0}: system_unit = core_pkg::UnitWfi;
        default: begin
          if (funct7 == 7'b0001001 && rd == '0) system_unit = core_pkg::UnitSfence;
        end
      endcase
    end else if (funct3 != 3'b100) begin
      system_unit = core_pkg::UnitCsr;
    end
  end

  // ---------------------------------------------------------------------------------------------
  // Major opcodes
  // ---------------------------------------------------------------------------------------------

  logic is_muldiv;
  assign is_muldiv = (funct7 == 7'b0000001);

  core_pkg::unit_e unit;
  core_pkg::alu_op_e alu_op;
  core_pkg::operand_a_e operand_a;
  logic operand_b_imm, word, rs1_used, rs2_used, rd_used;

  always_comb begin
    unit = core_pkg::UnitIllegal;
    alu_op = core_pkg::AluAdd;
    operand_a = core_pkg::OperandRs1;
    operand_b_imm = 1'b1;
    word = 1'b0;
    rs1_used = 1'b0;
    rs2_used = 1'b0;
    rd_used = 1'b0;
    imm_o = imm_i_type;

    unique case (insn_i[6:2])
      OpReg: begin
        alu_op = op_reg;
        operand_b_imm = 1'b0;
        rs1_used = 1'b1;
        rs2_used = 1'b1;
        rd_used = 1'b1;
        if (is_muldiv) unit = funct3[2] ? core_pkg::UnitDiv : core_pkg::UnitMul;
        else if (!op_reg_illegal) unit = core_pkg::UnitAlu;
      end

      OpReg32: begin
        alu_op = op_reg32;
        operand_b_imm = 1'b0;
        word = !is_unsigned_word(op_reg32);
        rs1_used = 1'b1;
        rs2_used = 1'b1;
        rd_used = 1'b1;
        if (is_muldiv) begin
          word = 1'b1;
          if (funct3[2]) unit = core_pkg::UnitDiv;
          else if (funct3 == 3'b000) unit = core_pkg::UnitMul;
        end else if (!op_reg32_illegal) begin
          unit = core_pkg::UnitAlu;
        end
      end

      OpImm: begin
        alu_op = op_imm;
        rs1_used = 1'b1;
        rd_used = 1'b1;
        if (!op_imm_illegal) unit = core_pkg::UnitAlu;
      end

      OpImm32: begin
        alu_op = op_imm32;
        word = !is_unsigned_word(op_imm32);
        rs1_used = 1'b1;
        rd_used = 1'b1;
        if (!op_imm32_illegal) unit = core_pkg::UnitAlu;
      end

      OpLui: begin
        unit = core_pkg::UnitAlu;
        operand_a = core_pkg::OperandZero;
        rd_used = 1'b1;
        imm_o = imm_u_type;
      end

      OpAuipc: begin
        unit = core_pkg::UnitAlu;
        operand_a = core_pkg::OperandPc;
        rd_used = 1'b1;
        imm_o = imm_u_type;
      end

      OpLoad: begin
        rs1_used = 1'b1;
        rd_used = 1'b1;
        if (funct3 != 3'b111) unit = core_pkg::UnitLoad;
      end

      OpStore: begin
        rs1_used = 1'b1;
        rs2_used = 1'b1;
        imm_o = imm_s_type;
        if (!funct3[2]) unit = core_pkg::UnitStore;
      end

      OpBranch: begin
        rs1_used = 1'b1;
        rs2_used = 1'b1;
        imm_o = imm_b_type;
        if (funct3[2:1] != 2'b01) unit = core_pkg::UnitBranch;
      end

      OpJal: begin
        unit = core_pkg::UnitJal;
        rd_used = 1'b1;
        imm_o = imm_j_type;
      end

      OpJalr: begin
        rs1_used = 1'b1;
        rd_used = 1'b1;
        if (funct3 == 3'b000) unit = core_pkg::UnitJalr;
      end

      OpMiscMem: begin
        // Memory is strongly ordered here, so that fence has nothing to wait for.
        if (funct3 == 3'b000) unit = core_pkg::UnitNop;
        else if (funct3 == 3'b001) unit = core_pkg::UnitFenceI;
      end

      OpAmo: begin
        rs1_used = 1'b1;
        rs2_used = (insn_i[31:27] != core_pkg::AmoLr);
        rd_used = 1'b1;
        imm_o = '0;
        if (!amo_illegal) unit = core_pkg::UnitAmo;
      end

      OpSystem: begin
        unit = system_unit;
        rs1_used = (funct3 != 3'b000) ? !funct3[2] : system_unit == core_pkg::UnitSfence;
        rs2_used = (system_unit == core_pkg::UnitSfence);
        rd_used = (funct3 != 3'b000);
      end

      default: unit = core_pkg::UnitIllegal;
    endcase

    if (insn_i[1:0] != 2'b11 || illegal_i) unit = core_pkg::UnitIllegal;
  end

  logic legal;
  assign legal = (unit != core_pkg::UnitIllegal);

  always_comb begin
    ctrl_o.unit = unit;
    ctrl_o.alu_op = alu_op;
    ctrl_o.operand_a = operand_a;
    ctrl_o.operand_b_imm = operand_b_imm;
    ctrl_o.word = word;
    ctrl_o.rs1_used = legal && rs1_used;
    ctrl_o.rs2_used = legal && rs2_used;
    ctrl_o.rd_used = legal && rd_used && (rd != '0);
  end

endmodule
