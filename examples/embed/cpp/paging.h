// Paging: Sv39 with one table, in which the kernel and its process both are: RAM at its physical
// addresses, by pages of 4 KiB, each with the rights that it needs; and a window in which pages of
// RAM are seen at other addresses.
//
//   paging.start();
//   paging.protect(text, size, Rights::kExecute);
//   void* ring = paging.map_window(size, [&](uint64_t at) { return frame_of(at); },
//   Rights::kWrite);
#pragma once

#include <cstdint>

namespace embed {

enum class Rights : uint64_t {
  kNone = 0,
  kRead = 0x43,     // A R V
  kWrite = 0xc7,    // D A W R V
  kExecute = 0x4b,  // A X R V
  kUser = 0xdf,     // D A U X W R V
  kUserWrite = 0xd7,
};

inline constexpr uint64_t kPage = 4096;

class Paging {
 public:
  // Turns translation on.
  void start();
  // Of whole pages of RAM.
  void protect(uint64_t address, uint64_t size, Rights rights);
  // Addresses for `size` bytes, or 0; page i of them is the frame at frames(i).
  template <typename Frames>
  uint64_t map_window(uint64_t size, Frames frames, Rights rights) {
    const uint64_t address = find_window(size);
    if (address == 0) return 0;
    for (uint64_t i = 0; i < size / kPage; ++i) set(address + i * kPage, frames(i), rights);
    flush();
    return address;
  }
  void unmap_window(uint64_t address, uint64_t size);
  // The frame behind an address of the window.
  uint64_t frame_at(uint64_t address) const;

 private:
  static constexpr uint64_t kEntries = 512;
  static constexpr uint64_t kRam = 0x8000'0000;
  static constexpr uint64_t kRamTables = 32;  // of 2 MiB each
  static constexpr uint64_t kWindow = 0xc000'0000;
  static constexpr uint64_t kWindowTables = 8;

  using Table = uint64_t[kEntries];

  uint64_t& entry(uint64_t address);
  void set(uint64_t address, uint64_t frame, Rights rights);
  uint64_t find_window(uint64_t size) const;
  static void flush();

  alignas(kPage) Table top_{};
  alignas(kPage) Table ram_middle_{};
  alignas(kPage) Table window_middle_{};
  alignas(kPage) Table ram_[kRamTables]{};
  alignas(kPage) Table window_[kWindowTables]{};
};

}  // namespace embed
