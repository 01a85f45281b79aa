// A library's desk: records that are copied, strings that are compared, enumerations, pointers to
// pointers, and many small calls.
#include "rtl_sim/core/bench/bench.h"

enum { kText = 28, kBooks = 12, kReaders = 5, kJournal = 16, kDays = 7, kRounds = 600 };

enum Event { kLend, kReturn, kRenew, kReserve, kLose, kEvents };
enum Standing { kShelf, kOut, kHeld, kGone };

struct Reader {
  char name[kText];
  int lent;
  int fines;
};

struct Book {
  char title[kText];
  enum Standing standing;
  int16_t due;
  int16_t renewals;
  struct Reader* reader;
  struct Reader* waiting;
  struct Book* next;  // by title
};

// An entry of the journal: the whole book as it was, and what happened to it.
struct Entry {
  struct Book before;
  enum Event event;
  int day;
};

static struct Book books[kBooks];
static struct Reader readers[kReaders];
static struct Entry journal[kJournal];
static int statistics[kEvents][kDays];
static struct Book* catalogue;

static const char* const kTitles[kBooks] = {
    "On the motion of planets",   "On the motion of pendulums", "A voyage to the south",
    "Letters from the mountains", "On the nature of heat",      "A history of the calendar",
    "Letters from the sea",       "The art of weaving",         "On the nature of light",
    "A history of the clock",     "The art of bookbinding",     "A voyage to the north",
};
static const char* const kNames[kReaders] = {"Marianne North", "Marianne Noir", "Ada Byron",
                                             "Ada Bywater", "Jan Ruisch"};

// ------------------------------------------------------------------------------------------------
// Strings
// ------------------------------------------------------------------------------------------------

static void copy_text(char* to, const char* from) {
  while ((*to++ = *from++)) {
  }
}

__attribute__((noinline)) static int compare_text(const char* x, const char* y) {
  while (*x && *x == *y) ++x, ++y;
  return (uint8_t)*x - (uint8_t)*y;
}

// ------------------------------------------------------------------------------------------------
// The catalogue: a list in the order of titles
// ------------------------------------------------------------------------------------------------

// Where the pointer to the book of this title is, or would be.
__attribute__((noinline)) static struct Book** place_of(struct Book** list, const char* title) {
  while (*list && compare_text((*list)->title, title) < 0) list = &(*list)->next;
  return list;
}

static void insert(struct Book** list, struct Book* book) {
  struct Book** place = place_of(list, book->title);
  book->next = *place;
  *place = book;
}

static struct Book* find_book(struct Book* list, const char* title) {
  struct Book* book = *place_of(&list, title);
  return book && compare_text(book->title, title) == 0 ? book : 0;
}

__attribute__((noinline)) static struct Reader* find_reader(const char* name) {
  for (struct Reader* r = readers; r < readers + kReaders; ++r) {
    if (compare_text(r->name, name) == 0) return r;
  }
  return 0;
}

// ------------------------------------------------------------------------------------------------
// What happens at the desk
// ------------------------------------------------------------------------------------------------

__attribute__((noinline)) static void note(const struct Book* book, enum Event event, int day) {
  struct Entry* entry = &journal[day % kJournal];
  entry->before = *book;
  entry->event = event;
  entry->day = day;
  ++statistics[event][day % kDays];
}

__attribute__((noinline)) static int fine(const struct Book* book, int day) {
  const int late = day - book->due;
  return late <= 0 ? 0 : late * (book->waiting ? 2 : 1);
}

__attribute__((noinline)) static void hand_out(struct Book* book, struct Reader* reader, int day) {
  book->standing = kOut;
  book->reader = reader;
  book->due = (int16_t)(day + 20);
  book->renewals = 0;
  ++reader->lent;
}

__attribute__((noinline)) static void take_back(struct Book* book, int* fines) {
  --book->reader->lent;
  book->reader->fines += *fines;
  book->reader = 0;
  book->standing = book->waiting ? kHeld : kShelf;
}

static enum Event lend(struct Book* book, struct Reader* reader, int day) {
  if (book->standing == kShelf) {
    hand_out(book, reader, day);
    return kLend;
  }
  if (book->standing == kHeld && book->waiting == reader) {
    book->waiting = 0;
    hand_out(book, reader, day);
    return kLend;
  }
  if (!book->waiting) book->waiting = reader;
  return kReserve;
}

// What becomes of a wish, which also tells what is written down.
__attribute__((noinline)) static enum Event serve(struct Book* book, struct Reader* reader,
                                                  enum Event wish, int day) {
  int due = fine(book, day);
  switch (wish) {
    case kLend:
    case kReserve:
      return lend(book, reader, day);
    case kRenew:
      if (book->standing != kOut || book->waiting || book->renewals == 2) return kReserve;
      book->due = (int16_t)(book->due + 10);
      ++book->renewals;
      return kRenew;
    case kReturn:
      if (book->standing == kOut) take_back(book, &due);
      return kReturn;
    case kLose:
      if (book->standing != kOut) return kReturn;
      due += 30;
      take_back(book, &due);
      return kLose;
    case kEvents:
      break;
  }
  return kEvents;
}

static void open_library(void) {
  for (int i = 0; i < kReaders; ++i) copy_text(readers[i].name, kNames[i]);
  for (int i = 0; i < kBooks; ++i) {
    copy_text(books[i].title, kTitles[i]);
    insert(&catalogue, &books[i]);
  }
}

// A number that depends on everything.
static uint32_t checksum(void) {
  uint32_t sum = 0;
  for (int i = 0; i < kReaders; ++i) {
    sum = sum * 31 + (uint32_t)readers[i].fines;
    sum = sum * 31 + (uint32_t)readers[i].lent;
  }
  for (int i = 0; i < kJournal; ++i) {
    sum = sum * 31 + (uint32_t)journal[i].event + (uint32_t)journal[i].before.due;
    sum = sum * 31 + (uint8_t)journal[i].before.title[i];
  }
  for (int e = 0; e < kEvents; ++e) {
    for (int d = 0; d < kDays; ++d) sum = sum * 31 + (uint32_t)statistics[e][d];
  }
  return sum;
}

// The checksum after all rounds, as a PC computes it.
static const uint32_t kExpected = 0xd60f7575u;

int main(void) {
  static const enum Event kWishes[] = {kLend, kLend, kReturn, kRenew, kLend, kReturn, kLose, kLend};
  open_library();
  char title[kText], name[kText];
  for (int day = 0; day < kRounds; ++day) {
    copy_text(title, kTitles[day * 5 % kBooks]);
    copy_text(name, kNames[day * day % kReaders]);
    struct Book* book = find_book(catalogue, title);
    struct Reader* reader = find_reader(name);
    if (!book || !reader) return 1;
    const enum Event wish = kWishes[(day / 3) % 8];
    note(book, wish == kLend && book->standing == kOut ? kReserve : wish, day);
    if (serve(book, reader, wish, day) == kEvents) return 2;
  }
  // Each book that is out is with somebody.
  int out = 0, lent = 0;
  for (const struct Book* b = catalogue; b; b = b->next) out += b->standing == kOut;
  for (int i = 0; i < kReaders; ++i) lent += readers[i].lent;
  if (out != lent) return 3;
  return checksum() != kExpected ? 4 : 0;
}
