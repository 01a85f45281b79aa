#include "verifier/fixpoint/cut_points.h"

#include <algorithm>

namespace zext::verifier {
namespace {

constexpr uint32_t kNone = CutPoint::kNone;

// The states that covered something, with the edges among them.
struct Graph {
  std::vector<uint32_t> nodes;              // ascending
  std::vector<std::vector<uint32_t>> next;  // by state
};

Graph graph_of(std::span<const uint32_t> before, std::span<const Cover> covers) {
  Graph graph;
  graph.next.resize(before.size());
  std::vector<uint8_t> is_node(before.size(), 0);
  for (const Cover& cover : covers) is_node[cover.to] = 1;
  // The node that was passed last, by state; itself where it is one.
  std::vector<uint32_t> latest(before.size(), kNone);
  for (uint32_t i = 0; i < before.size(); ++i) {
    const uint32_t above = before[i] == kNone ? kNone : latest[before[i]];
    latest[i] = is_node[i] != 0 ? i : above;
    if (is_node[i] == 0) continue;
    graph.nodes.push_back(i);
    if (above != kNone) graph.next[above].push_back(i);
  }
  for (const Cover& cover : covers) {
    const uint32_t from = cover.from == kNone ? kNone : latest[cover.from];
    if (from != kNone) graph.next[from].push_back(cover.to);
  }
  return graph;
}

// Finds the strongly connected components, takes their heads out, and does the same to what is left
// of each. Without recursion: chains of states are long.
class Nesting {
 public:
  explicit Nesting(Graph graph)
      : graph_(std::move(graph)),
        part_(graph_.next.size(), kNone),
        number_(graph_.next.size(), 0),
        lowest_(graph_.next.size(), 0) {}

  std::vector<CutPoint> run() {
    split(graph_.nodes, kNone);
    while (!components_.empty()) {
      const Component component = std::move(components_.back());
      components_.pop_back();
      const uint32_t first = *std::min_element(component.nodes.begin(), component.nodes.end());
      const auto& next = graph_.next[first];
      const bool loop =
          component.nodes.size() > 1 || std::find(next.begin(), next.end(), first) != next.end();
      const auto head = static_cast<uint32_t>(result_.size());
      result_.push_back({.kept = first, .parent = component.parent, .loop = loop});
      std::vector<uint32_t> rest = component.nodes;
      std::erase(rest, first);
      split(rest, head);
    }
    return std::move(result_);
  }

 private:
  struct Component {
    std::vector<uint32_t> nodes;
    uint32_t parent = kNone;
  };
  struct Frame {
    uint32_t node = 0;
    uint32_t next = 0;  // of its edges, the one to follow
  };

  // Tarjan's algorithm among the given nodes. Components end sinks first; the last to end is the
  // first that run() takes from the back.
  void split(const std::vector<uint32_t>& nodes, uint32_t parent) {
    ++parts_;
    for (const uint32_t node : nodes) {
      part_[node] = parts_;
      number_[node] = 0;
    }
    count_ = 0;
    for (const uint32_t node : nodes) {
      if (number_[node] == 0) visit(node, parent);
    }
  }

  void visit(uint32_t start, uint32_t parent) {
    enter(start);
    while (!frames_.empty()) {
      Frame& frame = frames_.back();
      const uint32_t node = frame.node;
      if (frame.next < graph_.next[node].size()) {
        const uint32_t next = graph_.next[node][frame.next++];
        if (part_[next] != parts_) continue;
        if (number_[next] == 0) {
          enter(next);
        } else {
          lowest_[node] = std::min(lowest_[node], number_[next]);
        }
        continue;
      }
      frames_.pop_back();
      if (lowest_[node] == number_[node]) end_component(node, parent);
      if (frames_.empty()) continue;
      uint32_t& above = lowest_[frames_.back().node];
      above = std::min(above, lowest_[node]);
    }
  }

  void enter(uint32_t node) {
    number_[node] = lowest_[node] = ++count_;
    stack_.push_back(node);
    frames_.push_back({.node = node});
  }

  void end_component(uint32_t node, uint32_t parent) {
    Component component{.nodes = {}, .parent = parent};
    uint32_t last = kNone;
    while (last != node) {
      last = stack_.back();
      stack_.pop_back();
      part_[last] = kNone;  // edges to it from what comes later do not count
      component.nodes.push_back(last);
    }
    components_.push_back(std::move(component));
  }

  Graph graph_;
  std::vector<uint32_t> part_;    // by state: the call of split() that it is in
  std::vector<uint32_t> number_;  // in the order of visits, from 1
  std::vector<uint32_t> lowest_;  // number that can be reached
  std::vector<uint32_t> stack_;
  std::vector<Frame> frames_;
  std::vector<Component> components_;
  std::vector<CutPoint> result_;
  uint32_t parts_ = 0;
  uint32_t count_ = 0;
};

}  // namespace

std::vector<CutPoint> cut_points(std::span<const uint32_t> before, std::span<const Cover> covers) {
  return Nesting(graph_of(before, covers)).run();
}

}  // namespace zext::verifier
