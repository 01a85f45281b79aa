// Debian's RV64 glibc headers have this file for the lp64d ABI only; no libc is linked here.
#pragma once
