#include "verifier/cfg/cfg.h"

#include <gtest/gtest.h>

#include <random>

#include "isa/ebpf/asm.h"

namespace zext::verifier {
namespace {

ebpf::Code code_of(const std::string& text) { return *ebpf::decode_program(*ebpf::assemble(text)); }

TEST(CfgTest, BlocksEndAtJumpsAndStartAtTargets) {
  const Cfg cfg = Cfg::of(code_of("r0 = 0\nif r1 == 0 goto end\nr0 = 1\nend:\nexit\n"));
  ASSERT_EQ(cfg.blocks.size(), 3u);
  EXPECT_EQ(cfg.blocks[0].last, 1u);
  EXPECT_EQ(cfg.blocks[1].first, 2u);
  EXPECT_TRUE(cfg.blocks[2].join);
  EXPECT_FALSE(cfg.blocks[1].join);
  EXPECT_EQ(cfg.block_at(2), 1u);
  EXPECT_EQ(cfg.block_at(1), Cfg::kNoBlock);
}

TEST(CfgTest, UnreachableCodeHasNoBlocks) {
  const Cfg cfg = Cfg::of(code_of("goto end\nr0 = r9\nend:\nexit\n"));
  EXPECT_EQ(cfg.blocks.size(), 2u);
  EXPECT_EQ(cfg.owners[1], Cfg::kNoBlock);
}

TEST(CfgTest, NestedLoopsAreNestedComponents) {
  const Cfg cfg =
      Cfg::of(code_of("r0 = 0\nouter:\nr1 = 0\ninner:\nr1 += 1\nif r1 < 9 goto inner\nr0 += 1\n"
                      "if r0 < 9 goto outer\nexit\n"));
  const Block& outer = cfg.blocks[cfg.block_at(1)];
  const Block& inner = cfg.blocks[cfg.block_at(2)];
  const Block& last = cfg.blocks[cfg.block_at(6)];
  EXPECT_TRUE(outer.head);
  EXPECT_TRUE(inner.head);
  EXPECT_TRUE(Cfg::inside(outer, inner));
  EXPECT_FALSE(Cfg::inside(inner, outer));
  EXPECT_FALSE(Cfg::inside(outer, last));
  EXPECT_FALSE(cfg.blocks[0].head);
}

TEST(CfgTest, LiveRegisters) {
  const Cfg cfg = Cfg::of(code_of("r0 = 0\nif r2 == 0 goto end\nr0 = r6\nend:\nexit\n"));
  EXPECT_EQ(cfg.blocks[0].live, (1u << 2) | (1u << 6));
  EXPECT_EQ(cfg.blocks[2].live, 1u);
}

// Every way forward ascends, or enters the head of a component around it: the definition.
TEST(CfgTest, OrderIsWeaklyTopologicalOnRandomGraphs) {
  std::mt19937 rng(7);
  for (int round = 0; round < 2000; ++round) {
    const int blocks = 2 + static_cast<int>(rng() % 10);
    std::string text;
    for (int i = 0; i < blocks; ++i) {
      const std::string target = "l" + std::to_string(rng() % static_cast<unsigned>(blocks));
      text += "l" + std::to_string(i) + ":\nif r1 == 1 goto " + target + "\n";
    }
    const Cfg cfg = Cfg::of(code_of(text + "exit\n"));
    ASSERT_TRUE(cfg.complete);
    for (const Block& block : cfg.blocks) {
      for (const uint32_t next : block.successors()) {
        const Block& to = cfg.blocks[next];
        if (to.position > block.position) continue;
        EXPECT_TRUE(to.head && Cfg::inside(to, block)) << text;
      }
    }
  }
}

}  // namespace
}  // namespace zext::verifier
