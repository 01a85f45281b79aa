#include "tests/embedding/picture.h"

#include <algorithm>

namespace zext::embedding {
namespace {

using verifier::RegisterFact;
using verifier::State;
using verifier::Type;

void add_to(RegisterFact& fact, const RegisterFact& other) {
  const bool alike = fact.type == other.type && fact.frame == other.frame &&
                     fact.structure == other.structure && fact.detail == other.detail &&
                     fact.map == other.map;
  if (!alike) {
    fact = {};
    return;
  }
  fact.nullable = fact.nullable || other.nullable;
  fact.value = join(fact.value, other.value);
}

Picture picture_of(const State& state) {
  Picture picture{.registers = state.facts(), .frames = {}};
  for (const verifier::Frame& frame : state.frames) {
    auto& cells = picture.frames.emplace_back();
    for (const verifier::Stack::Cell& cell : frame.stack.cells()) {
      cells.push_back({.at = cell.at, .bytes = cell.bytes, .fact = cell.value.fact()});
    }
  }
  return picture;
}

void add_to(std::vector<Cell>& cells, const verifier::Stack& stack) {
  for (Cell& cell : cells) {
    const verifier::Stack::Cell* other = stack.cell(cell.at, cell.bytes);
    add_to(cell.fact, other == nullptr ? RegisterFact{} : other->value.fact());
  }
  std::erase_if(cells, [](const Cell& cell) { return cell.fact.type == Type::kUninitialised; });
}

}  // namespace

Album::Album() {
  observer_.context = this;
  observer_.attempt = [](void* album, uint32_t) { static_cast<Album*>(album)->pictures_.clear(); };
  observer_.step = [](void* album, uint32_t pc, const State& state) {
    static_cast<Album*>(album)->add(pc, state);
  };
}

void Album::add(uint32_t pc, const State& state) {
  auto& here = pictures_[pc];
  const auto found = here.find(state.frames.size());
  if (found == here.end()) {
    here.emplace(state.frames.size(), picture_of(state));
    return;
  }
  Picture& picture = found->second;
  for (size_t reg = 0; reg < picture.registers.size(); ++reg) {
    add_to(picture.registers[reg], state.registers[reg].fact());
  }
  for (size_t i = 0; i < picture.frames.size(); ++i) {
    add_to(picture.frames[i], state.frames[i].stack);
  }
}

const std::map<size_t, Picture>& Album::at(uint32_t pc) const {
  static const std::map<size_t, Picture> kNone;
  const auto found = pictures_.find(pc);
  return found == pictures_.end() ? kNone : found->second;
}

}  // namespace zext::embedding
