// Lists, small matrices, a scanner of numbers and CRC-16, in turns: each part starts from the
// checksum that the part before has left, so that none can be left out or reordered.
#include "rtl_sim/core/bench/bench.h"

enum { kRounds = 20 };

static uint16_t crc16(uint16_t crc, uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i, value >>= 8) {
    crc ^= value & 0xff;
    for (int bit = 0; bit < 8; ++bit) crc = (uint16_t)(crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1);
  }
  return crc;
}

// ------------------------------------------------------------------------------------------------
// Lists: find, reverse, and merge sort by two orders
// ------------------------------------------------------------------------------------------------

struct Item {
  int16_t key;
  int16_t rank;
};

struct Node {
  struct Node* next;
  struct Item* item;
};

enum { kItems = 40 };
static struct Item items[kItems];
static struct Node nodes[kItems];

typedef int (*Order)(const struct Item*, const struct Item*);

static int by_key(const struct Item* a, const struct Item* b) { return a->key - b->key; }
static int by_rank(const struct Item* a, const struct Item* b) { return a->rank - b->rank; }

static struct Node* find_key(struct Node* list, int16_t key) {
  while (list && (list->item->key & 0xff) != key) list = list->next;
  return list;
}

static struct Node* reverse(struct Node* list) {
  struct Node* done = 0;
  while (list) {
    struct Node* next = list->next;
    list->next = done;
    done = list;
    list = next;
  }
  return done;
}

// Takes `count` nodes or what there is off the list; returns the rest.
static struct Node* split(struct Node* list, int count) {
  while (list && --count > 0) list = list->next;
  if (!list) return 0;
  struct Node* rest = list->next;
  list->next = 0;
  return rest;
}

// Appends the merged lists to *tail; returns the new tail.
static struct Node** merge(struct Node** tail, struct Node* a, struct Node* b, Order order) {
  while (a && b) {
    struct Node** smaller = order(a->item, b->item) <= 0 ? &a : &b;
    *tail = *smaller;
    tail = &(*smaller)->next;
    *smaller = *tail;
  }
  *tail = a ? a : b;
  while (*tail) tail = &(*tail)->next;
  return tail;
}

__attribute__((noinline)) static struct Node* sort(struct Node* list, Order order) {
  for (int width = 1; width < kItems; width *= 2) {
    struct Node* rest = list;
    struct Node** tail = &list;
    while (rest) {
      struct Node* a = rest;
      struct Node* b = split(a, width);
      rest = split(b, width);
      tail = merge(tail, a, b, order);
    }
  }
  return list;
}

static struct Node* make_list(void) {
  uint64_t state = 9;
  for (int i = 0; i < kItems; ++i) {
    items[i].key = (int16_t)(next_random(&state) & 0x7ff);
    items[i].rank = (int16_t)i;
    nodes[i].item = &items[i];
    nodes[i].next = i + 1 < kItems ? &nodes[i + 1] : 0;
  }
  return nodes;
}

static uint16_t list_part(struct Node** list, uint16_t crc) {
  int hits = 0, misses = 0;
  for (int16_t wanted = 0; wanted < 12; ++wanted) {
    *list = reverse(*list);
    const struct Node* found = find_key(*list, (int16_t)((crc + 21 * wanted) & 0xff));
    if (found) {
      hits += found->item->rank;
    } else {
      ++misses;
    }
  }
  *list = sort(*list, by_key);
  for (const struct Node* n = *list; n; n = n->next) crc = crc16(crc, (uint16_t)n->item->rank, 2);
  *list = sort(*list, by_rank);
  return crc16(crc, (uint32_t)(hits * 64 + misses), 4);
}

// ------------------------------------------------------------------------------------------------
// Matrices: 16-bit factors, 32-bit products, sums, and fields of bits
// ------------------------------------------------------------------------------------------------

enum { kSize = 9 };
static int16_t left[kSize][kSize], right[kSize][kSize];
static int32_t product[kSize][kSize];

static void make_matrices(void) {
  uint64_t state = 4;
  for (int i = 0; i < kSize; ++i) {
    for (int j = 0; j < kSize; ++j) {
      left[i][j] = (int16_t)(next_random(&state) & 0x3ff);
      right[i][j] = (int16_t)(next_random(&state) & 0xff);
    }
  }
}

static void add_constant(int16_t value) {
  for (int i = 0; i < kSize; ++i) {
    for (int j = 0; j < kSize; ++j) left[i][j] = (int16_t)(left[i][j] + value);
  }
}

static void scale(int16_t value) {
  for (int i = 0; i < kSize; ++i) {
    for (int j = 0; j < kSize; ++j) product[i][j] = left[i][j] * value;
  }
}

__attribute__((noinline)) static void multiply(void) {
  for (int i = 0; i < kSize; ++i) {
    for (int j = 0; j < kSize; ++j) {
      int32_t sum = 0;
      for (int k = 0; k < kSize; ++k) sum += left[i][k] * right[k][j];
      product[i][j] = sum;
    }
  }
}

