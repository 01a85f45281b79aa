// order_weakly: Bourdoncle's weak topological order of a control-flow graph, without recursion.
//
//   order_weakly(cfg.blocks, entries);     // fills in position, head and end of each block
//
// A component in the order is (head body...), nested; every cycle of the graph lies in a component
// and passes through its head, and positions ascend along every edge that does not enter the head
// of a component around it.
#pragma once

#include <cstdint>
#include <span>

namespace zext::verifier {

struct Block;

// Whether it was done within the work allowed: 64 visits a block. If not, positions are unusable.
bool order_weakly(std::span<Block> blocks, std::span<const uint32_t> entries);

}  // namespace zext::verifier
