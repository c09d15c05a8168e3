// The functions behind the shim: the next ones in the order of the dynamic
// linker, whatever allocator they belong to.
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <string.h>

#include "client/heap/shim.h"

#define DECLARE_C(kind) \
  HIDDEN void* tidemark_heap_resolve_##kind(uintptr_t, uintptr_t, uintptr_t);
#define DECLARE_C_ALLOCATE(kind, symbol, where) DECLARE_C(kind)
#define DECLARE_C_FREE(kind, symbol) DECLARE_C(kind)
#define DECLARE_CXX(kind)                                             \
  HIDDEN void* tidemark_heap_resolve_cxx_##kind(uintptr_t, uintptr_t, \
                                                uintptr_t);           \
  HIDDEN void* tidemark_heap_counted_##kind(uintptr_t, uintptr_t, uintptr_t);
#define DECLARE_CXX_ALLOCATE(kind, symbol, where) DECLARE_CXX(kind)
#define DECLARE_CXX_FREE(kind, symbol) DECLARE_CXX(kind)
TIDEMARK_HEAP_ALLOCATORS(DECLARE_C_ALLOCATE)
TIDEMARK_HEAP_FREES(DECLARE_C_FREE)
TIDEMARK_HEAP_NEWS(DECLARE_CXX_ALLOCATE)
TIDEMARK_HEAP_DELETES(DECLARE_CXX_FREE)

// entries.c: our malloc by a name that no other library can take.
extern HIDDEN const char tidemark_heap_own_malloc[];

#define FIRST_ALLOCATE(kind, symbol, where) \
  [kind] = tidemark_heap_resolve_##kind,
#define FIRST_FREE(kind, symbol) [kind] = tidemark_heap_resolve_##kind,
real_function tidemark_heap_real[TIDEMARK_HEAP_FUNCTIONS] = {
    TIDEMARK_HEAP_ALLOCATORS(FIRST_ALLOCATE) TIDEMARK_HEAP_FREES(FIRST_FREE)};

#define CXX_FIRST(kind) [kind - 11] = tidemark_heap_resolve_cxx_##kind,
#define CXX_FIRST_ALLOCATE(kind, symbol, where) CXX_FIRST(kind)
#define CXX_FIRST_FREE(kind, symbol) CXX_FIRST(kind)
#define CXX_FUNCTIONS (TIDEMARK_HEAP_FUNCTIONS - TIDEMARK_HEAP_FIRST_CXX)
HIDDEN real_function tidemark_heap_cxx_entries[CXX_FUNCTIONS] = {
    TIDEMARK_HEAP_NEWS(CXX_FIRST_ALLOCATE)
        TIDEMARK_HEAP_DELETES(CXX_FIRST_FREE)};
#define CXX_COUNTED(kind) [kind - 11] = tidemark_heap_counted_##kind,
#define CXX_COUNTED_ALLOCATE(kind, symbol, where) CXX_COUNTED(kind)
#define CXX_COUNTED_FREE(kind, symbol) CXX_COUNTED(kind)
static const real_function counted[CXX_FUNCTIONS] = {TIDEMARK_HEAP_NEWS(
    CXX_COUNTED_ALLOCATE) TIDEMARK_HEAP_DELETES(CXX_COUNTED_FREE)};

#define NAME_ALLOCATE(kind, symbol, where) [kind] = #symbol,
#define NAME_FREE(kind, symbol) [kind] = #symbol,
static const char* const names[TIDEMARK_HEAP_FUNCTIONS] = {
    TIDEMARK_HEAP_ALLOCATORS(NAME_ALLOCATE) TIDEMARK_HEAP_FREES(NAME_FREE)
        TIDEMARK_HEAP_NEWS(NAME_ALLOCATE) TIDEMARK_HEAP_DELETES(NAME_FREE)};

// dlsym(3) of older C libraries allocates; before the real functions are known
// it gets of this, which is never given back.
static struct {
  _Alignas(4096) char bytes[16 << 10];
  size_t used;
} early;

