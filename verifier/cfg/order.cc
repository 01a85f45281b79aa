#include "verifier/cfg/order.h"

#include <vector>

#include "verifier/cfg/cfg.h"

namespace zext::verifier {
namespace {

constexpr uint32_t kDone = ~uint32_t{0};
constexpr uint64_t kVisitsPerBlock = 64;

// Figure 4 of the paper, its two functions `visit` and `component` as frames on a stack of our own.
class Orderer {
 public:
  explicit Orderer(std::span<Block> blocks) : blocks_(blocks), number_(blocks.size(), 0) {
    budget_ = kVisitsPerBlock * (blocks.size() + 1);
  }

  bool run(std::span<const uint32_t> entries) {
    // The order is built from its end: entries in reverse, so that the first one comes first.
    for (size_t i = entries.size(); i-- > 0;) {
      if (number_[entries[i]] == 0 && !visit_all(entries[i])) return false;
    }
    const uint32_t count = static_cast<uint32_t>(reversed_.size());
    for (uint32_t i = 0; i < count; ++i) {
      Block& block = blocks_[reversed_[i]];
      block.position = count - 1 - i;
      block.end = block.position + (block.head ? block.end : 1);
    }
    return true;
  }

 private:
  struct Frame {
    uint32_t block = 0;
    uint8_t next_way = 0;
    bool loop = false;
    bool component = false;  // inside `component`, else in `visit`
    uint32_t head = 0;       // visit: least number reached
    uint32_t start = 0;      // component: where its elements start in reversed_
  };

  bool visit_all(uint32_t entry) {
    enter(entry);
    while (!frames_.empty()) {
      Frame& frame = frames_.back();
      const Block& block = blocks_[frame.block];
      if (frame.next_way < block.next_count) {
        const uint32_t next = block.next[frame.next_way++];
        if (number_[next] == 0) {
          if (budget_-- == 0) return false;
          enter(next);
        } else {
          reached(frame, number_[next]);
        }
      } else {
        leave(frame);
      }
    }
    return true;
  }

  void enter(uint32_t block) {
    stack_.push_back(block);
    number_[block] = ++count_;
    frames_.push_back({.block = block, .head = count_});
  }

  static void reached(Frame& frame, uint32_t number) {
    if (frame.component || number > frame.head) return;
    frame.head = number;
    frame.loop = true;
  }

  void leave(Frame& frame) {
    const uint32_t block = frame.block;
    if (frame.component) {
      blocks_[block].head = true;
      blocks_[block].end = static_cast<uint32_t>(reversed_.size()) - frame.start + 1;
      finish(block, frame.head);
      return;
    }
    const uint32_t head = frame.head;
    if (head != number_[block]) {
      return_to_caller(head);
      return;
    }
    number_[block] = kDone;
    if (!frame.loop) {
      stack_.pop_back();
      finish(block, head);
      return;
    }
    while (stack_.back() != block) {
      number_[stack_.back()] = 0;
      stack_.pop_back();
    }
    stack_.pop_back();
    frame.component = true;
    frame.next_way = 0;
    frame.start = static_cast<uint32_t>(reversed_.size());
  }

  void finish(uint32_t block, uint32_t head) {
    reversed_.push_back(block);
    return_to_caller(head);
  }

  void return_to_caller(uint32_t head) {
    frames_.pop_back();
    if (!frames_.empty()) reached(frames_.back(), head);
  }

  std::span<Block> blocks_;
  std::vector<uint32_t> number_;  // depth-first number, 0 unvisited, kDone
  std::vector<uint32_t> stack_;
  std::vector<Frame> frames_;
  std::vector<uint32_t> reversed_;
  uint32_t count_ = 0;
  uint64_t budget_ = 0;
};

}  // namespace

bool order_weakly(std::span<Block> blocks, std::span<const uint32_t> entries) {
  return Orderer(blocks).run(entries);
}

}  // namespace zext::verifier
