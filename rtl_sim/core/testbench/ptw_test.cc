// ptw against the algorithm of the privileged manual (4.3.2), on random page tables.
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <memory>
#include <random>
#include <string>

#include "Vptw.h"

namespace zext::rtl_sim {
namespace {

constexpr uint64_t kV = 1 << 0;
constexpr uint64_t kR = 1 << 1;
constexpr uint64_t kW = 1 << 2;
constexpr uint64_t kX = 1 << 3;
constexpr uint64_t kU = 1 << 4;
constexpr uint64_t kG = 1 << 5;
constexpr uint64_t kA = 1 << 6;
constexpr uint64_t kD = 1 << 7;
constexpr uint64_t kPpnMask = (uint64_t{1} << 44) - 1;

enum Access : unsigned { kFetch, kLoad, kStore };
enum Mode : unsigned { kUser, kSupervisor };

struct Request {
  uint32_t vpn = 0;
  Access access = kLoad;
  Mode mode = kUser;
};

struct State {
  uint64_t satp_ppn = 0;
  bool sum = false;
  bool mxr = false;
};

struct Outcome {
  bool page_fault = false;
  bool access_fault = false;
  uint64_t ppn = 0;
  unsigned flags = 0;
  unsigned level = 0;
  std::string why;
};

// Random page tables: few pages whose entries point at each other, at memory that is not there, or
// at nothing in particular. What an entry holds at first depends on its address and the seed alone.
class Tables {
 public:
  explicit Tables(uint64_t seed) : seed_(seed) {
    std::mt19937_64 random(seed);
    for (uint64_t& page : pages_) page = random() & kPpnMask;
  }

  uint64_t page(uint64_t number) const { return pages_.at(number % pages_.size()); }

  uint64_t read(uint64_t addr) const {
    const auto written = written_.find(addr);
    return written == written_.end() ? initial(addr) : written->second;
  }
  void write(uint64_t addr, uint64_t value) { written_[addr] = value; }

  // PMP or the end of memory
  static bool may_read(uint64_t addr) { return addr / 8 % 32 != 5; }
  static bool may_write(uint64_t addr) { return addr / 8 % 8 != 6; }

  const std::map<uint64_t, uint64_t>& written() const { return written_; }

 private:
  uint64_t initial(uint64_t addr) const {
    std::mt19937_64 random(seed_ + addr);
    const auto one_in = [&](uint64_t n) { return random() % n == 0; };
    uint64_t flags = kV;
    uint64_t ppn = page(random());
    if (one_in(2)) {
      if (one_in(8)) flags |= kG;
      if (one_in(16)) flags |= random() & (kD | kA | kU);
    } else {
      flags |= random() & 0xff;
      if (!one_in(8)) flags |= kA | kR;
      ppn = random() & kPpnMask;
      if (!one_in(4)) ppn &= ~uint64_t{0x3ffff};
      if (one_in(4)) ppn |= uint64_t{1} << random() % 18;
    }
    if (one_in(32)) flags &= ~kV;
    const uint64_t reserved = one_in(32) ? uint64_t{1} << (54 + random() % 10) : 0;
    const uint64_t software = random() & 0x300;  // ignored
    return reserved | ppn << 10 | software | flags;
  }

