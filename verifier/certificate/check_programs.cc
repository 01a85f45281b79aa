#include <array>

#include "verifier/certificate/check_case.h"

namespace zext::verifier::certificate {
namespace {

constexpr auto kPrograms = std::to_array<CheckProgram>({
    {"straight line", "plain_memory", R"(
r0 = r2
r0 += 1
exit
)"},
    {"packet bounds", "xdp", R"(
%packet 14
r0 = *(u16 *)(r2 + 12)
%out
)"},
    {"diamond", "xdp", R"(
%packet 14
r6 = 1
r5 = *(u8 *)(r2 + 0)
if r5 > 7 goto same
r6 = 6
same:
r2 += r6
r0 = *(u8 *)(r2 + 7)
%out
)"},
    {"counted loop", "plain_memory", R"(
r0 = 5
loop:
r0 += 3
if r0 != 305 goto loop
exit
)"},
    {"nested loops", "plain_memory", R"(
r0 = 0
r6 = 0
outer:
r7 = 0
inner:
r0 += r7
r7 += 1
if r7 < 1000 goto inner
r6 += 1
if r6 < 1000 goto outer
exit
)"},
    {"two loops", "plain_memory", R"(
r6 = 0
first:
r6 += 1
if r6 < 100 goto first
r7 = 0
second:
r7 += 1
if r7 < 100 goto second
r0 = 0
exit
)"},
    {"buffer loop", "plain_memory", R"(
r0 = 0
r3 = 0
loop:
if r3 >= r2 goto out
r4 = r1
r4 += r3
r5 = *(u8 *)(r4 + 0)
r0 += r5
r3 += 1
goto loop
out:
exit
)"},
    {"packet loop", "xdp", R"(
r2 = *(u32 *)(r1 + 0)
r3 = *(u32 *)(r1 + 4)
r0 = 0
loop:
r4 = r2
r4 += 1
if r4 > r3 goto out
r5 = *(u8 *)(r2 + 0)
r2 = r4
goto loop
out:
r0 = 1
exit
)"},
    {"local call", "xdp", R"(
r6 = 0
r7 = r1
loop:
r1 = *(u32 *)(r7 + 16)
call one
r6 += 1
if r6 < 500 goto loop
exit
function one number
r0 = 1
if r1 == 0 goto end
r0 = 1
end:
exit
)"},
    {"global function", "xdp", R"(
*(u64 *)(r10 - 8) = 1
r1 = r10
r1 += -8
call read
r0 = 1
exit
function read global memory:8
r0 = 0
if r1 == 0 goto out
r0 = *(u8 *)(r1 + 7)
out:
exit
)"},
    {"callback", "xdp", R"(
r1 = 100
ld_pseudo r2, 4, f
r3 = 0
r4 = 0
call 181
r0 = 1
exit
function f
r0 = 0
exit
)"},
    {"lookup", "xdp", R"(
map counts type=array key=4 value=8 entries=4
map flows type=hash key=4 value=16 entries=16
r6 = r1
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map flows
call 1
if r0 == 0 goto out
r7 = 3
r1 = *(u32 *)(r6 + 16)
if r1 == 0 goto same
r7 = 3
same:
*(u64 *)(r0 + 8) = r7
out:
r0 = 1
exit
)"},
    {"ring buffer", "xdp", R"(
map m type=ringbuf entries=4096
r6 = r1
r1 = map m
r2 = 16
r3 = 0
call 131
if r0 == 0 goto out
r1 = *(u32 *)(r6 + 16)
r7 = 3
if r1 == 0 goto same
r7 = 3
same:
*(u64 *)(r0 + 8) = r7
r1 = r0
r2 = 0
call 132
out:
r0 = 1
exit
)"},
    {"spin lock", "xdp", R"(
map m type=hash key=4 value=16 entries=16 lock=0
r7 = r1
*(u32 *)(r10 - 4) = 0
r1 = map m
r2 = r10
r2 += -4
call 1
if r0 == 0 goto out
r6 = r0
r1 = r6
call 93
r1 = *(u32 *)(r7 + 16)
r8 = 5
if r1 == 0 goto same
r8 = 5
same:
*(u64 *)(r6 + 8) = r8
r1 = r6
call 94
out:
r0 = 1
exit
)"},
    {"may_goto", "xdp", R"(
r6 = 0
loop:
may_goto out
r6 += 1
goto loop
out:
r0 = 1
exit
)"},
    {"tail call", "xdp", R"(
map m type=prog_array key=4 value=4 entries=4
r2 = map m
r3 = 1
call 12
r0 = 2
exit
)"},
    {"LD_ABS", "socket_filter", R"(
r6 = r1
r0 = *(u8 *)skb[23]
exit
)"},
    {".rodata table", "xdp", R"(
map m type=array key=4 value=8 entries=1 rdonly data=0307010400000000
r2 = *(u32 *)(r1 + 16)
r2 &= 3
r1 = value m
r1 += r2
r2 = *(u8 *)(r1 + 0)
r3 = r10
r3 += -8
r3 += r2
*(u8 *)(r3 + 0) = 1
r0 = 1
exit
)"},
    {"ways that meet", "xdp", R"(
%packet 14
r5 = *(u8 *)(r2 + 0)
r2 += 4
if r5 > 7 goto same
r6 = 6
same:
r0 = *(u8 *)(r2 + 9)
%out
)"},
    {"mask", "xdp", R"(
r2 = *(u32 *)(r1 + 16)
r5 = *(u32 *)(r1 + 12)
r3 = r2
r3 &= 7
*(u64 *)(r10 - 8) = 0
r4 = 1
if r5 > 100 goto same
r4 = 1
same:
r5 = r10
r5 += r3
r0 = *(u8 *)(r5 - 8)
exit
)"},
    {"slot", "xdp", R"(
r2 = *(u32 *)(r1 + 16)
*(u64 *)(r10 - 8) = 3
r3 = 1
if r2 > 7 goto same
r3 = 1
same:
r4 = *(u64 *)(r10 - 8)
r5 = r10
r5 += r4
r0 = *(u8 *)(r5 - 8)
exit
)"},
    {"callee", "xdp", R"(
*(u64 *)(r10 - 8) = 0
r6 = 1
r1 = *(u32 *)(r1 + 16)
call one
r2 = r10
r2 += r6
r0 = *(u8 *)(r2 - 8)
exit
function one number
r0 = 1
if r1 == 0 goto end
r0 = 1
end:
exit
)"},
    {"lookup compared late", "xdp", R"(
map counts type=hash key=4 value=8 entries=16
map flows type=hash key=4 value=16 entries=16
r6 = r1
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map flows
call 1
r1 = *(u32 *)(r6 + 16)
if r1 == 0 goto same
r1 = 0
same:
if r0 == 0 goto out
*(u64 *)(r0 + 8) = 1
out:
r0 = 1
exit
)"},
    {"kernel variable", "tracepoint", R"(
variable 1 jiffies memory:8
r7 = r1
ld_pseudo r6, 3, 1
r3 = *(u64 *)(r7 + 8)
r4 = 1
if r3 == 0 goto same
r4 = 1
same:
r0 = *(u64 *)(r6 + 0)
r0 = 0
exit
)"},
    {"callback's index", "xdp", R"(
r1 = 8
ld_pseudo r2, 4, f
r3 = 0
r4 = 0
call 181
r0 = 1
exit
function f
r2 = r10
r2 += r1
*(u8 *)(r2 - 8) = 1
r0 = 0
exit
)"},
    {"pointer to the end", "plain_memory", R"(
r0 = 0
if r2 == 0 goto out
r3 = r1
r3 += r2
loop:
r4 = *(u8 *)(r1 + 0)
r1 += 1
if r1 != r3 goto loop
out:
exit
)"},
});

}  // namespace

std::span<const CheckProgram> check_programs() { return kPrograms; }

}  // namespace zext::verifier::certificate
