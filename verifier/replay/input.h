// Input: everything that a run of a program depends on, as concrete bytes: what breaks a program.
//
//   Input input{.packet = {0x45, 0x00}, .context = {...}};
//   const Replay replay = run(subject, input);       // replay.h
//
// It is what the symbolic search finds (refine/) and the interpreter replays. Bytes that are not
// given are zeros; those too many are left out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace zext::verifier {

struct Input {
  std::vector<uint8_t> packet = {};  // from data to data_end
  std::vector<uint8_t> meta = {};    // from data_meta to data
  // As the program sees it; fields that are addresses are filled in.
  std::vector<uint8_t> context = {};
  std::vector<uint8_t> memory = {};  // Entry::kMemory: the buffer
  // Entry::kBtf and global functions: those that are numbers, by their places.
  std::vector<uint64_t> arguments = {};

  // What a pointer among the context's fields or the arguments leads to. One that is not listed
  // leads to zeros.
  struct Object {
    uint8_t reg = 0;    // the argument, from 1 on, of a global function; or 0:
    uint32_t at = 0;    // offset of the pointer in the context
    bool null = false;  // the pointer is 0, if it may be
    std::vector<uint8_t> bytes = {};
  };
  std::vector<Object> objects = {};

  // An entry that a map has when the program starts; of arrays, entries not listed are zeros, of
  // others they are absent. Queues and stacks have no keys: the first one was put there first. Maps
  // of sockets and the like have the entry's key, and as its value what programs see of it.
  struct Entry {
    uint32_t map = 0;  // index in Subject::maps
    std::vector<uint8_t> key = {};
    std::vector<uint8_t> value = {};
    // Of a map of maps: not an entry of `map`, but one of the inner map at this key of it.
    std::vector<uint8_t> outer = {};
  };
  std::vector<Entry> maps = {};

  // What a helper or kernel function answers, in the order of calls. Not listed are calls that the
  // run answers itself (replay.h).
  struct Call {
    uint32_t pc = 0;
    uint64_t result = 0;  // r0
    bool points = false;  // r0 is the address of `memory`, fresh at each call
    std::vector<uint8_t> memory = {};
    struct Fill {
      uint8_t reg = 0;  // the argument that points to it
      std::vector<uint8_t> bytes = {};
    };
    std::vector<Fill> fills = {};  // memory that it writes
    // Of helpers that change the packet: what it is afterwards.
    std::optional<std::vector<uint8_t>> packet = {};
    std::optional<std::vector<uint8_t>> meta = {};
  };
  std::vector<Call> calls = {};
};

}  // namespace zext::verifier
