#include "kernel_shim/helpers/peek.h"

#include <errno.h>

namespace zext::shim::helpers {

// Pieces end at multiples of a power of two, so that none is on a page beyond the string's end.
int64_t peek_string(const Host& host, Peek peek, char* to, uint64_t size, uint64_t from) {
  constexpr uint64_t kPiece = 64;
  uint64_t done = 0;
  while (done < size) {
    const uint64_t to_boundary = kPiece - (from + done) % kPiece;
    const uint64_t left = size - done;
    const uint64_t piece = left < to_boundary ? left : to_boundary;
    if (peek(host, to + done, from + done, piece) != 0) return -EFAULT;
    for (uint64_t i = done; i < done + piece; ++i) {
      if (to[i] == 0) return static_cast<int64_t>(i + 1);
    }
    done += piece;
  }
  if (size != 0) to[size - 1] = 0;
  return static_cast<int64_t>(size);
}

}  // namespace zext::shim::helpers
