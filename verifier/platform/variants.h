// Helpers whose prototype is another one in some program types, as Platform::own_helpers.
#pragma once

#include "verifier/platform/prototype.h"

namespace zext::verifier::variants {

namespace words = prototype;

// The class of the current task's cgroup, not of a packet's socket.
inline constexpr Helper kClassOfTask =
    words::row(17, "get_cgroup_classid", words::kPlain, words::kUnsigned32);
inline constexpr Helper kCookieOfSock =
    words::row(46, "get_socket_cookie", words::kPlain, words::kInteger, words::kSock);
inline constexpr Helper kSetOptionOfSock =
    words::row(49, "setsockopt", words::kPlain, words::kInteger, words::kSock, words::kAny,
               words::kAny, words::kRead, words::kSize);
inline constexpr Helper kGetOptionOfSock =
    words::row(57, "getsockopt", words::kPlain, words::kInteger, words::kSock, words::kAny,
               words::kAny, words::kFill, words::kSize);
// The storage of the context's own socket.
inline constexpr Helper kStorageOfContext = words::row(
    107, "sk_storage_get", words::kPlain, words::or_null(words::kMapValue),
    words::map(words::kSocketStorage), words::kContext, words::or_null(words::kValue), words::kAny);
inline constexpr Helper kAssignLookup =
    words::row(124, "sk_assign", words::kPlain, words::kInteger, words::kContext,
               words::or_null(words::kFullSocket), words::kAny);
inline constexpr Helper kLengthOfBuffer =
    words::row(188, "xdp_get_buff_len", words::kPlain, words::kUnsigned32, words::btf("xdp_buff"));

inline constexpr Helper kTask[] = {kClassOfTask};
inline constexpr Helper kCgroupSock[] = {kClassOfTask, kStorageOfContext};
inline constexpr Helper kSetSockopt[] = {kClassOfTask, kSetOptionOfSock, kGetOptionOfSock};
inline constexpr Helper kStructOps[] = {kSetOptionOfSock, kGetOptionOfSock};
inline constexpr Helper kSkReuseport[] = {kCookieOfSock};
inline constexpr Helper kSkLookup[] = {kAssignLookup};
inline constexpr Helper kTracing[] = {kCookieOfSock, kLengthOfBuffer};

}  // namespace zext::verifier::variants
