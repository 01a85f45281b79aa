// Scene: what a program is given: its context, packet, buffer and arguments, laid out in memory.
//
//   Scene scene(subject, input, space, objects);
//   ebpf::run(code, memory, scene.arguments(0), environment);
//   scene.move_packet(packet, meta);        // a helper changed it: old addresses are stray
#pragma once

#include <cstdint>
#include <span>

#include "isa/ebpf/interpreter.h"
#include "verifier/replay/input.h"
#include "verifier/replay/objects.h"
#include "verifier/replay/space.h"

namespace zext::verifier {

class Scene {
 public:
  Scene(const Subject& subject, const Input& input, Space& space, Objects& objects);

  // r1 to r5 of the program, or of the function that starts at this slot.
  ebpf::Arguments arguments(uint32_t start);

  uint64_t context() const { return address_of(Place::Kind::kContext); }
  uint64_t data() const { return packet_address(moves_); }
  std::span<const uint8_t> packet();
  std::span<const uint8_t> meta();

  // The context's fields follow, and so does packet().
  void move_packet(Bytes packet, const Bytes& meta);

 private:
  void make_context();
  void make_typed_context();
  void fill_pointers(Bytes& context);
  void fill_packet_fields();
  void place_packet(Bytes packet, const Bytes& meta);
  uint64_t argument(const Parameter& parameter, uint8_t reg, uint32_t at);
  const Input::Object* object(uint8_t reg, uint32_t at) const;
  Bytes object_bytes(uint8_t reg, uint32_t at) const;

  const Subject& subject_;
  const Input& input_;
  Space& space_;
  Objects& objects_;
  uint32_t moves_ = 0;
  uint64_t meta_bytes_ = 0;
  uint64_t packet_base_ = 0;
};

}  // namespace zext::verifier
