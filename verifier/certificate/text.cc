#include "verifier/certificate/text.h"

#include <fmt/format.h>

#include "verifier/certificate/format.h"
#include "verifier/certificate/text_content.h"

namespace zext::verifier::certificate {
namespace {

// The words of one cut point.
class Listing {
 public:
  explicit Listing(const CutPoint& point) : point_(point) {}

  std::string text(size_t index) && {
    text_ = fmt::format("cut point {} at {}", index, point_.pc);
    if (point_.loop) text_ += fmt::format(", a loop that {} counts", symbol_text(point_.round));
    if (point_.parent != kNone) {
      text_ += fmt::format(", in the loop of cut point {}", point_.parent);
    }
    text_ += ":\n";
    for (size_t reg = 0; reg < point_.registers.size(); ++reg) {
      content(fmt::format("r{}", reg), point_.registers[reg]);
    }
    for (size_t i = 0; i < point_.frames.size(); ++i) frame(i);
    held();
    if (point_.has_goto_rounds) content("goto rounds", point_.goto_rounds);
    relations();
    return std::move(text_);
  }

 private:
  void line(const std::string& words) { text_ += "  " + words + "\n"; }

  void content(const std::string& where, const Content& content) {
    if (content.type == Type::kUninitialised) return;
    line(where + " = " + content_text(content, point_.ranges));
  }

  void frame(size_t index) {
    const Frame& frame = point_.frames[index];
    const bool top = index + 1 == point_.frames.size();
    const std::string pointer = top ? "fp" : fmt::format("fp[{}]", index);
    role(index, frame);
    for (size_t i = 0; i < frame.saved.size(); ++i) {
      content(fmt::format("r{} of frame {}", 6 + i, index - 1), frame.saved[i]);
    }
    for (size_t i = 0; i < frame.arguments.size(); ++i) {
      content(fmt::format("r{} of frame {}", 1 + i, index - 1), frame.arguments[i]);
    }
    if (frame.has_rounds) content(fmt::format("rounds of frame {}", index), frame.rounds);
    for (const Slot& slot : frame.slots) {
      const std::string bytes = slot.bytes == 8 ? "" : fmt::format("[{}]", slot.bytes);
      content(fmt::format("{}-{}{}", pointer, kStackBytes - slot.at, bytes), slot.content);
    }
    readable(pointer, frame);
  }

  void role(size_t index, const Frame& frame) {
    const auto words = [&]() -> std::string {
      switch (frame.role) {
        case Role::kProgram:
          return "";
        case Role::kGlobal:
          return fmt::format("the global function at {}", frame.entry);
        case Role::kDeferred:
          return fmt::format("the function at {}, called back later", frame.entry);
        case Role::kCallee:
          return fmt::format("the function at {}, returns to {}", frame.entry, frame.return_pc);
        case Role::kCallback:
          return fmt::format("the function at {}, called back at {}", frame.entry, frame.return_pc);
      }
      return "";
    }();
    if (!words.empty()) line(fmt::format("frame {}: {}", index, words));
  }

  // Runs of bytes that may be read, where the function has any.
  void readable(const std::string& pointer, const Frame& frame) {
    const auto is_written = [&](uint32_t at) {
      return at < kStackBytes && (frame.written[at / 64] >> (at % 64) & 1) != 0;
    };
    std::string runs;
    for (uint32_t at = 0; at < kStackBytes; ++at) {
      if (!is_written(at)) continue;
      const uint32_t first = at;
      while (is_written(at + 1)) ++at;
      runs += fmt::format("{} {}-{}..-{}", runs.empty() ? "" : ",", pointer, kStackBytes - first,
                          kStackBytes - at);
    }
    if (!runs.empty()) line("may be read:" + runs);
  }

  void held() {
    for (const Held& held : point_.held) {
      line(fmt::format("holds object {} since {}, in frame {}", held.object, held.pc, held.frame));
    }
    if (!point_.lock.held) return;
    line(fmt::format("holds the lock of object {} of {} since {}", point_.lock.object,
                     map_text(point_.lock.map), point_.lock.pc));
  }

  void relations() {
    if (point_.packet_size != 0) line("the packet's size is " + symbol_text(point_.packet_size));
    if (point_.meta_size_plus_one != 1) {
      line("the meta data's size, plus 1, is " + symbol_text(point_.meta_size_plus_one));
    }
    for (const Range& range : point_.ranges) {
      line(fmt::format("{} in {}..{}", symbol_text(range.symbol), integer_text(range.lo),
                       integer_text(range.hi)));
    }
    for (const Sum& inequality : point_.inequalities) line(sum_text(inequality) + " >= 0");
  }

  const CutPoint& point_;
  std::string text_;
};

}  // namespace

std::string to_text(const Certificate& certificate) {
  std::string text;
  for (size_t i = 0; i < certificate.cut_points.size(); ++i) {
    text += Listing(certificate.cut_points[i]).text(i);
  }
  return text;
}

}  // namespace zext::verifier::certificate
