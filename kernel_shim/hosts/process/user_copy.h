// Copies that survive bad addresses: what a kernel does with its exception table.
//
//   prepare_user_copies();                                // once
//   if (!copy_or_fault(to, from, size)) return -EFAULT;
//
// Both sides may be unreadable, or unmapped by another thread meanwhile.
#pragma once

#include <cstddef>

namespace zext::shim {

// Takes SIGSEGV and SIGBUS over; faults elsewhere go to who had them before.
void prepare_user_copies();
// True, or false where a byte could not be read or written; then some may have been copied.
bool copy_or_fault(void* to, const void* from, size_t size);

}  // namespace zext::shim
