// Parameters, types and names that the modules of the core share.
package core_pkg;

  // ---------------------------------------------------------------------------------------------
  // Parameters
  // ---------------------------------------------------------------------------------------------

  // Branch target buffer: direct mapped, a power of two.
  localparam int unsigned BtbEntries = 128;
  localparam int unsigned BtbIndexWidth = $clog2(BtbEntries);
  localparam int unsigned BtbTagWidth = 20;
  // Return address stack, a power of two.
  localparam int unsigned RasEntries = 8;
  localparam int unsigned RasIndexWidth = $clog2(RasEntries);

  // misa: MXL = 2 (64 bits), extensions A, C, I, M.
  localparam logic [63:0] Misa = 64'h8000_0000_0000_1105;

  // ---------------------------------------------------------------------------------------------
  // Decoded control
  // ---------------------------------------------------------------------------------------------

  // What an instruction does, and with it the stage in which its result appears.
  typedef enum logic [3:0] {
    UnitAlu,
    UnitMul,
    UnitDiv,
    UnitLoad,
    UnitStore,
    UnitAmo,
    UnitCsr,
    UnitBranch,
    UnitJal,
    UnitJalr,
    UnitNop,
    UnitFenceI,
    UnitMret,
    UnitEcall,
    UnitEbreak,
    UnitIllegal
  } unit_e;

  typedef enum logic [5:0] {
    AluAdd,
    AluSub,
    AluSll,
    AluSlt,
    AluSltu,
    AluXor,
    AluSrl,
    AluSra,
    AluOr,
    AluAnd,
    AluSh1add,
    AluSh2add,
    AluSh3add,
    AluAddUw,
    AluSh1addUw,
    AluSh2addUw,
    AluSh3addUw,
    AluSllUw,
    AluAndn,
    AluOrn,
    AluXnor,
    AluClz,
    AluCtz,
    AluCpop,
    AluMax,
    AluMaxu,
    AluMin,
    AluMinu,
    AluSextB,
    AluSextH,
    AluZextH,
    AluRol,
    AluRor,
    AluOrcB,
    AluRev8,
    AluBclr,
    AluBext,
    AluBinv,
    AluBset,
    AluCzeroEqz,
    AluCzeroNez
  } alu_op_e;

  typedef enum logic [1:0] {
    OperandRs1,
    OperandPc,
    OperandZero
  } operand_a_e;

  // Control for the stages after decode. Fields that the instruction itself holds at a fixed place
  // (rd, funct3, the atomic operation, the CSR address) are taken from there.
  typedef struct packed {
    unit_e      unit;
    alu_op_e    alu_op;
    operand_a_e operand_a;
    logic       operand_b_imm;  // second operand is the immediate, not rs2
    logic       word;           // 32-bit form: operates on and sign-extends the low half
    logic       rs1_used;
    logic       rs2_used;
    logic       rd_used;        // writes rd, which is not x0
  } ctrl_t;

  // ---------------------------------------------------------------------------------------------
  // Exception codes (mcause without its interrupt bit)
  // ---------------------------------------------------------------------------------------------

  localparam logic [5:0] CauseFetchAccess = 6'd1;
  localparam logic [5:0] CauseIllegal = 6'd2;
  localparam logic [5:0] CauseBreakpoint = 6'd3;
  localparam logic [5:0] CauseLoadMisaligned = 6'd4;
  localparam logic [5:0] CauseLoadAccess = 6'd5;
  localparam logic [5:0] CauseStoreMisaligned = 6'd6;
  localparam logic [5:0] CauseStoreAccess = 6'd7;
  localparam logic [5:0] CauseEcallM = 6'd11;

  localparam logic [5:0] IrqSoftware = 6'd3;
  localparam logic [5:0] IrqTimer = 6'd7;
  localparam logic [5:0] IrqExternal = 6'd11;

  // ---------------------------------------------------------------------------------------------
  // Atomic operations: insn[31:27]
  // ---------------------------------------------------------------------------------------------

  typedef enum logic [4:0] {
    AmoAdd  = 5'b00000,
    AmoSwap = 5'b00001,
    AmoLr   = 5'b00010,
    AmoSc   = 5'b00011,
    AmoXor  = 5'b00100,
    AmoOr   = 5'b01000,
    AmoAnd  = 5'b01100,
    AmoMin  = 5'b10000,
    AmoMax  = 5'b10100,
    AmoMinu = 5'b11000,
    AmoMaxu = 5'b11100
  } amo_e;

endpackage
