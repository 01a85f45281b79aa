// Formats: bpf_trace_printk and its kin.
#include <arpa/inet.h>
#include <errno.h>

#include <cstring>

#include "kernel_shim/helpers/testing.h"

namespace zext::shim {
namespace {

class Trace : public HelperTest {
 protected:
  // The line that it prints, or the errno as text.
  template <typename... Given>
  std::string printed(const char* format, Given... given) {
    const int64_t length = call(BPF_FUNC_trace_printk, format, std::strlen(format) + 1, given...);
    const auto lines = host_.take_trace();
    if (length < 0) return std::to_string(length);
    EXPECT_EQ(lines.size(), 1u);
    EXPECT_EQ(static_cast<int64_t>(lines.at(0).size()), length);
    return lines.at(0);
  }
  template <typename... Given>
  std::string into_buffer(const char* format, Given... given) {
    const uint64_t values[] = {word(given)..., 0};
    char text[256];
    const int64_t length = call(BPF_FUNC_snprintf, text, sizeof text, format, values,
                                sizeof...(given) * sizeof(uint64_t));
    if (length < 0) return std::to_string(length);
    EXPECT_EQ(length, static_cast<int64_t>(std::strlen(text) + 1));
    return text;
  }
};

const std::string kInvalid = std::to_string(-EINVAL);

TEST_F(Trace, Numbers) {
  EXPECT_EQ(printed("%d %u %x", -5, -5, -5), "-5 4294967291 fffffffb");
  EXPECT_EQ(printed("%ld %lu %llx", -5, 5, -1), "-5 5 ffffffffffffffff");
  EXPECT_EQ(printed("%i %X %lli", 7, 0xab, int64_t{1} << 40), "7 AB 1099511627776");
  EXPECT_EQ(printed("%08x|%5d|%-5d|", 0xab, 42, 42), "000000ab|   42|42   |");
  EXPECT_EQ(printed("%+d|% d|%05d|", 4, 4, -4), "+4| 4|-0004|");
  EXPECT_EQ(printed("100%%\n"), "100%\n");
  EXPECT_EQ(printed("%d", INT64_MIN), "0");
  EXPECT_EQ(printed("%ld", INT64_MIN), "-9223372036854775808");
}

TEST_F(Trace, Strings) {
  EXPECT_EQ(printed("<%s>", "text"), "<text>");
  EXPECT_EQ(printed("<%6s|%-6s>", "ab", "ab"), "<    ab|ab    >");
  EXPECT_EQ(printed("<%pks %pus>", "kernel", "user"), "<kernel user>");
  EXPECT_EQ(printed("<%s>", 0), "<>");
  EXPECT_EQ(printed("%c%c", 'o', 'k'), "ok");
}

TEST_F(Trace, Addresses) {
  EXPECT_EQ(printed("%p %px", 0, 0xffff'8000'1234'5678), "0000000000000000 ffff800012345678");
  EXPECT_EQ(printed("%pK", 0xabc), "0000000000000abc");
  EXPECT_EQ(printed("%ps", 0xabc), "0x0000000000000abc");
  const in_addr four{htonl(0x0a00'0102)};
  EXPECT_EQ(printed("%pI4 %pi4", &four, &four), "10.0.1.2 010.000.001.002");
  in6_addr six;
  inet_pton(AF_INET6, "2001:db8::1", &six);
  EXPECT_EQ(printed("%pI6", &six), "2001:0db8:0000:0000:0000:0000:0000:0001");
  EXPECT_EQ(printed("%pi6", &six), "20010db8000000000000000000000001");
  EXPECT_EQ(printed("%pI4", 8), "0.0.0.0");
}

TEST_F(Trace, WhatIsNotAFormat) {
  for (const char* format : {"%", "%z", "%lc", "%hd", "%.3d", "%*d", "%n", "%sx", "%pI5", "%pI",
                             "%pa", "%5", "%llld", "\x01", "\xc3\xa4", "%d%d%d%d"}) {
    EXPECT_EQ(printed(format, 0, 0, 0), kInvalid) << format;
  }
  EXPECT_EQ(call(BPF_FUNC_trace_printk, "abc", 3), -EINVAL);
  EXPECT_EQ(call(BPF_FUNC_trace_printk, "", 1), 0);
}

TEST_F(Trace, LongLinesAreCut) {
  const std::string text(2000, 'a');
  EXPECT_EQ(call(BPF_FUNC_trace_printk, text.c_str(), text.size() + 1), 2000);
  const auto lines = host_.take_trace();
  EXPECT_EQ(lines.at(0), std::string(1023, 'a'));
}

TEST_F(Trace, ManyValues) {
  const uint64_t values[13] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13};
  const char format[] = "%d %d %d %d %d %d %d %d %d %d %d %d";
  EXPECT_EQ(call(BPF_FUNC_trace_vprintk, format, sizeof format, values, 96), 26);
  EXPECT_EQ(host_.take_trace().at(0), "1 2 3 4 5 6 7 8 9 10 11 12");
  EXPECT_EQ(call(BPF_FUNC_trace_vprintk, format, sizeof format, values, 88), -EINVAL);
  EXPECT_EQ(call(BPF_FUNC_trace_vprintk, format, sizeof format, values, 97), -EINVAL);
  EXPECT_EQ(call(BPF_FUNC_trace_vprintk, format, sizeof format, values, 104), -EINVAL);
  EXPECT_EQ(call(BPF_FUNC_trace_vprintk, format, sizeof format, nullptr, 96), -EINVAL);
}

TEST_F(Trace, IntoABuffer) {
  EXPECT_EQ(into_buffer("%s is %d", "x", 3), "x is 3");
  EXPECT_EQ(into_buffer("%q", 3), kInvalid);
  const uint64_t values[] = {123456};
  char small[4];
  EXPECT_EQ(call(BPF_FUNC_snprintf, small, sizeof small, "%d", values, 8), 7);
  EXPECT_STREQ(small, "123");
  EXPECT_EQ(call(BPF_FUNC_snprintf, nullptr, 0, "%d", values, 8), 7);
}

TEST_F(Trace, SeqFiles) {
  char buffer[8] = {};
  struct {
    char* buffer;
    uint64_t size, from, count;
  } file{buffer, sizeof buffer, 0, 0};
  const uint64_t values[] = {42};
  EXPECT_EQ(call(BPF_FUNC_seq_write, &file, "abc", 3), 0);
  EXPECT_EQ(call(BPF_FUNC_seq_printf, &file, "<%d>", 5, values, 8), 0);
  EXPECT_EQ(std::string(buffer, file.count), "abc<42>");
  EXPECT_EQ(call(BPF_FUNC_seq_write, &file, "x", 1), -EOVERFLOW);
  EXPECT_EQ(file.count, file.size);
  EXPECT_EQ(call(BPF_FUNC_seq_printf, &file, "", 1, nullptr, 0), -EOVERFLOW);
}

}  // namespace
}  // namespace zext::shim
