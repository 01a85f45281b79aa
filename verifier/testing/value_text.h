// value_text: a value in the words of fact.h, as far as it can be said without names.
//
//   value_text(program, Value::pointer(Type::kPacket));      // "packet"
#pragma once

#include <string>

#include "verifier/state/value.h"
#include "verifier/testing/case.h"

namespace zext::verifier {

struct NamedStructure {
  StructureId id;
  const char* name;
};
inline constexpr NamedStructure kNamedStructures[] = {{StructureId::kSocket, "socket"},
                                                      {StructureId::kSockCommon, "sock_common"},
                                                      {StructureId::kTcpSock, "tcp_sock"},
                                                      {StructureId::kXdpSock, "xdp_sock"},
                                                      {StructureId::kFlowKeys, "flow_keys"}};

struct NamedTrust {
  Trust trust;
  const char* name;
};
inline constexpr NamedTrust kNamedTrusts[] = {
    {Trust::kUntrusted, "untrusted"}, {Trust::kRcu, "under-rcu"}, {Trust::kTrusted, "trusted"}};

std::string value_text(const Prepared& program, const Value& value);

}  // namespace zext::verifier