  uint64_t seed_;
  std::array<uint64_t, 6> pages_{};
  std::map<uint64_t, uint64_t> written_;
};

// Step 6 of the algorithm: "the access type, the current mode, SUM and MXR".
bool permitted(uint64_t pte, const Request& request, const State& state) {
  const bool user_page = (pte & kU) != 0;
  if (request.mode == kUser && !user_page) return false;
  if (request.mode == kSupervisor && user_page && (request.access == kFetch || !state.sum)) {
    return false;
  }
  switch (request.access) {
    case kFetch:
      return (pte & kX) != 0;
    case kLoad:
      return (pte & kR) != 0 || (state.mxr && (pte & kX) != 0);
    case kStore:
      return (pte & kW) != 0;
  }
  return false;
}

Outcome page_fault(const char* why) { return {.page_fault = true, .why = why}; }
Outcome access_fault(const char* why) { return {.access_fault = true, .why = why}; }

// Steps 7 to 9: the leaf at `addr` was found at this level.
Outcome finish(Tables& tables, uint64_t addr, unsigned level, bool global, const Request& request,
               const State& state) {
  uint64_t pte = tables.read(addr);
  const uint64_t ppn = pte >> 10;
  if (!permitted(pte, request, state)) return page_fault("not permitted");
  if (ppn % (uint64_t{1} << 9 * level) != 0) return page_fault("misaligned superpage");
  const uint64_t needed = request.access == kStore ? kA | kD : kA;
  const bool stale = (pte & needed) != needed;
  if (stale) {
    if (!Tables::may_write(addr)) return access_fault("entry read-only");
    pte |= needed;
    tables.write(addr, pte);
  }
  const auto flags = static_cast<unsigned>(pte & 0xff) | static_cast<unsigned>(global ? kG : 0);
  constexpr std::array kLevels = {"page", "2 MiB", "1 GiB"};
  return {.ppn = ppn, .flags = flags, .level = level, .why = stale ? "A/D set" : kLevels.at(level)};
}

Outcome walk(Tables& tables, const Request& request, const State& state) {
  uint64_t table = state.satp_ppn;
  bool global = false;
  for (int level = 2; level >= 0; --level) {
    const uint64_t addr = table << 12 | (request.vpn >> 9 * level & 0x1ff) << 3;
    if (!Tables::may_read(addr)) return access_fault("entry unreadable");
    const uint64_t pte = tables.read(addr);
    if ((pte & kV) == 0) return page_fault("not valid");
    if ((pte & kR) == 0 && (pte & kW) != 0) return page_fault("W without R");
    if (pte >> 54 != 0) return page_fault("reserved bits");
    if ((pte & (kR | kX)) != 0) return finish(tables, addr, level, global, request, state);
    if ((pte & (kD | kA | kU)) != 0) return page_fault("pointer with D, A or U");
    global = global || (pte & kG) != 0;
    table = pte >> 10;
  }
  return page_fault("pointer at the last level");
}

class PtwTest : public testing::Test {
 protected:
  PtwTest() {
    ptw_->rst_ni = 0;
    step();
    ptw_->rst_ni = 1;
    step();
  }

  uint64_t below(uint64_t limit) { return random_() % limit; }

  void step() {
    ptw_->clk_i = 0;
    ptw_->eval();
    ptw_->clk_i = 1;
    ptw_->eval();
  }

  State some_state(const Tables& tables) {
    return {tables.page(random_()), below(2) == 0, below(2) == 0};
  }

  Request some_request() {
    uint32_t vpn = 0;
    for (int level = 0; level < 3; ++level) vpn = vpn << 9 | below(4) << 7 | below(12);
    return {vpn, static_cast<Access>(below(3)), below(2) == 0 ? kUser : kSupervisor};
  }

  void set(const State& state) {
    ptw_->satp_ppn_i = state.satp_ppn;
    ptw_->sum_i = state.sum;
    ptw_->mxr_i = state.mxr;
  }

  void ask(const Request& request) {
    if (request.access == kFetch) {
      ptw_->i_req_i = 1;
      ptw_->i_vpn_i = request.vpn;
      ptw_->i_mode_i = request.mode;
    } else {
      ptw_->d_req_i = 1;
      ptw_->d_vpn_i = request.vpn;
      ptw_->d_mode_i = request.mode;
      ptw_->d_store_i = request.access == kStore;
    }
  }

  // Serves memory until the walk is done. Afterwards the request is withdrawn.
  Outcome run(Tables& tables, bool fetch, bool begun = false) {
    EXPECT_EQ(ptw_->busy_o, begun ? 1 : 0);
    if (begun) serve(tables);
    for (int cycle = 0; cycle < 1000; ++cycle) {
      step();
      EXPECT_EQ(ptw_->busy_o, 1);
      if (ptw_->d_done_o != 0 || ptw_->i_done_o != 0) return take(fetch);
      serve(tables);
    }
    ADD_FAILURE() << "the walk does not end";
    return {};
  }

  Vptw& ptw() { return *ptw_; }

