#include "object/section_type.h"

#include <gtest/gtest.h>

namespace zext::object {
namespace {

ProgramType type_of(const char* name) { return section_type(name).type; }

TEST(SectionType, NamesAlone) {
  EXPECT_EQ(type_of("xdp"), ProgramType::kXdp);
  EXPECT_EQ(type_of("socket"), ProgramType::kSocketFilter);
  EXPECT_EQ(type_of("plain"), ProgramType::kPlainMemory);
  EXPECT_EQ(type_of("syscall"), ProgramType::kSyscall);
}

TEST(SectionType, NamesWithATarget) {
  EXPECT_EQ(type_of("tc/ingress"), ProgramType::kSchedCls);
  EXPECT_EQ(type_of("xdp.frags/devmap"), ProgramType::kXdp);
  EXPECT_EQ(type_of("socket1"), ProgramType::kSocketFilter);
  EXPECT_EQ(type_of("kprobe.multi/tcp_*"), ProgramType::kKprobe);
  EXPECT_EQ(type_of("cgroup/connect4"), ProgramType::kCgroupSockAddr);
  EXPECT_EQ(type_of("cgroup_skb/egress"), ProgramType::kCgroupSkb);
  EXPECT_EQ(type_of("?xdp"), ProgramType::kXdp);
}

TEST(SectionType, LongestNameDecides) {
  EXPECT_EQ(type_of("tp_btf/sched_switch"), ProgramType::kTracing);
  EXPECT_EQ(type_of("raw_tp.w/foo"), ProgramType::kRawTracepointWritable);
  EXPECT_EQ(type_of("raw_tp/foo"), ProgramType::kRawTracepoint);
  EXPECT_EQ(type_of("cgroup/sock_create"), ProgramType::kCgroupSock);
}

TEST(SectionType, UnknownNames) {
  EXPECT_EQ(type_of("tcpdump"), ProgramType::kUnspecified);
  EXPECT_EQ(type_of("xdping"), ProgramType::kUnspecified);
  EXPECT_EQ(type_of(""), ProgramType::kUnspecified);
}

TEST(SectionType, AttachTypes) {
  EXPECT_EQ(section_type("cgroup/bind4").attach_type, 8);
  EXPECT_EQ(section_type("cgroup/bind6").attach_type, 9);
  EXPECT_EQ(section_type("cgroup_skb/ingress").attach_type, 0);
  EXPECT_EQ(section_type("cgroup_skb/egress").attach_type, 1);
  EXPECT_EQ(section_type("cgroup/sock").attach_type, 2);
  EXPECT_EQ(section_type("sk_skb/stream_parser").attach_type, 4);
  EXPECT_EQ(section_type("xdp").attach_type, 37);
  EXPECT_EQ(section_type("xdp.frags/devmap").attach_type, 33);
  EXPECT_EQ(section_type("fmod_ret.s/bpf_modify_return_test").attach_type, 26);
  EXPECT_EQ(section_type("?kprobe.multi/vfs_*").attach_type, 42);
  EXPECT_EQ(section_type("tc").attach_type, kNoAttachType);
  EXPECT_EQ(section_type("action/x").attach_type, kNoAttachType);
  EXPECT_EQ(section_type("nothing").attach_type, kNoAttachType);
}

TEST(SectionType, Sleepable) {
  for (const char* name : {"fentry.s/f", "lsm.s/file_open", "iter.s/task", "uprobe.s", "syscall",
                           "uprobe.multi.s//bin/true:main", "struct_ops.s/x"}) {
    EXPECT_TRUE(section_type(name).sleepable) << name;
  }
  for (const char* name :
       {"fentry/f", "lsm/file_open", "iter/task", "uprobe", "xdp", "fentry/a.s"}) {
    EXPECT_FALSE(section_type(name).sleepable) << name;
  }
}

TEST(SectionType, Targets) {
  EXPECT_EQ(section_type("kprobe/tcp_v4_connect").target, "tcp_v4_connect");
  EXPECT_EQ(section_type("?tp_btf/sys_enter").target, "sys_enter");
  EXPECT_EQ(section_type("iter/task").target, "task");
  EXPECT_EQ(section_type("lsm.s/bprm_committed_creds").target, "bprm_committed_creds");
  EXPECT_EQ(section_type("tp/syscalls/sys_enter_read").target, "syscalls/sys_enter_read");
  EXPECT_EQ(section_type("uprobe//bin/true:main").target, "/bin/true:main");
  EXPECT_EQ(section_type("freplace").target, "");
  EXPECT_EQ(section_type("xdp/devmap").target, "");
}

}  // namespace
}  // namespace zext::object
