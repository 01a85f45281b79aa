// BtfTest: loads BTF, and has what the log says of it.
//
//   EXPECT_EQ(load(blob.bytes()), -EINVAL);
//   EXPECT_NE(log().find("Invalid name"), std::string::npos);
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "kernel_shim/btf/btf_object.h"
#include "kernel_shim/hosts/process/process_host.h"
#include "kernel_shim/runtime/kernel.h"

namespace zext::shim {

class BtfTest : public testing::Test {
 protected:
  BtfTest() {
    EXPECT_EQ(kernel_.start(), 0);
    kernel_.ops(KSHIM_BTF).destroy = btf_destroy;
    // The table of ids stays.
    Object object;
    EXPECT_EQ(kernel_.ids(KSHIM_BTF).add(kernel_, object), 0);
    kernel_.ids(KSHIM_BTF).remove(kernel_, object);
  }
  ~BtfTest() override {
    loaded_.reset();
    kernel_.stop();
  }

  int load(const std::vector<uint8_t>& bytes) {
    loaded_.reset();
    text_.assign(kRoom, 0);
    Log log(kernel_.host(), {.level = 1,
                             .buffer = reinterpret_cast<kshim_uptr>(text_.data()),
                             .size = static_cast<uint32_t>(text_.size())});
    BtfObject* btf = nullptr;
    const int error = log.finish(btf_load(kernel_, bytes.data(), bytes.size(), log, &btf));
    loaded_ = Ref<BtfObject>::take(kernel_, btf);
    return error;
  }
  std::string log() const { return text_.c_str(); }
  const BtfObject& loaded() const { return *loaded_; }

  static constexpr size_t kRoom = 1 << 16;
  ProcessHost host_;
  Kernel kernel_{Host(host_.functions()), kshim_config{}};
  Ref<BtfObject> loaded_;
  std::string text_;
};

}  // namespace zext::shim
