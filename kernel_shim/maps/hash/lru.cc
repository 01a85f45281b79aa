#include "kernel_shim/maps/hash/lru.h"

#include <errno.h>

#include <new>

#include "kernel_shim/maps/hash/pool.h"

namespace zext::shim::hash {

enum ListKind : uint8_t { kActive, kInactive, kFree, kLocalFree, kPending };

struct LruList {
  Lock lock;
  ListNode ends[3];    // kActive, kInactive, kFree: newest first
  ListNode* rotation;  // where the next round over the inactive list begins
  uint32_t counts[2];  // of kActive, kInactive
  uint64_t padding[6];
};
static_assert(sizeof(LruList) == 128);

struct LocalList {
  Lock lock;
  ListNode free;
  ListNode pending;
  uint32_t next_victim;  // whose elements to take when there is nothing else
  uint32_t padding;
};
static_assert(sizeof(LocalList) == 56);

namespace {

// As many as Linux has: what survives depends on them.
constexpr uint32_t kCommonTarget = 128;
constexpr uint32_t kOwnTarget = 4;

bool has_own_lists(const HashMap& map) { return (map.flags & BPF_F_NO_COMMON_LRU) != 0; }
uint32_t target_of(const HashMap& map) { return has_own_lists(map) ? kOwnTarget : kCommonTarget; }

// --- lists -------------------------------------------------------------------------------------
void make_empty(ListNode& end) { end = {.previous = &end, .next = &end}; }
bool is_empty(const ListNode& end) { return end.next == &end; }
void take_out(ListNode& node) {
  node.previous->next = node.next;
  node.next->previous = node.previous;
}
void put_first(ListNode& end, ListNode& node) {
  node.previous = &end;
  node.next = end.next;
  end.next->previous = &node;
  end.next = &node;
}
Element& element_of(ListNode& node) { return static_cast<Element&>(node); }

ListKind kind_of(const Element& element) {
  return static_cast<ListKind>(element.list.load(std::memory_order_relaxed));
}
void set_kind(Element& element, ListKind kind) {
  element.list.store(kind, std::memory_order_relaxed);
}
bool is_referenced(const Element& element) {
  return element.referenced.load(std::memory_order_relaxed) != 0;
}
void forget(Element& element) { element.referenced.store(0, std::memory_order_relaxed); }

// Visits from the oldest on, until `visit` says false; it may move the node that it sees.
template <typename Visit>
void from_oldest(ListNode& end, Visit visit) {
  for (ListNode* node = end.previous; node != &end;) {
    ListNode* before = node->previous;
    if (!visit(element_of(*node))) return;
    node = before;
  }
}

bool is_counted(ListKind kind) { return kind == kActive || kind == kInactive; }

void leave(LruList& lists, Element& element) {
  if (lists.rotation == &element) lists.rotation = element.previous;
  take_out(element);
  const ListKind kind = kind_of(element);
  if (is_counted(kind)) --lists.counts[kind];
}

void enter(LruList& lists, Element& element, ListKind kind) {
  set_kind(element, kind);
  forget(element);
  put_first(lists.ends[kind], element);
  if (is_counted(kind)) ++lists.counts[kind];
}

void move(LruList& lists, Element& element, ListKind kind) {
  leave(lists, element);
  enter(lists, element, kind);
}

// --- where to get free elements ------------------------------------------------------------------
// Free elements go to a CPU's own list or to the free one of the same lists.
struct Destination {
  ListNode* end;
  ListKind kind;
};

void move_out(LruList& lists, Element& element, const Destination& to) {
  leave(lists, element);
  set_kind(element, to.kind);
  put_first(*to.end, element);
}

// Takes the element out of its bucket: false if it is in none, as when it is just being put there.
bool evict(Kernel& kernel, HashMap& map, Element& element) {
  const uint32_t hash = element.hash.load(std::memory_order_relaxed);
  const InnerGuard guard(kernel, map.locks[hash & map.lock_mask].lock);
  const Place place = find_locked(map, element);
  if (place.element == nullptr) return false;
  unlink(place);
  return true;
}

void rotate_active(LruList& lists, uint32_t scans) {
  ListNode& end = lists.ends[kActive];
  ListNode* const newest = end.next;
  uint32_t seen = 0;
  from_oldest(end, [&](Element& element) {
    const bool last = &element == newest;
    move(lists, element, is_referenced(element) ? kActive : kInactive);
    return ++seen != scans && !last;
  });
}

// Goes on where it stopped, once around at most.
void rotate_inactive(LruList& lists, uint32_t scans) {
  ListNode& end = lists.ends[kInactive];
  if (is_empty(end)) return;
  ListNode* last = lists.rotation->next;
  if (last == &end) last = last->next;
  ListNode* at = lists.rotation;
  ListNode* next = at;
  for (uint32_t seen = 0; seen < scans;) {
    if (at == &end) {
      at = at->previous;
      continue;
    }
    next = at->previous;
    if (is_referenced(element_of(*at))) move(lists, element_of(*at), kActive);
    if (at == last) break;
    at = next;
    ++seen;
  }
  lists.rotation = next;
}

void rotate(LruList& lists, uint32_t scans) {
  if (lists.counts[kInactive] < lists.counts[kActive]) rotate_active(lists, scans);
  rotate_inactive(lists, scans);
}

// Up to `wanted` elements, of the inactive ones that were not referenced; if there is none, one
// that was.
void shrink(Kernel& kernel, HashMap& map, LruList& lists, uint32_t wanted, const Destination& to) {
  const uint32_t scans = target_of(map);
  uint32_t found = 0;
  uint32_t seen = 0;
  from_oldest(lists.ends[kInactive], [&](Element& element) {
    if (is_referenced(element)) {
      move(lists, element, kActive);
    } else if (evict(kernel, map, element)) {
      move_out(lists, element, to);
      if (++found == wanted) return false;
    }
    return ++seen != scans;
  });
  if (found != 0) return;

  const ListKind forced = is_empty(lists.ends[kInactive]) ? kActive : kInactive;
  from_oldest(lists.ends[forced], [&](Element& element) {
    if (!evict(kernel, map, element)) return true;
    move_out(lists, element, to);
    return false;
  });
}

// --- one LRU for all CPUs
void flush_pending(LruList& lists, LocalList& local) {
  from_oldest(local.pending, [&](Element& element) {
    take_out(element);
    enter(lists, element, is_referenced(element) ? kActive : kInactive);
    return true;
  });
}

void fill_local(Kernel& kernel, HashMap& map, LocalList& local) {
  LruList& lists = *map.lru.lists;
  const InnerGuard guard(kernel, lists.lock);
  flush_pending(lists, local);
  rotate(lists, kCommonTarget);
  const Destination to{.end = &local.free, .kind = kLocalFree};
  uint32_t found = 0;
  while (found < kCommonTarget && !is_empty(lists.ends[kFree])) {
    move_out(lists, element_of(*lists.ends[kFree].next), to);
    ++found;
  }
  if (found < kCommonTarget) shrink(kernel, map, lists, kCommonTarget - found, to);
}

Element* take_local(LocalList& local) {
  if (is_empty(local.free)) return nullptr;
  Element& element = element_of(*local.free.next);
  take_out(element);
  return &element;
}

void add_pending(LocalList& local, Element& element, uint32_t cpu, uint32_t hash) {
  element.hash.store(hash, std::memory_order_relaxed);
  element.cpu.store(static_cast<uint16_t>(cpu), std::memory_order_relaxed);
  set_kind(element, kPending);
  forget(element);
  put_first(local.pending, element);
}

// The oldest one handed out that is in a bucket, and not referenced if there is such a one.
Element* take_pending(Kernel& kernel, HashMap& map, LocalList& local) {
  Element* taken = nullptr;
  for (const bool forced : {false, true}) {
    from_oldest(local.pending, [&](Element& element) {
      if (is_referenced(element) && !forced) return true;
      if (!evict(kernel, map, element)) return true;
      take_out(element);
      taken = &element;
      return false;
    });
    if (taken != nullptr) break;
  }
  return taken;
}

// From the CPUs' own lists, one after the other, from where it stopped last.
Element* rob(Kernel& kernel, HashMap& map, LocalList& own) {
  std::atomic_ref<uint32_t> next(own.next_victim);
  const uint32_t first = next.load(std::memory_order_relaxed);
  uint32_t victim = first;
  Element* element = nullptr;
  do {
    LocalList& local = map.lru.locals[victim];
    const Guard guard(kernel.host(), local.lock);
    element = take_local(local);
    if (element == nullptr) element = take_pending(kernel, map, local);
    victim = (victim + 1) % kernel.cpu_count();
  } while (element == nullptr && victim != first);
  next.store(victim, std::memory_order_relaxed);
  return element;
}

Element* take_common(Kernel& kernel, HashMap& map, uint32_t hash) {
  const uint32_t cpu = kernel.host().cpu_id();
  LocalList& own = map.lru.locals[cpu];
  {
    const Guard guard(kernel.host(), own.lock);
    if (is_empty(own.free)) fill_local(kernel, map, own);
    Element* element = take_local(own);
    if (element != nullptr) {
      add_pending(own, *element, cpu, hash);
      return element;
    }
  }
  Element* element = rob(kernel, map, own);
  if (element == nullptr) return nullptr;
  const Guard guard(kernel.host(), own.lock);
  add_pending(own, *element, cpu, hash);
  return element;
}

// Between looking and locking, a pending element may have been moved to the lists by its CPU.
void give_common(Kernel& kernel, HashMap& map, Element& element) {
  while (kind_of(element) == kPending) {
    const uint32_t cpu = element.cpu.load(std::memory_order_relaxed);
    LocalList& local = map.lru.locals[cpu];
    const Guard guard(kernel.host(), local.lock);
    if (kind_of(element) != kPending || element.cpu.load(std::memory_order_relaxed) != cpu) {
      continue;
    }
    take_out(element);
    set_kind(element, kLocalFree);
    forget(element);
    put_first(local.free, element);
    return;
  }
  LruList& lists = *map.lru.lists;
  const Guard guard(kernel.host(), lists.lock);
  move(lists, element, kFree);
}

// --- an LRU of each CPU's own
Element* take_own(Kernel& kernel, HashMap& map, uint32_t hash) {
  LruList& lists = map.lru.lists[kernel.host().cpu_id()];
  const Guard guard(kernel.host(), lists.lock);
  rotate(lists, kOwnTarget);
  ListNode& free = lists.ends[kFree];
  if (is_empty(free)) {
    shrink(kernel, map, lists, kOwnTarget, {.end = &free, .kind = kFree});
  }
  if (is_empty(free)) return nullptr;
  Element& element = element_of(*free.next);
  element.hash.store(hash, std::memory_order_relaxed);
  move(lists, element, kInactive);
  return &element;
}

void give_own(Kernel& kernel, HashMap& map, Element& element) {
  LruList& lists = map.lru.lists[element.cpu.load(std::memory_order_relaxed)];
  const Guard guard(kernel.host(), lists.lock);
  move(lists, element, kFree);
}

}  // namespace

int lru_create(Kernel& kernel, HashMap& map) {
  Lru& lru = map.lru;
  const uint32_t cpus = kernel.cpu_count();
  lru.list_count = has_own_lists(map) ? cpus : 1;
  lru.lists = static_cast<LruList*>(kernel.alloc_zeroed(map, lru.list_count * sizeof(LruList)));
  lru.locals = static_cast<LocalList*>(kernel.alloc_zeroed(map, cpus * sizeof(LocalList)));
  if (lru.lists == nullptr || lru.locals == nullptr) {
    lru_destroy(kernel, map);
    return -ENOMEM;
  }
  for (uint32_t i = 0; i < lru.list_count; ++i) {
    for (ListNode& end : lru.lists[i].ends) make_empty(end);
    lru.lists[i].rotation = &lru.lists[i].ends[kInactive];
  }
  for (uint32_t i = 0; i < cpus; ++i) {
    make_empty(lru.locals[i].free);
    make_empty(lru.locals[i].pending);
    lru.locals[i].next_victim = i;
  }
  const uint32_t share = map.capacity / lru.list_count;
  for (uint32_t i = 0; i < map.capacity; ++i) {
    Element& element = pool_element(map, i);
    const uint32_t list = i / share;
    element.cpu.store(static_cast<uint16_t>(list), std::memory_order_relaxed);
    enter(lru.lists[list], element, kFree);
  }
  return 0;
}

void lru_destroy(Kernel& kernel, HashMap& map) {
  Lru& lru = map.lru;
  kernel.free(map, lru.lists, lru.list_count * sizeof(LruList));
  kernel.free(map, lru.locals, kernel.cpu_count() * sizeof(LocalList));
  lru = Lru();
}

Element* lru_take(Kernel& kernel, HashMap& map, uint32_t hash) {
  return has_own_lists(map) ? take_own(kernel, map, hash) : take_common(kernel, map, hash);
}

void lru_give(Kernel& kernel, HashMap& map, Element& element) {
  if (has_own_lists(map)) {
    give_own(kernel, map, element);
  } else {
    give_common(kernel, map, element);
  }
}

}  // namespace zext::shim::hash
