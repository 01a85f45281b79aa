// The tag of a program: SHA-1 of its instructions, by which bpftool tells programs apart.
//
//   uint8_t tag[BPF_TAG_SIZE];
//   program_tag(slots, count, tag);      // descriptors of maps count as 0
//
// SHA-1 is FIPS 180-4's.
#pragma once

#include <linux/bpf.h>

#include <cstdint>

#include "isa/ebpf/insn.h"

namespace zext::shim {

// The first BPF_TAG_SIZE bytes of the digest.
void program_tag(const ebpf::Slot* slots, uint32_t count, uint8_t* tag);

}  // namespace zext::shim
