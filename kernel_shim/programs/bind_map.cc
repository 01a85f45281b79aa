// BPF_PROG_BIND_MAP: a program keeps a map that its instructions do not name.
#include <errno.h>

#include <algorithm>
#include <utility>

#include "kernel_shim/bpf/command.h"
#include "kernel_shim/programs/program.h"

namespace zext::shim {
namespace {

// Room for one map more, made outside the lock.
struct Room {
  Map** maps = nullptr;
  uint32_t count = 0;
};

// 0, -ENOMEM; -EAGAIN: there is not enough room, and `wanted` says how much.
int add(Kernel& kernel, Program& program, Ref<Map>& map, Room* room, uint32_t* wanted) {
  const Guard guard(kernel.host(), program.maps_lock);
  for (uint32_t i = 0; i < program.map_count; ++i) {
    if (program.maps[i] == map.get()) return 0;
  }
  if (program.map_count == program.map_room) {
    *wanted = 2 * program.map_count + 1;
    if (room->count <= program.map_count) return -EAGAIN;
    if (program.map_count != 0) {
      std::copy_n(program.maps, program.map_count, room->maps);
    }
    std::swap(room->maps, program.maps);
    std::swap(room->count, program.map_room);
  }
  program.maps[program.map_count++] = map.release();
  return 0;
}

int bind(Kernel& kernel, Program& program, Ref<Map> map) {
  Room room;
  int error = -EAGAIN;
  while (error == -EAGAIN) {
    uint32_t wanted = 0;
    error = add(kernel, program, map, &room, &wanted);
    kernel.free(program, static_cast<void*>(room.maps), sizeof(Map*) * room.count);
    room = {};
    if (error != -EAGAIN) break;
    room.maps = static_cast<Map**>(kernel.alloc(program, sizeof(Map*) * wanted));
    if (room.maps == nullptr) return -ENOMEM;
    room.count = wanted;
  }
  return error;
}

}  // namespace

long command_prog_bind_map(Call& call) {
  const auto& attr = call.attr.prog_bind_map;
  if (attr.flags != 0) return -EINVAL;
  Ref<Program> program;
  const int program_fd = static_cast<int>(attr.prog_fd);
  if (const int error = object_of_fd(call.kernel, program_fd, KSHIM_PROGRAM, &program);
      error != 0) {
    return error;
  }
  Ref<Map> map;
  const int map_fd = static_cast<int>(attr.map_fd);
  if (const int error = object_of_fd(call.kernel, map_fd, KSHIM_MAP, &map); error != 0) {
    return error;
  }
  return bind(call.kernel, *program, std::move(map));
}

}  // namespace zext::shim
