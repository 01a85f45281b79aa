// How the runtime differs from Linux 5.19, where a table says that it knows something but not that
// it does all of it. One note a row; rows without one are as in Linux.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <span>

namespace zext::shim {

struct Note {
  uint32_t number;
  const char* text;
};

inline constexpr Note kMapNotes[] = {
    {BPF_MAP_TYPE_CGROUP_ARRAY, "the host has no cgroups to put in: updates are EBADF"},
    {BPF_MAP_TYPE_DEVMAP, "the host has no interfaces to put in: updates are EINVAL"},
    {BPF_MAP_TYPE_DEVMAP_HASH, "the host has no interfaces to put in: updates are EINVAL"},
    {BPF_MAP_TYPE_STACK_TRACE, "build ids: the addresses only (BPF_STACK_BUILD_ID_IP)"},
};

struct OtherCommand {
  uint32_t number;
  const char* name;
  const char* text;
};

// Commands of 5.19 that the table has not: EINVAL.
inline constexpr OtherCommand kOtherCommands[] = {
    {BPF_PROG_ATTACH, "PROG_ATTACH", "the host has no cgroups, sockmaps and flow dissectors"},
    {BPF_PROG_DETACH, "PROG_DETACH", "see PROG_ATTACH"},
    {BPF_PROG_QUERY, "PROG_QUERY", "see PROG_ATTACH"},
    {BPF_TASK_FD_QUERY, "TASK_FD_QUERY", "bpftool perf lists nothing"},
    {BPF_ENABLE_STATS, "ENABLE_STATS", "run statistics are always counted"},
    {BPF_ITER_CREATE, "ITER_CREATE", "no iterators"},
};

constexpr const char* note_of(std::span<const Note> notes, uint32_t number) {
  for (const Note& note : notes) {
    if (note.number == number) return note.text;
  }
  return "";
}

}  // namespace zext::shim
