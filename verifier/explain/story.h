// Story: what a message is about, and the names of what it mentions.
//
//   const Story story{program, subject, verdict.rejection};
//   place(program, pc)                // "filter.c:41:7"
//   helper_name(subject, 1)           // "bpf_map_lookup_elem"
#pragma once

#include <string>

#include "object/program.h"
#include "verifier/platform/kfunc.h"
#include "verifier/subject.h"
#include "verifier/verdict.h"

namespace zext::verifier {

struct Story {
  const object::Program& program;
  const Subject& subject;
  const Rejection& rejection;

  // The instruction at fault, or null where the rejection is about none.
  const ebpf::Instruction<>* instruction() const;
};

// "filter.c:41:7", or the function's name and the slot where there is no line information.
std::string place(const object::Program& program, uint32_t pc);
// "filter.c:41", or "instruction 7": for places beside the one that place() gave whole.
std::string short_place(const object::Program& program, uint32_t pc);
// The file's name without its folders.
std::string base_name(const std::string& file);
// The instruction as text, with the name of what it calls.
std::string instruction_text(const object::Program& program, const Subject& subject, uint32_t pc);

// "bpf_map_lookup_elem", or "helper 999".
// What is known of a function of the kernel, by the number that rejections give it; or null.
const Helper* kernel_function(uint32_t number);
std::string helper_name(const Subject& subject, uint32_t number);
// "sum", or "the function at 12".
std::string function_name(const object::Program& program, uint32_t entry);
// What a call at pc calls; empty where there is no call.
std::string callee_name(const object::Program& program, const Subject& subject, uint32_t pc);
// "the socket's structure bpf_sock", "the context": what fields are of.
std::string structure_name(const Subject& subject, const RegisterFact& fact);
std::span<const Field> fields_of(const Subject& subject, const RegisterFact& fact);

// "a value of map 'flows', or 0": what a register holds, in a sentence.
std::string held_text(const RegisterFact& fact, const Subject& subject);
// "1 byte", "12 bytes".
std::string count_bytes(int64_t count);
// "14", or "14..266".
std::string range_text(int64_t low, int64_t high);
// "an address in the packet": what a type is, in a sentence.
std::string noun(Type type);

}  // namespace zext::verifier
