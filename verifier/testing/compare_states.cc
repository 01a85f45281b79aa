#include "verifier/testing/compare_states.h"

#include <map>

#include "verifier/testing/number_text.h"
#include "verifier/testing/value_text.h"

namespace zext::verifier {
namespace {

class Comparison {
 public:
  Comparison(const Prepared& program, const State& expected, const State& actual)
      : program_(program), expected_(expected), actual_(actual) {}

  std::string run() {
    if (expected_.frames.size() != actual_.frames.size()) return "another number of frames\n";
    for (unsigned reg = 0; reg < ebpf::kRegisterCount; ++reg) {
      compare("r" + std::to_string(reg), expected_.registers[reg], actual_.registers[reg]);
    }
    for (size_t i = 0; i < expected_.frames.size(); ++i) compare_frames(i);
    compare_resources();
    return text_;
  }

 private:
  void differs(const std::string& what, const std::string& is, const std::string& not_this) {
    text_ += what + " is " + is + ", not " + not_this + "\n";
  }

  // Whether the names mean the same thing, as far as it was not settled before.
  bool same_object(ObjectId expected, ObjectId actual) {
    if ((expected == kNoObject) != (actual == kNoObject)) return false;
    if (expected == kNoObject) return true;
    const auto [to, fresh] = objects_.try_emplace(expected, actual);
    const auto [back, new_too] = back_.try_emplace(actual, expected);
    return to->second == actual && back->second == expected;
  }

  void compare(const std::string& what, const Value& expected, const Value& actual) {
    const std::string wanted = value_text(program_, expected);
    const std::string found = value_text(program_, actual);
    const bool kind = expected.same_type(actual) && expected.nullable == actual.nullable;
    const bool numbers = expected.type == Type::kUninitialised ||
                         expected.type == Type::kPacketEnd ||
                         same_number(expected.number, actual.number);
    if (!kind || !numbers) return differs(what, found, wanted);
    if (!is_pointer(expected.type)) return;
    if (!same_object(expected.object, actual.object)) {
      differs(what, "another object", "the one expected");
    }
    if (!same_object(expected.reference, actual.reference)) {
      differs(what, "held by another reference", "the one expected");
    }
  }

  void compare_frames(size_t i) {
    const Frame& expected = expected_.frames[i];
    const Frame& actual = actual_.frames[i];
    const std::string where = i + 1 == expected_.frames.size() ? "stack" : "caller stack";
    if (expected.role != actual.role) differs(where, "of another role", "the one expected");
    if (i > 0) {
      for (unsigned reg = 0; reg < kSavedCount; ++reg) {
        compare("saved r" + std::to_string(reg + kFirstSaved), expected.saved[reg],
                actual.saved[reg]);
      }
    }
    for (uint32_t at = 0; at < Stack::kBytes; ++at) {
      const bool wanted = expected.stack.initialised(at, 1);
      if (wanted == actual.stack.initialised(at, 1)) continue;
      const std::string place = place_text(where, at, 1);
      differs(place, wanted ? "unwritten" : "written", wanted ? "written" : "unwritten");
    }
    for (const Stack::Cell& cell : expected.stack.cells()) {
      const std::string place = place_text(where, cell.at, cell.bytes);
      const Stack::Cell* found = actual.stack.cell(cell.at, cell.bytes);
      if (found == nullptr) {
        differs(place, "unknown", value_text(program_, cell.value));
      } else {
        compare(place, cell.value, found->value);
      }
    }
    for (const Stack::Cell& cell : actual.stack.cells()) {
      if (expected.stack.cell(cell.at, cell.bytes) != nullptr) continue;
      differs(place_text(where, cell.at, cell.bytes), value_text(program_, cell.value), "unknown");
    }
  }

  static std::string place_text(const std::string& where, uint32_t at, uint32_t bytes) {
    const int low = static_cast<int>(at) - static_cast<int>(Stack::kBytes);
    return where + "[" + std::to_string(low) + ".." +
           std::to_string(low + static_cast<int>(bytes) - 1) + "]";
  }

  void compare_resources() {
    if (expected_.lock.held != actual_.lock.held ||
        (expected_.lock.held && (!same_object(expected_.lock.object, actual_.lock.object) ||
                                 expected_.lock.map != actual_.lock.map))) {
      differs("the lock", actual_.lock.held ? "held, or another" : "not held", "as expected");
    }
    bool same = expected_.acquired.size() == actual_.acquired.size();
    for (size_t i = 0; same && i < expected_.acquired.size(); ++i) {
      same = same_object(expected_.acquired[i].object, actual_.acquired[i].object);
    }
    if (!same) {
      differs("what is held", std::to_string(actual_.acquired.size()) + " references",
              std::to_string(expected_.acquired.size()) + ", or others");
    }
    if (!same_number(expected_.goto_rounds.number, actual_.goto_rounds.number)) {
      differs("may_goto rounds", number_text(actual_.goto_rounds.number),
              number_text(expected_.goto_rounds.number));
    }
  }

  const Prepared& program_;
  const State& expected_;
  const State& actual_;
  std::map<ObjectId, ObjectId> objects_;
  std::map<ObjectId, ObjectId> back_;
  std::string text_;
};

}  // namespace

std::string compare_states(const Prepared& program, const State& expected, const State& actual) {
  return Comparison(program, expected, actual).run();
}

}  // namespace zext::verifier
