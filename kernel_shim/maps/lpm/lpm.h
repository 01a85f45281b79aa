// LPM tries: BPF_MAP_TYPE_LPM_TRIE, the longest prefix that a key begins with.
//
//   const MapOps* map_ops(uint32_t type) { ... case BPF_MAP_TYPE_LPM_TRIE: return &kLpmTrieOps; ...
//   }
//
// What it answers is what Linux 5.19 answers (kernel/bpf/lpm_trie.c): BPF_NOEXIST and BPF_EXIST are
// accepted and do nothing, a full trie refuses even keys that it has (-ENOSPC).
#pragma once

#include "kernel_shim/maps/map.h"

namespace zext::shim {

extern const MapOps kLpmTrieOps;

}  // namespace zext::shim
