// Where this program spends its time, by sampling itself: a timer interrupts it a thousand times a
// second and notes the address it was at. Needs no privileges and no other tool.
//
//   Profile profile;
//   work();
//   for (const auto& [module, share] : shares(profile.stop(), module_of)) ...
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace zext::bench {

// One at a time.
class Profile {
 public:
  // Starts sampling.
  Profile();
  Profile(const Profile&) = delete;
  Profile& operator=(const Profile&) = delete;
  ~Profile();

  // Ends it. The addresses are those of this program's ELF file, 0 for those outside of it.
  std::vector<uint64_t> stop();
};

// The functions of an ELF file by their addresses.
class Functions {
 public:
  // Of this program.
  static Functions own();

  explicit Functions(std::map<uint64_t, std::string> names) : names_(std::move(names)) {}

  // As the linker knows it (mangled); empty before the first.
  std::string_view at(uint64_t address) const;

 private:
  std::map<uint64_t, std::string> names_;
};

// The SystemVerilog file from which Verilator (--prof-cfuncs) made the function: "decode" for
// ...__PROF__decode__l42...; "(scheduling)" for other generated functions, else "(model)".
std::string module_of(std::string_view function);

// The share of each module, from 0 to 1. Without "(scheduling)": that is little but calls, of which
// a model made for profiling has hundreds where the model proper has one.
std::map<std::string, double> module_shares(const std::vector<uint64_t>& samples,
                                            const Functions& functions);

}  // namespace zext::bench
