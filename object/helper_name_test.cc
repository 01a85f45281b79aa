#include "object/helper_name.h"

#include <gtest/gtest.h>
#include <linux/bpf.h>

namespace zext::object {
namespace {

// Numbers from Linux's bpf-helpers manual page and enum bpf_func_id.
TEST(HelperName, IsLinuxsOwn) {
  EXPECT_EQ(helper_name(1), "bpf_map_lookup_elem");
  EXPECT_EQ(helper_name(5), "bpf_ktime_get_ns");
  EXPECT_EQ(helper_name(12), "bpf_tail_call");
  EXPECT_EQ(helper_name(BPF_FUNC_loop), "bpf_loop");
  EXPECT_EQ(helper_name(__BPF_FUNC_MAX_ID - 1).substr(0, 4), "bpf_");
}

TEST(HelperName, OthersHaveNone) {
  EXPECT_EQ(helper_name(0), "");
  EXPECT_EQ(helper_name(-1), "");
  EXPECT_EQ(helper_name(__BPF_FUNC_MAX_ID), "");
  EXPECT_EQ(helper_name(0x7fffffff), "");
}

}  // namespace
}  // namespace zext::object
