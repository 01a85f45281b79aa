// Strings and structures: copying, comparing, hashing, formatting numbers and reading them back.
#include "rtl_sim/core/bench/bench.h"

struct Record {
  char name[24];
  uint64_t value;
  struct Record* next;
};

enum { kRecords = 256, kBuckets = 64 };
static struct Record records[kRecords];
static struct Record* buckets[kBuckets];

static long format(char* to, uint64_t value) {
  char digits[20];
  long count = 0;
  do {
    digits[count++] = (char)('0' + value % 10);
    value /= 10;
  } while (value);
  for (long i = 0; i < count; ++i) to[i] = digits[count - 1 - i];
  to[count] = 0;
  return count;
}

static uint64_t parse(const char* text) {
  uint64_t value = 0;
  for (; *text; ++text) value = value * 10 + (uint64_t)(*text - '0');
  return value;
}

static int equal(const char* x, const char* y) {
  while (*x && *x == *y) ++x, ++y;
  return *x == *y;
}

static uint32_t hash(const char* text) {
  uint32_t h = 2166136261u;
  for (; *text; ++text) h = (h ^ (uint8_t)*text) * 16777619u;
  return h;
}

static struct Record* find(const char* name) {
  struct Record* r = buckets[hash(name) % kBuckets];
  while (r && !equal(r->name, name)) r = r->next;
  return r;
}

int main(void) {
  uint64_t state = 11;
  for (int i = 0; i < kRecords; ++i) {
    struct Record* r = &records[i];
    r->value = next_random(&state) << (i % 32);
    format(r->name, r->value);
    struct Record** bucket = &buckets[hash(r->name) % kBuckets];
    r->next = *bucket;
    *bucket = r;
  }
  for (int i = 0; i < kRecords; ++i) {
    char name[24];
    format(name, records[i].value);
    const struct Record* r = find(name);
    if (!r || r->value != records[i].value || parse(name) != r->value) return 1;
  }
  return find("x") != 0;
}
