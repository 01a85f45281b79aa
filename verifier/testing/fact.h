// Facts: what is known of a machine, as text, added to a State.
//
//   FactReader facts(program, symbols);
//   State state = facts.empty();
//   facts.add("r1 = packet + 14; r2 = 0..10; stack[-8..-1] = r2", state);   // "" or what is wrong
//
// A fact is one of
//   rN = VALUE, rN-rM = VALUE       a register; rN..rM all of them
//   stack[-8..-1] = VALUE           a stored value of 1, 2, 4 or 8 bytes; `written` and `unwritten`
//                                   of any number of bytes; `caller stack[...]` one frame below
//   SUM <= SUM                      or <, >=, >, ==; of registers, numbers, `packet size`,
//                                   `meta size`, `buffer size`: integers, for pointers their
//                                   offsets
//   holds #a, holds nothing         references acquired
//   lock #a of m, no lock           the spin lock that is held
//   callee, callback, deferred, global, returned      frames entered and left
//   may_goto rounds LO..HI, round N                   rounds left; the helper's round
// and a VALUE one of
//   NUMBER                          as number_text.h has them, `?` for nothing that may be read
//   rM, rM + N                      the same number or pointer as rM's, N further
//   context, packet, meta, packet end, stack, caller stack, buffer, map m, value of m, key of m,
//   region of BYTES, socket, sock_common, tcp_sock, xdp_sock, flow_keys, object TYPE, function f,
//   tracepoint buffer               pointers, then in any order: + OFFSETS, or null, read-only,
//                                   untrusted, under-rcu, trusted (objects), #name (what it points
//                                   into), held by #name
#pragma once

#include <map>
#include <string>
#include <vector>

#include "verifier/state/state.h"
#include "verifier/testing/case.h"

namespace zext::verifier {

class FactReader {
 public:
  FactReader(const Prepared& program, SymbolSource& symbols)
      : program_(program), symbols_(symbols) {}

  // A machine of which nothing is known, in the program's entry function.
  State empty() const;
  // Adds each of the facts; what is wrong with the text, or "".
  std::string add(const std::string& facts, State& state);
  // The same of one fact.
  std::string add_one(const std::string& fact, State& state);
  // What SUM <= SUM and the like say, as sums that are >= 0; empty: the text is none.
  std::vector<Linear> relation(const std::string& fact, State& state);

 private:
  std::string set_registers(const std::string& registers, const std::string& text, State& state);
  std::string set_stack(const std::string& place, const std::string& text, State& state);
  std::string set_frame(const std::string& fact, State& state);
  std::string set_resources(const std::string& fact, State& state);
  std::string value(const std::string& text, State& state, Value& result);
  std::string copy(const std::string& text, State& state, Value& result);
  std::string pointer(const std::string& text, State& state, Value& result);
  bool region(const std::vector<std::string>& words, size_t& used, State& state, Value& result);
  Linear sum(const std::string& text, State& state);
  Linear form_of(Value& value, State& state);
  const Map* map(const std::string& name) const;
  ObjectId object(const std::string& name);

  const Prepared& program_;
  SymbolSource& symbols_;
  std::map<std::string, ObjectId> objects_;
};

}  // namespace zext::verifier
