// From the programs of a BPF object to the Subjects that verify() is asked about.
//
//   auto builder = SubjectBuilder::of(object, kernel);           // kernel may be null
//   auto subject = builder->build(program, code, *platform);
//   if (!subject) return fail(subject.error().to_string());
//   const Verdict verdict = verify(subject->subject());
//
// Hosted: it allocates, and reads BTF by libbpf. The verifier itself needs plain data only. The
// Subjects of one builder share the types it has converted: they are for one thread at a time.
#pragma once

#include <expected>
#include <memory>

#include "isa/ebpf/decode.h"
#include "object/error.h"
#include "object/program.h"
#include "verifier/subject.h"
#include "verifier/subject/kernel.h"

namespace zext::verifier {

// Owns all that a Subject points to, but for the object, the code, the platform and the kernel.
class SubjectOwner {
 public:
  struct Parts;

  explicit SubjectOwner(std::unique_ptr<Parts> parts);
  SubjectOwner(SubjectOwner&&) noexcept;
  SubjectOwner& operator=(SubjectOwner&&) noexcept;
  ~SubjectOwner();

  // Valid as long as this, also after a move.
  const Subject& subject() const;

 private:
  std::unique_ptr<Parts> parts_;
};

class SubjectBuilder {
 public:
  struct Shared;

  // `kernel` gives the types of the kernel that is to run the programs, for what the object's own
  // do not say. Both must outlive the builder and what it builds. Errors: the BTF is malformed.
  static std::expected<SubjectBuilder, object::Error> of(const object::Object& object,
                                                         const Kernel* kernel = nullptr);

  // `code` is what program.slots decode to. Errors: the program is broken; or the kernel function
  // that it traces is not known.
  std::expected<SubjectOwner, object::Error> build(const object::Program& program,
                                                   const ebpf::Code& code,
                                                   const Platform& platform) const;

 private:
  explicit SubjectBuilder(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

  std::shared_ptr<Shared> shared_;
};

// The same for one program.
std::expected<SubjectOwner, object::Error> build(const object::Object& object,
                                                 const object::Program& program,
                                                 const ebpf::Code& code, const Platform& platform,
                                                 const Kernel* kernel = nullptr);

}  // namespace zext::verifier
