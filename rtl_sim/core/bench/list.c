// Linked lists: build, search, reverse, merge sort. Loads that wait for loads.
#include "rtl_sim/core/bench/bench.h"

struct Node {
  struct Node* next;
  int64_t key;
};

enum { kCount = 1024 };
static struct Node nodes[kCount];

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

static struct Node* merge(struct Node* x, struct Node* y) {
  struct Node head = {0, 0};
  struct Node* tail = &head;
  while (x && y) {
    struct Node** smaller = x->key <= y->key ? &x : &y;
    tail = tail->next = *smaller;
    *smaller = (*smaller)->next;
  }
  tail->next = x ? x : y;
  return head.next;
}

static struct Node* sort(struct Node* list, long count) {
  if (count == 1) {
    list->next = 0;
    return list;
  }
  struct Node* middle = list;
  for (long i = 0; i < count / 2; ++i) middle = middle->next;
  struct Node* upper = sort(middle, count - count / 2);
  return merge(sort(list, count / 2), upper);
}

int main(void) {
  uint64_t state = 5;
  struct Node* list = 0;
  for (int i = 0; i < kCount; ++i) {
    struct Node* node = &nodes[(i * 389) % kCount];
    node->key = (int64_t)(next_random(&state) & 0xffff);
    node->next = list;
    list = node;
  }
  long found = 0;
  for (int key = 0; key < 64; ++key) {
    for (struct Node* n = list; n; n = n->next) found += n->key == key * 1024;
  }
  list = reverse(sort(list, kCount));
  long count = 1;
  for (struct Node* n = list; n->next; n = n->next, ++count) {
    if (n->key < n->next->key) return 1;
  }
  return count != kCount || found > kCount;
}