static void* early_block(size_t size) {
  const size_t head = 16;  // its size, and alignment
  size = (size + 15) & ~(size_t)15;
  if (size > sizeof early.bytes - head - early.used) {
    errno = ENOMEM;
    return NULL;
  }
  char* block = early.bytes + early.used + head;
  memcpy(block - head, &size, sizeof size);
  early.used += head + size;
  tidemark_heap_mark_early();
  return block;
}

// All of it, so that no entry takes such a block for the allocator's.
void tidemark_heap_mark_early(void) {
  for (size_t at = 0; at < early.used; at += 16) {
    const uintptr_t address = (uintptr_t)early.bytes + at;
    __atomic_fetch_or(filter_word(address), filter_bit(address),
                      __ATOMIC_RELAXED);
  }
}

bool tidemark_heap_is_early(const void* block) {
  return (uintptr_t)block - (uintptr_t)early.bytes < sizeof early.bytes;
}

void* tidemark_heap_realloc_early(void* block, size_t size) {
  size_t old = 0;
  memcpy(&old, (char*)block - 16, sizeof old);
  void* moved = tidemark_heap_real[TIDEMARK_HEAP_MALLOC](size, 0, 0);
  if (moved != NULL) memcpy(moved, block, old < size ? old : size);
  return moved;
}

static void* early_malloc(uintptr_t size, uintptr_t b, uintptr_t c) {
  (void)b, (void)c;
  return early_block(size);
}
static void* early_calloc(uintptr_t n, uintptr_t size, uintptr_t c) {
  (void)c;
  return early_block(n * size);  // fresh memory is zero
}
static void* early_realloc(uintptr_t block, uintptr_t size, uintptr_t c) {
  (void)c;
  if (block == 0) return early_block(size);
  return tidemark_heap_realloc_early((void*)block, size);
}
static void* early_free(uintptr_t block, uintptr_t b, uintptr_t c) {
  (void)block, (void)b, (void)c;
  return NULL;
}
static void* no_aligned(uintptr_t a, uintptr_t b, uintptr_t c) {
  (void)a, (void)b, (void)c;
  errno = ENOMEM;
  return NULL;
}
static void* no_posix_memalign(uintptr_t a, uintptr_t b, uintptr_t c) {
  (void)a, (void)b, (void)c;
  return (void*)(uintptr_t)ENOMEM;
}

// An allocator that has no sized ones frees all the same.
static void* free_without_size(uintptr_t block, uintptr_t b, uintptr_t c) {
  (void)b, (void)c;
  return tidemark_heap_real[TIDEMARK_HEAP_FREE](block, 0, 0);
}

HIDDEN void* tidemark_heap_too_large(void);
void* tidemark_heap_too_large(void) {
  errno = ENOMEM;
  return NULL;
}

static real_function next_function(int kind) {
  real_function function = NULL;
  void* symbol = dlsym(RTLD_NEXT, names[kind]);
  memcpy(&function, &symbol, sizeof function);
  return function;
}

static void find(int kind, real_function otherwise) {
  const real_function found = next_function(kind);
  __atomic_store_n(&tidemark_heap_real[kind], found != NULL ? found : otherwise,
                   __ATOMIC_RELAXED);
}

