// What else there is of attempt() in builds with exceptions.
#pragma once

namespace zext::shim {

// Whether this thread is in an attempt(), so that operator new may throw: for tests that let it.
bool is_attempting();

}  // namespace zext::shim
