#include "object/section_type.h"

#include <gtest/gtest.h>

namespace zext::object {
namespace {

TEST(SectionType, NamesAlone) {
  EXPECT_EQ(type_of_section("xdp"), ProgramType::kXdp);
  EXPECT_EQ(type_of_section("socket"), ProgramType::kSocketFilter);
  EXPECT_EQ(type_of_section("plain"), ProgramType::kPlainMemory);
  EXPECT_EQ(type_of_section("syscall"), ProgramType::kSyscall);
}

TEST(SectionType, NamesWithATarget) {
  EXPECT_EQ(type_of_section("tc/ingress"), ProgramType::kSchedCls);
  EXPECT_EQ(type_of_section("xdp.frags/devmap"), ProgramType::kXdp);
  EXPECT_EQ(type_of_section("socket1"), ProgramType::kSocketFilter);
  EXPECT_EQ(type_of_section("kprobe.multi/tcp_*"), ProgramType::kKprobe);
  EXPECT_EQ(type_of_section("cgroup/connect4"), ProgramType::kCgroupSockAddr);
  EXPECT_EQ(type_of_section("cgroup_skb/egress"), ProgramType::kCgroupSkb);
  EXPECT_EQ(type_of_section("?xdp"), ProgramType::kXdp);
}

TEST(SectionType, LongestNameDecides) {
  EXPECT_EQ(type_of_section("tp_btf/sched_switch"), ProgramType::kTracing);
  EXPECT_EQ(type_of_section("raw_tp.w/foo"), ProgramType::kRawTracepointWritable);
  EXPECT_EQ(type_of_section("raw_tp/foo"), ProgramType::kRawTracepoint);
  EXPECT_EQ(type_of_section("cgroup/sock_create"), ProgramType::kCgroupSock);
}

TEST(SectionType, UnknownNames) {
  EXPECT_EQ(type_of_section("tcpdump"), ProgramType::kUnspecified);
  EXPECT_EQ(type_of_section("xdping"), ProgramType::kUnspecified);
  EXPECT_EQ(type_of_section(""), ProgramType::kUnspecified);
}

}  // namespace
}  // namespace zext::object