// The first call of anything gets here, long before a second thread exists.
void tidemark_heap_resolve(void) {
  static bool begun;
  if (begun) return;
  begun = true;
  for (int i = 0; i < TIDEMARK_HEAP_FIRST_CXX; ++i) {
    tidemark_heap_real[i] = i < TIDEMARK_HEAP_FREE ? no_aligned : early_free;
  }
  tidemark_heap_real[TIDEMARK_HEAP_MALLOC] = early_malloc;
  tidemark_heap_real[TIDEMARK_HEAP_CALLOC] = early_calloc;
  tidemark_heap_real[TIDEMARK_HEAP_REALLOC] = early_realloc;
  const int saved = errno;
  // These four before those that may be missing: telling so allocates.
  const real_function free_it = next_function(TIDEMARK_HEAP_FREE);
  const real_function calloc_it = next_function(TIDEMARK_HEAP_CALLOC);
  const real_function realloc_it = next_function(TIDEMARK_HEAP_REALLOC);
  const real_function malloc_it = next_function(TIDEMARK_HEAP_MALLOC);
  if (malloc_it == NULL || calloc_it == NULL || realloc_it == NULL ||
      free_it == NULL) {
    __builtin_trap();  // no C library behind us: nothing can go on
  }
  tidemark_heap_real[TIDEMARK_HEAP_FREE] = free_it;
  tidemark_heap_real[TIDEMARK_HEAP_CALLOC] = calloc_it;
  tidemark_heap_real[TIDEMARK_HEAP_REALLOC] = realloc_it;
  tidemark_heap_real[TIDEMARK_HEAP_MALLOC] = malloc_it;
  for (int i = TIDEMARK_HEAP_MEMALIGN; i < TIDEMARK_HEAP_POSIX_MEMALIGN; ++i) {
    find(i, no_aligned);
  }
  find(TIDEMARK_HEAP_POSIX_MEMALIGN, no_posix_memalign);
  find(TIDEMARK_HEAP_FREE_SIZED, free_without_size);
  find(TIDEMARK_HEAP_FREE_ALIGNED_SIZED, free_without_size);
  errno = saved;
}

bool tidemark_heap_is_bypassed(void) {
  const int saved = errno;
  const void* called = dlsym(RTLD_DEFAULT, "malloc");
  errno = saved;
  return called != NULL && called != (const void*)tidemark_heap_own_malloc;
}

static const void* module_of(real_function function) {
  void* address = NULL;
  memcpy(&address, &function, sizeof address);
  Dl_info info;
  return dladdr(address, &info) != 0 ? info.dli_fbase : NULL;
}

struct search {
  const char* paths[512];
  int count;
};
static int note_path(struct dl_phdr_info* info, size_t size, void* data) {
  (void)size;
  struct search* search = data;
  if (info->dlpi_name != NULL && *info->dlpi_name == '/' &&
      search->count < 512) {
    search->paths[search->count++] = info->dlpi_name;
  }
  return 0;
}

// A C++ library that came by dlopen(3) without RTLD_GLOBAL follows us in no
// order: it is looked for in each object.
static real_function search_objects(int kind) {
  const void* own = module_of(counted[0]);
  struct search search;
  search.count = 0;
  dl_iterate_phdr(note_path, &search);
  for (int i = 0; i < search.count; ++i) {
    void* handle = dlopen(search.paths[i], RTLD_LAZY | RTLD_NOLOAD);
    if (handle == NULL) continue;
    void* symbol = dlsym(handle, names[kind]);
    dlclose(handle);
    real_function function = NULL;
    memcpy(&function, &symbol, sizeof function);
    if (function != NULL && module_of(function) != own) return function;
  }
  return NULL;
}

// Whoever calls one of these has it from somewhere.
HIDDEN void tidemark_heap_resolve_cxx(int kind);
void tidemark_heap_resolve_cxx(int kind) {
  const int saved = errno;
  tidemark_heap_resolve();
  real_function found = next_function(kind);
  if (found == NULL) found = search_objects(kind);
  if (found == NULL) __builtin_trap();
  const int entry = kind - TIDEMARK_HEAP_FIRST_CXX;
  const bool own_allocator =
      module_of(found) == module_of(tidemark_heap_real[TIDEMARK_HEAP_MALLOC]);
  tidemark_heap_real[kind] = found;
  __atomic_store_n(&tidemark_heap_cxx_entries[entry],
                   own_allocator ? counted[entry] : found, __ATOMIC_RELEASE);
  errno = saved;
}
