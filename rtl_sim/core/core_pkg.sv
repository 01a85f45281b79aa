// Parameters, types and names that the modules of the core share.
package core_pkg;

  // misa: MXL = 2 (64 bits), extensions A, B, C, I, M, S, U. B is what Zba, Zbb and Zbs make together,
  // but had no bit when they were ratified: it stays 0.
  localparam logic [63:0] Misa = 64'h8000_0000_0014_1105;

  // ---------------------------------------------------------------------------------------------
  // Privilege
  // ---------------------------------------------------------------------------------------------

  localparam logic [1:0] ModeU = 2'b00;
  localparam logic [1:0] ModeS = 2'b01;
  localparam logic [1:0] ModeM = 2'b11;

  // The low byte of a page table entry.
  typedef struct packed {
    logic d;
    logic a;
    logic g;
    logic u;
    logic x;
    logic w;
    logic r;
    logic v;
  } pte_flags_t;

  typedef enum logic [1:0] {
    AccessFetch,
    AccessLoad,
    AccessStore
  } access_e;

  // ---------------------------------------------------------------------------------------------
  // Memory operations, and what core and memory say to each other
  // ---------------------------------------------------------------------------------------------

  typedef enum logic [1:0] {
    MemLoad,
    MemStore,
    MemAmo    // with lr and sc: which, says insn[31:27]
  } mem_op_e;

  typedef enum logic [1:0] {
    BusReadLine,      // answered by LineBytes / 8 beats, in the order of addresses
    BusWriteBack,     // 8 aligned bytes of an evicted line: taken at once, never answered
    BusRead,          // uncached: answered by one beat, or an error
    BusWrite          // uncached: answered by one beat without data, or an error
  } bus_e;

  // ---------------------------------------------------------------------------------------------
  // What a cycle without a retirement was lost to
  // ---------------------------------------------------------------------------------------------

  typedef enum logic [3:0] {
    LostNone,         // something retires
    LostOperand,      // waits for a result: load, product, CSR, late operation
    LostDivide,
    LostMispredict,   // wrong guess at a branch or jump
    LostFlush,        // trap, return from one, fence.i, sfence.vma, CSR that changes translation
    LostIcache,
    LostItlb,
    LostDcache,
    LostDtlb,
    LostStoreBuffer,
    LostUncached,
    LostSplit,        // second half of a misaligned access, write of an atomic
    LostFence,        // write-back for fence.i
    LostWait,         // wfi
    LostFetch         // first instruction after reset; window too short
  } lost_e;

  // Events that mhpmevent3 and the following ones select by number; 0 counts nothing.
  localparam int unsigned Events = 24;
  localparam int unsigned EventLoad = 1;         // retired
  localparam int unsigned EventStore = 2;        // retired, SC and AMO included
  localparam int unsigned EventBranch = 3;       // conditional branches retired
  localparam int unsigned EventBranchTaken = 4;
  localparam int unsigned EventMispredict = 5;   // branches and jumps that went another way than fetch
  localparam int unsigned EventJump = 6;         // jal and jalr retired
  localparam int unsigned EventDual = 7;         // cycles that retired two instructions
  localparam int unsigned EventIcacheMiss = 8;
  localparam int unsigned EventDcacheMiss = 9;
  localparam int unsigned EventItlbMiss = 10;
  localparam int unsigned EventDtlbMiss = 11;
  localparam int unsigned EventWriteBack = 12;   // dirty lines evicted
  // Cycles lost, by cause: EventLost + n for each n from LostOperand (1) to LostSplit (11)
  localparam int unsigned EventLost = 12;

  // ---------------------------------------------------------------------------------------------
  // Decoded control
  // ---------------------------------------------------------------------------------------------

  // What an instruction does, and with it the stage in which its result appears.
  typedef enum logic [4:0] {
    UnitAlu,
    UnitMul,
    UnitDiv,
    UnitLoad,
    UnitStore,
    UnitAmo,
    UnitBranch,
    UnitJal,
    UnitJalr,
    UnitNop,
    UnitCsr,      // from here on: what needs more than its lane
    UnitFenceI,
    UnitSfence,
    UnitMret,
    UnitSret,
    UnitWfi,
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

  // Control transfer instructions
  function automatic logic is_cti(input core_pkg::unit_e unit);
    is_cti = unit == core_pkg::UnitBranch || unit == core_pkg::UnitJal ||
             unit == core_pkg::UnitJalr;
  endfunction

  function automatic logic is_memory(input core_pkg::unit_e unit);
    is_memory = unit == core_pkg::UnitLoad || unit == core_pkg::UnitStore ||
                unit == core_pkg::UnitAmo;
  endfunction

  // Of a jump: whether it calls or returns, by the hints of the unprivileged manual (2.5).
  function automatic logic is_link(input logic [4:0] register);
    is_link = register == 5'd1 || register == 5'd5;
  endfunction

  function automatic logic is_return(input logic [4:0] rd, input logic [4:0] rs1);
    is_return = core_pkg::is_link(rs1) && rd != rs1;
  endfunction

  // Where an operand comes from that is not there yet when its instruction is in execute: it is
  // taken in memory, from write-back (the bundle just ahead) or from the older lane beside it.
  typedef enum logic [1:0] {
    FromNone,
    FromW0,
    FromW1,
    FromLane0
  } late_e;

  // What a bundle remembers of its prediction, to train the predictor and to repair it. Room for
  // the longest history and deepest stack that a configuration may have.
  typedef struct packed {
    logic [15:0] history;   // before the bundle's branch
    logic [4:0]  ras_top;   // likewise
    logic [1:0]  counter;   // of its branch
  } predict_t;

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
  localparam logic [5:0] CauseEcallU = 6'd8;       // plus the mode: 9 from S, 11 from M
  localparam logic [5:0] CauseFetchPage = 6'd12;
  localparam logic [5:0] CauseLoadPage = 6'd13;
  localparam logic [5:0] CauseStorePage = 6'd15;

  localparam logic [5:0] IrqSSoftware = 6'd1;
  localparam logic [5:0] IrqSoftware = 6'd3;
  localparam logic [5:0] IrqSTimer = 6'd5;
  localparam logic [5:0] IrqTimer = 6'd7;
  localparam logic [5:0] IrqSExternal = 6'd9;
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
