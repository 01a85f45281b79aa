// Layout: where everything goes, with each jump in the shortest form that reaches.
//
//   Layout layout(compressed, labels);
//   layout.bind(1);                                 // label 1 is here
//   layout.code(lowering);                          // bytes that do not move against each other
//   layout.branch({Op::kBne, kA0, kZero}, 1);       // a hole, 2 to 12 bytes
//   layout.finish();                                // relaxation, then bytes
//
// The forms of each jump are those of forms.h. All start with the shortest and only grow, so that
// rounds end; after kMaxRounds each that is still too short takes the form that would do if all
// others were longest. Time and memory are linear in the program.
#pragma once

#include <cstdint>
#include <vector>

#include "jit/baseline/emitter.h"
#include "jit/baseline/jump.h"
#include "jit/emit/encoder.h"
#include "jit/emit/forms.h"

namespace zext::jit {

// A place in the code that is known before the jumps' sizes are: bytes of code and number of jumps
// before it.
struct Place {
  uint32_t bytes = 0;
  uint32_t jumps = 0;
};

// A call of what is not part of the program.
struct OutsideCall {
  uint64_t target = 0;         // its address, even
  uint64_t text = 0;           // the address of the program's first byte
  uint32_t pc = 0;             // the caller's own mark
  bool relative_only = false;  // by jal, or auipc and jalr, or not at all
  Extensions extensions = kRv64gc;
};

class Layout {
 public:
  using Label = uint32_t;

  // `labels`: how many there are. `compressed`: whether RV64C may be used.
  Layout(bool compressed, uint32_t labels) : code_(compressed), labels_(labels) {}

  void reserve(size_t instructions);

  Place here() const { return {code_.size(), static_cast<uint32_t>(jumps_.size())}; }
  // Where item `item` of a lowering without branches will be, if code() takes it here.
  Place place_of(const Emitter<Bits<64>>& lowering, unsigned item) const;
  void bind(Label label) { labels_[label] = here(); }
  void code(const Emitter<Bits<64>>& lowering) { code_.append(lowering); }

  // To a label: if the branch is taken; always (clobbering kScratch2 if far); as a call.
  void branch(const Branch& branch, Label to) {
    jumps_.push_back({.kind = Kind::kBranch, .branch = branch, .at = code_.size(), .target = to});
  }
  void jump(Label to) { push(Kind::kJump, to); }
  void call(Label to) { push(Kind::kCall, to); }
  // rd = the label's address.
  void address(rv64::Reg rd, Label of) {
    jumps_.push_back(
        {.kind = Kind::kAddress, .branch = {.rs1 = rd}, .at = code_.size(), .target = of});
  }
  // rd = the address `distance` bytes after the code's start; within 2 GiB of every instruction.
  void address_outside(rv64::Reg rd, int64_t distance) {
    jumps_.push_back({.kind = Kind::kAddressOutside,
                      .branch = {.rs1 = rd},
                      .at = code_.size(),
                      .target = static_cast<uint32_t>(outside_.size())});
    outside_.push_back(distance);
  }
  // Clobbers kScratch2 where only the absolute address does.
  void call_outside(const OutsideCall& call);
  // A call of what a linker will know: auipc and jalr, whose immediates are its to fill in.
  void call_symbol();

  // Whether there is more than kMaxBytes already: finish() will fail, and no more need come.
  bool full() const { return code_.size() > kMaxBytes; }
  // Decides every form. After it, offset() and bytes() hold. False: more than kMaxBytes.
  bool finish();
  // After finish(): the first call that is relative_only and does not reach, and how far it is from
  // there to its target. Null: each reaches, and bytes() may be asked for.
  struct Unreached {
    const OutsideCall* call = nullptr;
    int64_t distance = 0;
  };
  Unreached unreached() const;
  uint32_t offset(Place place) const { return place.bytes + grown_[place.jumps]; }
  uint32_t offset(Label label) const { return offset(labels_[label]); }
  std::vector<uint8_t> bytes() const;

  static constexpr uint32_t kMaxBytes = uint32_t{1} << 30;
  static constexpr unsigned kMaxRounds = 12;

 private:
  enum class Kind : uint8_t { kBranch, kJump, kCall, kAddress, kAddressOutside, kCallOutside };
  static constexpr uint8_t kLongest = Shape::kLongest;

  struct Jump {
    Kind kind;
    uint8_t form = 0;  // index of the form, from shortest to longest
    Branch branch;     // addresses: rs1 is the destination
    uint32_t at;       // bytes of code before it
    uint32_t target;   // label, or index in outside_ or calls_
  };
  struct Outside {
    OutsideCall call;
    unsigned absolute_bytes;  // of the longest form
  };

  void push(Kind kind, uint32_t target) {
    jumps_.push_back({.kind = kind, .branch = {}, .at = code_.size(), .target = target});
  }
  bool branch_compresses(const Branch& branch) const;
  Shape shape(const Jump& jump, uint8_t form) const;
  unsigned size_of(const Jump& jump, uint8_t form) const;
  bool reaches(const Jump& jump, uint8_t form, int64_t distance) const;
  int64_t distance(size_t index, const std::vector<uint32_t>& grown) const;
  void measure(std::vector<uint32_t>& grown, bool longest) const;
  bool grow(const std::vector<uint32_t>& grown);
  void settle();
  void write_local(Encoder& out, const Jump& jump, int64_t distance) const;
  void write_outside(Encoder& out, const Jump& jump, int64_t distance) const;
  void write(Encoder& out, const Jump& jump, int64_t distance) const;

  Encoder code_;
  std::vector<Place> labels_;
  std::vector<Jump> jumps_;
  std::vector<int64_t> outside_;  // of kAddressOutside: from the code's start
  std::vector<Outside> calls_;
  std::vector<uint32_t> grown_;  // bytes of the jumps before each jump
};

}  // namespace zext::jit
