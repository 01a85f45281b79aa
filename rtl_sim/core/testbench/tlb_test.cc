// tlb against a list of the pages it may hold.
//
// Look-up is combinational, so that after each fill and flush every page of the list can be asked
// for without a side effect: the list is then exactly what is inside.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "Vtlb.h"

namespace zext::rtl_sim {
namespace {

constexpr unsigned kEntries = 16;
constexpr unsigned kGlobal = 1 << 5;

struct Page {
  uint32_t vpn = 0;
  uint32_t asid = 0;
  uint64_t ppn = 0;
  unsigned flags = 0;
  unsigned level = 0;

  bool global() const { return (flags & kGlobal) != 0; }
  uint32_t pages() const { return uint32_t{1} << 9 * level; }
  uint32_t first() const { return vpn & ~(pages() - 1); }
  bool covers(uint32_t other) const { return first() <= other && other < first() + pages(); }

  // Some address and some ASID would match both.
  bool overlaps(const Page& other) const {
    const bool address = covers(other.first()) || other.covers(first());
    return address && (asid == other.asid || global() || other.global());
  }
};

struct Flush {
  std::optional<uint32_t> vpn;
  std::optional<uint32_t> asid;

  bool drops(const Page& page) const {
    if (vpn && !page.covers(*vpn)) return false;
    return !asid || (page.asid == *asid && !page.global());
  }
};

struct Answer {
  uint64_t ppn = 0;
  unsigned flags = 0;
  bool operator==(const Answer&) const = default;
};

class TlbTest : public testing::Test {
 protected:
  TlbTest() {
    tlb_->rst_ni = 0;
    step();
    tlb_->rst_ni = 1;
  }

  uint64_t below(uint64_t limit) { return random_() % limit; }

  // What a look-up says; with `use`, it also counts as a use of the entry.
  std::optional<Answer> lookup(uint32_t vpn, uint32_t asid, bool use = false) {
    tlb_->lookup_i = 1;
    tlb_->vpn_i = vpn;
    tlb_->asid_i = asid;
    tlb_->eval();
    std::optional<Answer> answer;
    if (tlb_->hit_o != 0) answer = Answer{tlb_->ppn_o, tlb_->flags_o};
    if (use) step();
    tlb_->lookup_i = 0;
    tlb_->eval();
    EXPECT_EQ(tlb_->hit_o, 0);
    return answer;
  }

  void set_fill(const Page& page) {
    tlb_->fill_i = 1;
    tlb_->fill_vpn_i = page.vpn;
    tlb_->fill_asid_i = page.asid;
    tlb_->fill_ppn_i = page.ppn;
    tlb_->fill_flags_i = page.flags;
    tlb_->fill_level_i = page.level;
  }

  void fill(const Page& page) {
    set_fill(page);
    step();
    tlb_->fill_i = 0;
  }

  void flush(const Flush& flush) {
    tlb_->flush_i = 1;
    tlb_->flush_vaddr_valid_i = flush.vpn.has_value();
    tlb_->flush_vpn_i = flush.vpn.value_or(random_() & 0x7ffffff);
    tlb_->flush_asid_valid_i = flush.asid.has_value();
    tlb_->flush_asid_i = flush.asid.value_or(random_() & 0xffff);
    step();
    tlb_->flush_i = 0;
  }

  // Few page numbers and ASIDs, so that pages often meet.
  uint32_t some_vpn() {
    const uint32_t upper = below(3) == 0 ? 0x155 : below(2);
    return upper << 18 | static_cast<uint32_t>(below(3)) << 9 | static_cast<uint32_t>(below(6));
  }
  uint32_t some_asid() { return below(8) == 0 ? 0x8001 : below(3); }

  Page some_page() {
    Page page;
    page.vpn = some_vpn();
    page.asid = some_asid();
    page.level = below(8) == 0 ? 1 + below(2) : 0;
    page.ppn = (random_() & 0xfffffffffff) & ~uint64_t{page.pages() - 1};
    page.flags = random_() & (below(4) == 0 ? 0xff : 0xff & ~kGlobal);
    return page;
  }

  Flush some_flush() {
    Flush flush;
    if (below(8) != 0) flush.vpn = some_vpn();
    if (below(2) == 0) flush.asid = some_asid();
    return flush;
  }

  // A look-up that has to find this page, if it is there.
  std::optional<Answer> find(const Page& page, bool use = false) {
    const uint32_t offset = below(page.pages());
    const uint32_t asid = page.global() ? random_() & 0xffff : page.asid;
    const auto answer = lookup(page.first() + offset, asid, use);
    if (answer) {
      EXPECT_EQ(answer->ppn, page.ppn + offset);
      EXPECT_EQ(answer->flags, page.flags);
    }
    return answer;
  }

  void step() {
    tlb_->clk_i = 0;
    tlb_->eval();
    tlb_->clk_i = 1;
    tlb_->eval();
  }

