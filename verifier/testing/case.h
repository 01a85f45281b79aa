// Case: a program with all that verify() asks about, as a few lines of text in a file.
//
//   == a lookup is not compared with 0 | xdp | null-pointer
//   map flows type=hash key=4 value=8 entries=16
//   ; filter.c:19:3 u32 key = 0;
//   *(u32 *)(r10 - 4) = 0
//   r1 = map flows
//   ...
//
//   for (const Case& tested : read_cases("verifier/testdata/packet.txt")) {
//     const auto ready = prepare(tested);            // or what is wrong with the text
//     const Verdict verdict = verify((*ready)->subject(), tested.options);
//   }
//
// A case begins with "== name | platform | expected". Lines that begin with # are comments. Then:
//
//   option WORD...       unprivileged, privileged, strict-alignment, sleepable, proprietary,
//                        record, steps=N, states=N
//   map NAME type=hash key=4 value=8 entries=16 [flags=N] [lock=0] [timer=16] [kptr=24:task]
//       [refkptr=32:task] [other=40:8] [rdonly] [wronly] [inner=NAME] [data=0102ff]
//   type NAME BYTES MEMBER...      a kernel type; a member is name@OFFSET: and BYTES, *TYPE (a
//                                  pointer to one), =TYPE (one inside), address, or user
//   argument PARAMETER             Entry::kBtf: the traced function's next argument
//   function NAME [global] [void] [PARAMETER...]   starts here; also a label, for `call NAME`
//   kfunc NUMBER NAME PARAMETERS [missing]     a function of the kernel, for `call btf NUMBER`
//   variable NUMBER NAME PARAMETER [percpu] [weak] [missing]    for `ld_pseudo rN, 3, NUMBER`
//   ; file.c:12:3 text             the C line of what follows
//   %packet N, %out, %forget       see testdata/packet.txt and testdata/loops.txt
//
// Everything else is assembler (isa/ebpf/asm.h), and `rN = map NAME`, `rN = value NAME + N`. A
// PARAMETER is number, context, unknown, memory:BYTES, memory:BYTES:not0, object:TYPE,
// object:TYPE:not0.
//
// A line "-- word" begins a section of other text, kept as it is in Case::sections; "-- code" goes
// back to the program.
#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "isa/ebpf/decode.h"
#include "object/program.h"
#include "verifier/options.h"
#include "verifier/subject.h"

namespace zext::verifier {

struct Case {
  std::string name;
  std::string platform;
  std::string expected;
  std::string code;  // the lines up to the first section
  std::map<std::string, std::string> sections;
  Options options;  // with what `option` lines ask for
};

// What a case is when nothing else is said: unprivileged, 20,000 steps.
Options case_options();

// The cases of a file. A file that cannot be read has none.
std::vector<Case> read_cases(const std::string& file, const Options& options = case_options());
std::vector<Case> parse_cases(const std::string& text, const Options& options = case_options());

// A case's program and all that it names.
class Prepared {
 public:
  // Valid as long as this.
  Subject subject() const;

  object::Program program;  // functions, C lines, slots
  ebpf::Code code;
  const Platform* platform = nullptr;
  std::vector<Map> maps;  // in the order of their lines; numbers are places
  std::vector<Function> functions;
  std::vector<Parameter> arguments;
  std::vector<KernelFunction> kernel_functions;
  std::vector<KernelVariable> variables;
  bool sleepable = false;
  bool gpl_compatible = true;

 private:
  friend class Reader;
  struct NamedType {
    std::string name;
    std::vector<Member> members;
    TypeInfo info;
  };
  std::deque<std::string> names_;
  std::deque<std::vector<SpecialField>> fields_;
  std::deque<std::vector<uint8_t>> constants_;
  std::deque<NamedType> types_;  // BTF id 1 is the first
};

// Errors: the line that says nothing, an unknown platform or name, what the assembler found.
std::expected<std::unique_ptr<Prepared>, std::string> prepare(const Case& made);

// "accept", "resource-limit", or the reason's id.
std::string verdict_of(const Case& tested);

}  // namespace zext::verifier