 private:
  // Answers a memory request at the next edge, or after a while.
  void serve(Tables& tables) {
    ptw_->mem_done_i = 0;
    ptw_->mem_rdata_i = random_();
    ptw_->mem_err_i = below(2);
    if (ptw_->mem_req_o == 0) {
      latency_ = 0;
      pending_ = 0;
      return;
    }
    const uint64_t addr = ptw_->mem_addr_o;
    if (latency_ == 0) latency_ = 1 + below(2) * below(4);
    EXPECT_TRUE(pending_ == 0 || pending_ == addr) << "changed before it was done";
    pending_ = addr;
    if (--latency_ != 0) return;
    pending_ = 0;
    ptw_->mem_done_i = 1;
    if (ptw_->mem_we_o != 0) {
      ptw_->mem_err_i = Tables::may_write(addr) ? 0 : 1;
      if (ptw_->mem_err_i == 0) tables.write(addr, ptw_->mem_wdata_o);
    } else {
      ptw_->mem_err_i = Tables::may_read(addr) ? 0 : 1;
      if (ptw_->mem_err_i == 0) ptw_->mem_rdata_i = tables.read(addr);
    }
  }

  Outcome take(bool fetch) {
    EXPECT_EQ(ptw_->d_done_o, fetch ? 0 : 1);
    EXPECT_EQ(ptw_->i_done_o, fetch ? 1 : 0);
    const Outcome result = {.page_fault = ptw_->page_fault_o != 0,
                            .access_fault = ptw_->access_fault_o != 0,
                            .ppn = ptw_->ppn_o,
                            .flags = ptw_->flags_o,
                            .level = ptw_->level_o,
                            .why = ""};
    ptw_->mem_done_i = 0;
    step();  // the requester sees done at this edge
    (fetch ? ptw_->i_req_i : ptw_->d_req_i) = 0;
    ptw_->eval();
    EXPECT_EQ(ptw_->d_done_o + ptw_->i_done_o, 0);
    return result;
  }

  std::unique_ptr<Vptw> ptw_ = std::make_unique<Vptw>();
  std::mt19937_64 random_{1};
  uint64_t latency_ = 0;
  uint64_t pending_ = 0;
};

void expect_same(const Outcome& got, const Outcome& wanted) {
  EXPECT_EQ(got.page_fault, wanted.page_fault);
  EXPECT_EQ(got.access_fault, wanted.access_fault);
  if (wanted.page_fault || wanted.access_fault) return;
  EXPECT_EQ(got.ppn, wanted.ppn);
  EXPECT_EQ(got.flags, wanted.flags);
  EXPECT_EQ(got.level, wanted.level);
}

TEST_F(PtwTest, Random) {
  std::map<std::string, int> seen;
  for (uint64_t seed = 0; seed < 400; ++seed) {
    Tables tables(seed);
    Tables reference(seed);
    for (int i = 0; i < 100; ++i) {
      const State state = some_state(tables);
      const Request request = some_request();
      const Outcome wanted = walk(reference, request, state);
      set(state);
      ask(request);
      expect_same(run(tables, request.access == kFetch), wanted);
      EXPECT_EQ(tables.written(), reference.written());
      ASSERT_FALSE(HasFailure()) << "seed " << seed << " walk " << i << ": " << wanted.why;
      ++seen[wanted.why];
    }
  }
  for (const char* why :
       {"entry unreadable", "not valid", "W without R", "reserved bits", "pointer with D, A or U",
        "pointer at the last level", "not permitted", "misaligned superpage", "entry read-only",
        "A/D set", "page", "2 MiB", "1 GiB"}) {
    EXPECT_GT(seen[why], 50) << why;
  }
}

// Both ask at once: data's walk is first, fetch's follows.
TEST_F(PtwTest, DataFirst) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Tables tables(seed);
    Tables reference(seed);
    const State state = some_state(tables);
    Request data = some_request();
    if (data.access == kFetch) data.access = kStore;
    Request fetch = some_request();
    fetch.access = kFetch;
    set(state);
    ask(fetch);
    ask(data);
    expect_same(run(tables, /*fetch=*/false), walk(reference, data, state));
    expect_same(run(tables, /*fetch=*/true), walk(reference, fetch, state));
    EXPECT_EQ(tables.written(), reference.written());
    ASSERT_FALSE(HasFailure()) << "seed " << seed;
  }
}

// Whoever asked for a page turns to another one: the walk ends with what it began with.
TEST_F(PtwTest, KeepsWhatItBeganWith) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Tables tables(seed);
    Tables reference(seed);
    const State state = some_state(tables);
    Request request = some_request();
    request.access = kFetch;
    set(state);
    ask(request);
    step();
    Request other = some_request();
    other.access = kFetch;
    ask(other);
    ptw().i_req_i = 0;
    expect_same(run(tables, /*fetch=*/true, /*begun=*/true), walk(reference, request, state));
    ASSERT_FALSE(HasFailure()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace zext::rtl_sim
