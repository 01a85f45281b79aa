#include "jit/listing.h"

#include <algorithm>
#include <cstdio>

#include "isa/ebpf/disasm.h"
#include "isa/rv64/decode.h"
#include "isa/rv64/disasm.h"

namespace zext::jit {
namespace {

template <class... Values>
void print(std::string& text, const char* format, Values... values) {
  char line[64];
  std::snprintf(line, sizeof line, format, values...);
  text += line;
}

class Writer {
 public:
  Writer(const ebpf::Code& program, const Code& code, const ListingOptions& options)
      : program_(program), code_(code), options_(options) {}

  std::string write() {
    for (size_t i = 0; i < code_.lines.size(); ++i) {
      const LineEntry& entry = code_.lines[i];
      if (entry.pc == LineEntry::kPrologue) {
        text_ += "      (prologue)\n";
      } else if (entry.pc == LineEntry::kEpilogue) {
        text_ += "      (epilogue)\n";
      } else {
        instruction(entry.pc);
      }
      const uint32_t end = i + 1 < code_.lines.size() ? code_.lines[i + 1].offset
                                                      : static_cast<uint32_t>(code_.bytes.size());
      machine_code(entry.offset, end);
    }
    return std::move(text_);
  }

 private:
  // The eBPF instructions up to `pc` that are not printed yet: those before it have no code.
  void instruction(uint32_t pc) {
    if (pc < next_pc_) next_pc_ = pc;
    for (; next_pc_ <= pc; next_pc_ = program_.next(next_pc_)) {
      source(next_pc_);
      print(text_, "%6u  ", next_pc_);
      text_ += ebpf::disassemble(program_.insns[next_pc_], next_pc_, ebpf::Style::kExact) + "\n";
    }
  }

  void source(uint32_t pc) {
    const auto line = std::lower_bound(
        options_.lines.begin(), options_.lines.end(), pc,
        [](const object::Line& candidate, uint32_t slot) { return candidate.slot < slot; });
    if (line == options_.lines.end() || line->slot != pc) return;
    text_ += "; " + line->file + ":" + std::to_string(line->line) + ":" +
             std::to_string(line->column) + "   " + line->text + "\n";
  }

  void machine_code(uint32_t offset, uint32_t end) {
    while (offset < end) {
      uint32_t bits = 0;
      for (uint32_t i = 0; i < 4 && offset + i < end; ++i) {
        bits |= uint32_t{code_.bytes[offset + i]} << (8 * i);
      }
      const auto decoded = rv64::decode(bits);
      const uint64_t address = options_.text_address + offset;
      const unsigned bytes = decoded ? decoded->bytes : 2;
      print(text_, "        %8llx  ", static_cast<unsigned long long>(address));
      if (bytes == 2) {
        print(text_, "%04x          ", bits & 0xffff);
      } else {
        print(text_, "%08x      ", bits);
      }
      text_ += decoded ? rv64::disassemble(*decoded, address) : "(not an instruction)";
      text_ += "\n";
      offset += bytes;
    }
  }

  const ebpf::Code& program_;
  const Code& code_;
  const ListingOptions& options_;
  std::string text_;
  uint32_t next_pc_ = 0;
};

}  // namespace

std::string listing(const ebpf::Code& program, const Code& code, const ListingOptions& options) {
  return Writer(program, code, options).write();
}

}  // namespace zext::jit
