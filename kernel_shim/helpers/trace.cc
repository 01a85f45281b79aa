// Text for people: the trace, buffers, seq_files.
#include <errno.h>

#include "kernel_shim/helpers/format.h"
#include "kernel_shim/helpers/functions.h"

namespace zext::shim::helpers {
namespace {

// A line of this CPU's, of which it can make several at once: a probe in the host's own printing
// may print as well. Linux, where it has no room left, says -EBUSY.
class Line {
 public:
  explicit Line(Run& run) : run_(run), cpu_(run.kernel.cpu()), depth_(cpu_.text_depth++) {}
  ~Line() { --cpu_.text_depth; }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  int64_t print(const char* text, uint64_t size, const uint64_t* values, uint32_t count) {
    if (depth_ >= sizeof cpu_.text / sizeof cpu_.text[0]) return -EBUSY;
    char* line = cpu_.text[depth_];
    constexpr uint64_t kRoom = sizeof cpu_.text[0];
    const Host& host = run_.kernel.host();
    const int64_t length = format(host, line, kRoom, text, size, values, count);
    if (length < 0) return length;
    const auto all = static_cast<uint64_t>(length);
    host.trace_output(line, all < kRoom ? all : kRoom - 1);
    return length;
  }

 private:
  Run& run_;
  Cpu& cpu_;
  uint32_t depth_;
};

// The values of bpf_trace_vprintk and its kin.
struct Values {
  const uint64_t* values;
  uint32_t bytes;
  bool valid() const {
    return bytes % sizeof(uint64_t) == 0 && bytes <= kMaxFormatValues * sizeof(uint64_t) &&
           (bytes == 0 || values != nullptr);
  }
  uint32_t count() const { return bytes / sizeof(uint64_t); }
};

Values values_of(uint64_t address, uint64_t bytes) {
  return {.values = pointer<const uint64_t>(address), .bytes = static_cast<uint32_t>(bytes)};
}

// The beginning of Linux's struct seq_file.
struct SeqFile {
  char* buffer;
  uint64_t size;
  uint64_t from;
  uint64_t count;
  // Linux: a full file has count == size.
  bool add(const char* text, uint64_t length) {
    if (count + length >= size) {
      count = size;
      return false;
    }
    __builtin_memcpy(buffer + count, text, length);
    count += length;
    return true;
  }
};

}  // namespace

uint64_t trace_printk(Run& run, const Arguments& arguments) {
  return result(Line(run).print(pointer<const char>(arguments[0]),
                                static_cast<uint32_t>(arguments[1]), &arguments[2], 3));
}

uint64_t trace_vprintk(Run& run, const Arguments& arguments) {
  const Values values = values_of(arguments[2], arguments[3]);
  if (!values.valid()) return result(-EINVAL);
  return result(Line(run).print(pointer<const char>(arguments[0]),
                                static_cast<uint32_t>(arguments[1]), values.values,
                                values.count()));
}

// The format is a constant string: it has a NUL. The length is with the NUL.
uint64_t snprintf(Run& run, const Arguments& arguments) {
  const Values values = values_of(arguments[3], arguments[4]);
  if (!values.valid()) return result(-EINVAL);
  const int64_t length =
      format(run.kernel.host(), pointer<char>(arguments[0]), static_cast<uint32_t>(arguments[1]),
             pointer<const char>(arguments[2]), ~uint32_t{0}, values.values, values.count());
  return result(length < 0 ? length : length + 1);
}

uint64_t seq_printf(Run& run, const Arguments& arguments) {
  const Values values = values_of(arguments[3], arguments[4]);
  if (!values.valid()) return result(-EINVAL);
  auto& file = *pointer<SeqFile>(arguments[0]);
  const uint64_t room = file.size - file.count;
  const int64_t length = format(run.kernel.host(), room == 0 ? nullptr : file.buffer + file.count,
                                room, pointer<const char>(arguments[1]),
                                static_cast<uint32_t>(arguments[2]), values.values, values.count());
  if (length < 0) return result(length);
  if (static_cast<uint64_t>(length) >= room) {
    file.count = file.size;
    return result(-EOVERFLOW);
  }
  file.count += static_cast<uint64_t>(length);
  return 0;
}

uint64_t seq_write(Run&, const Arguments& arguments) {
  auto& file = *pointer<SeqFile>(arguments[0]);
  const bool fits =
      file.add(pointer<const char>(arguments[1]), static_cast<uint32_t>(arguments[2]));
  return fits ? 0 : result(-EOVERFLOW);
}

}  // namespace zext::shim::helpers
