// Rings: records from programs to a process that maps the ring (helpers 130 to 134, of map.h).
//
// What a process maps, in pages: its own position, which it may write, the programs' position, and
// the data twice, so that a record that wraps is in one piece:
//
//   0: consumer   1: producer   2...: data   then: the same data
//
// A record is a header of two words and its bytes, rounded up to 8. The first word is the length,
// with BPF_RINGBUF_BUSY_BIT until it is committed and BPF_RINGBUF_DISCARD_BIT if it is to be passed
// over; the second says how many pages before it the ring begins.
//
// The consumer's position is anybody's guess: it decides only whether there is room. That no two
// reserved records overlap is decided by the ring's own positions, which no process can write.
#pragma once

#include "kernel_shim/maps/map.h"

namespace zext::shim {

extern const MapOps kRingbufOps;

}  // namespace zext::shim