 private:
  std::unique_ptr<Vtlb> tlb_ = std::make_unique<Vtlb>();
  std::mt19937_64 random_{1};
};

TEST_F(TlbTest, EmptyAfterReset) {
  EXPECT_FALSE(lookup(0, 0));
  EXPECT_FALSE(lookup(0x7ffffff, 0xffff));
}

TEST_F(TlbTest, Superpages) {
  fill({0x155 << 18 | 0x0aa55, 7, uint64_t{0x12345} << 18, 0xcf, 2});
  EXPECT_EQ(lookup(0x155 << 18 | 0x3ffff, 7), (Answer{uint64_t{0x12345} << 18 | 0x3ffff, 0xcf}));
  EXPECT_FALSE(lookup(0x154 << 18 | 0x3ffff, 7));
  EXPECT_FALSE(lookup(0x155 << 18, 6));
  fill({0x77 << 9 | 3, 7, uint64_t{0x1234567} << 9, 0xdf, 1});
  EXPECT_EQ(lookup(0x77 << 9 | 0x1ff, 7), (Answer{uint64_t{0x1234567} << 9 | 0x1ff, 0xdf}));
  EXPECT_FALSE(lookup(0x78 << 9, 7));
}

TEST_F(TlbTest, Random) {
  std::vector<Page> inside;
  std::map<std::string, int> seen;
  std::optional<Page> used;  // the last one, while it must not be displaced
  for (int i = 0; i < 20000; ++i) {
    const uint64_t what = below(16);
    bool may_displace = false;
    if (what == 0 && below(4) == 0) {
      inside.clear();
      flush({});
      ++seen["flush all"];
    } else if (what < 3) {
      const Flush dropped = some_flush();
      flush(dropped);
      const size_t gone =
          std::erase_if(inside, [&](const Page& page) { return dropped.drops(page); });
      if (gone != 0) ++seen[dropped.asid ? "flush ASID" : "flush address"];
      if (gone > 1) ++seen["flush several"];
    } else if (what < 8) {
      const Page page = some_page();
      const size_t gone =
          std::erase_if(inside, [&](const Page& old) { return old.overlaps(page); });
      if (gone > 1) ++seen["fill over several"];
      if (gone == 1) ++seen["fill again"];
      may_displace = inside.size() == kEntries;
      fill(page);
      if (used && used->overlaps(page)) used.reset();
      inside.push_back(page);
      ASSERT_TRUE(find(page));
    } else if (!inside.empty()) {
      const Page page = inside[below(inside.size())];
      ASSERT_TRUE(find(page, /*use=*/true));
      used = page;
    }

    // Everything that was there is there, but for one page displaced by a fill of a full TLB
    const size_t displaced = std::erase_if(inside, [&](const Page& page) { return !find(page); });
    ASSERT_EQ(displaced, may_displace ? 1 : 0) << "step " << i;
    if (displaced != 0) ++seen["displaced"];
    if (may_displace && used) {
      ASSERT_TRUE(find(*used)) << "the page used last was displaced";
      ++seen["kept"];
    }
    if (what < 8) used.reset();

    // and nothing else
    const uint32_t vpn = some_vpn();
    const uint32_t asid = some_asid();
    const bool known = std::any_of(inside.begin(), inside.end(), [&](const Page& page) {
      return page.covers(vpn) && (page.global() || page.asid == asid);
    });
    ASSERT_EQ(lookup(vpn, asid).has_value(), known) << "step " << i;
  }
  for (const char* what : {"flush all", "flush ASID", "flush address", "flush several", "displaced",
                           "fill again", "fill over several", "kept"}) {
    EXPECT_GT(seen[what], 50) << what;
  }
}

// Whichever entry was used last stays when a page comes into a TLB whose entries were all used.
TEST_F(TlbTest, LastUsedStays) {
  for (unsigned last = 0; last < kEntries; ++last) {
    flush({});
    for (uint32_t vpn = 0; vpn < kEntries; ++vpn) fill({vpn, 1, vpn, 0xcf, 0});
    for (uint32_t vpn = 0; vpn < kEntries; ++vpn) EXPECT_TRUE(lookup(vpn, 1, /*use=*/true));
    EXPECT_TRUE(lookup(last, 1, /*use=*/true));
    fill({kEntries, 1, 0, 0xcf, 0});
    EXPECT_TRUE(lookup(kEntries, 1));
    EXPECT_TRUE(lookup(last, 1)) << last;
  }
}

TEST_F(TlbTest, LastFilledStays) {
  for (uint32_t vpn = 0; vpn < 4 * kEntries; ++vpn) {
    fill({vpn, 1, vpn, 0xcf, 0});
    EXPECT_TRUE(vpn == 0 || lookup(vpn - 1, 1)) << vpn;
  }
}

TEST_F(TlbTest, FlushWinsOverFill) {
  set_fill({5, 1, 6, 0xcf, 0});
  flush({});
  fill({9, 1, 6, 0xcf, 0});
  EXPECT_FALSE(lookup(5, 1));
  EXPECT_TRUE(lookup(9, 1));
}

}  // namespace
}  // namespace zext::rtl_sim