static int32_t field(int32_t value, int from, int bits) {
  return (value >> from) & ((1 << bits) - 1);
}

__attribute__((noinline)) static void multiply_fields(void) {
  for (int i = 0; i < kSize; ++i) {
    for (int j = 0; j < kSize; ++j) {
      int32_t sum = 0;
      for (int k = 0; k < kSize; ++k) {
        const int32_t term = left[i][k] * right[k][j];
        sum += field(term, 3, 5) * field(term, 7, 6);
      }
      product[i][j] = sum;
    }
  }
}

// Counts rises against falls: a number that depends on each element and its neighbour.
__attribute__((noinline)) static int32_t walk(int32_t limit) {
  int32_t score = 0, sum = 0, before = 0;
  for (int i = 0; i < kSize; ++i) {
    for (int j = 0; j < kSize; ++j) {
      const int32_t now = product[i][j];
      sum += now;
      if (sum > limit) {
        score += 10;
        sum = 0;
      } else {
        score += now > before;
      }
      before = now;
    }
  }
  return score;
}

static uint16_t matrix_part(uint16_t crc) {
  const int16_t value = (int16_t)(crc & 0x3f);
  add_constant(value);
  scale(value);
  crc = crc16(crc, (uint32_t)walk(4000), 4);
  multiply();
  crc = crc16(crc, (uint32_t)walk(1000000), 4);
  multiply_fields();
  crc = crc16(crc, (uint32_t)walk(8000), 4);
  add_constant((int16_t)-value);
  return crc;
}

// ------------------------------------------------------------------------------------------------
// A scanner: which words of a text are numbers, and of which kind
// ------------------------------------------------------------------------------------------------

enum State {
  kBlank,
  kSign,
  kInteger,
  kPoint,
  kFraction,
  kMark,
  kMarkSign,
  kExponent,
  kWrong,
  kStates
};

static char text[] =
    "5012 -17 +3.25 0.001 8e5 -1.5e-3 7.e+2 12x4 .5 +.25e7 99 T2 -1+2 65535 1e 0.125 6.02e23 - "
    "3.14159 -40 2e-9 1.1.1 887766 +0 4.e 31e+ 77.5 100200300 0e0 -8.75 ";
enum { kTextLength = sizeof text - 1 };

static int is_digit(char c) { return c >= '0' && c <= '9'; }
static int is_sign(char c) { return c == '+' || c == '-'; }

static enum State next_state(enum State state, char c) {
  switch (state) {
    case kBlank:
      if (is_digit(c)) return kInteger;
      if (is_sign(c)) return kSign;
      return c == '.' ? kPoint : kWrong;
    case kSign:
      if (is_digit(c)) return kInteger;
      return c == '.' ? kPoint : kWrong;
    case kInteger:
      if (is_digit(c)) return kInteger;
      if (c == '.') return kFraction;
      return c == 'e' ? kMark : kWrong;
    case kPoint:
      return is_digit(c) ? kFraction : kWrong;
    case kFraction:
      if (is_digit(c)) return kFraction;
      return c == 'e' ? kMark : kWrong;
    case kMark:
      if (is_digit(c)) return kExponent;
      return is_sign(c) ? kMarkSign : kWrong;
    case kMarkSign:
    case kExponent:
      return is_digit(c) ? kExponent : kWrong;
    case kWrong:
    case kStates:
      break;
  }
  return kWrong;
}

// Scans one word and the blank after it; counts each state entered.
__attribute__((noinline)) static enum State scan(const char** at, uint32_t* entered) {
  enum State state = kBlank;
  const char* p = *at;
  for (; *p && *p != ' '; ++p) {
    const enum State next = next_state(state, *p);
    if (next != state) ++entered[next];
    state = next;
  }
  *at = *p ? p + 1 : p;
  return state;
}

// Flips a bit of every step-th character that is not blank; a second time undoes that.
static void damage(int step) {
  for (int i = step / 2; i < kTextLength; i += step) {
    if (text[i] != ' ') text[i] ^= 1;
  }
}

static uint16_t scan_part(uint16_t crc) {
  uint32_t ended[kStates] = {0}, entered[kStates] = {0};
  const int step = 5 + (crc & 7);
  for (int pass = 0; pass < 2; ++pass) {
    for (const char* p = text; *p;) ++ended[scan(&p, entered)];
    damage(step);
  }
  for (int s = 0; s < kStates; ++s) {
    crc = crc16(crc, ended[s], 4);
    crc = crc16(crc, entered[s], 4);
  }
  return crc;
}

// The checksum after all rounds, as a PC computes it.
enum { kExpected = 0xa6fc };

int main(void) {
  struct Node* list = make_list();
  make_matrices();
  uint16_t crc = 0;
  for (int round = 0; round < kRounds; ++round) {
    crc = list_part(&list, crc);
    crc = matrix_part(crc);
    crc = scan_part(crc);
  }
  return crc != kExpected;
}
