// Every function that the shim stands in for. Kinds number the table of the
// real ones; the assembler of entries.c and the look-up of real.c read the
// same lists.
#ifndef TIDEMARK_CLIENT_HEAP_FUNCTIONS_H_
#define TIDEMARK_CLIENT_HEAP_FUNCTIONS_H_

// ALLOCATE(kind, symbol, where its size is): in C.
#define TIDEMARK_HEAP_ALLOCATORS(ALLOCATE) \
  ALLOCATE(0, malloc, FIRST)               \
  ALLOCATE(1, calloc, PRODUCT)             \
  ALLOCATE(2, realloc, REALLOC)            \
  ALLOCATE(3, memalign, SECOND)            \
  ALLOCATE(4, aligned_alloc, SECOND)       \
  ALLOCATE(5, valloc, FIRST)               \
  ALLOCATE(6, pvalloc, FIRST)              \
  ALLOCATE(7, posix_memalign, THIRD)

#define TIDEMARK_HEAP_FREES(FREE) \
  FREE(8, free)                   \
  FREE(9, free_sized)             \
  FREE(10, free_aligned_sized)

// C++: plain, array; nothrow; aligned; both.
#define TIDEMARK_HEAP_NEWS(ALLOCATE)                      \
  ALLOCATE(11, _Znwm, FIRST)                              \
  ALLOCATE(12, _Znam, FIRST)                              \
  ALLOCATE(13, _ZnwmRKSt9nothrow_t, FIRST)                \
  ALLOCATE(14, _ZnamRKSt9nothrow_t, FIRST)                \
  ALLOCATE(15, _ZnwmSt11align_val_t, FIRST)               \
  ALLOCATE(16, _ZnamSt11align_val_t, FIRST)               \
  ALLOCATE(17, _ZnwmSt11align_val_tRKSt9nothrow_t, FIRST) \
  ALLOCATE(18, _ZnamSt11align_val_tRKSt9nothrow_t, FIRST)

// Plain; sized; nothrow; aligned; aligned and sized; aligned and nothrow.
#define TIDEMARK_HEAP_DELETES(FREE)             \
  FREE(19, _ZdlPv)                              \
  FREE(20, _ZdaPv)                              \
  FREE(21, _ZdlPvm)                             \
  FREE(22, _ZdaPvm)                             \
  FREE(23, _ZdlPvRKSt9nothrow_t)                \
  FREE(24, _ZdaPvRKSt9nothrow_t)                \
  FREE(25, _ZdlPvSt11align_val_t)               \
  FREE(26, _ZdaPvSt11align_val_t)               \
  FREE(27, _ZdlPvmSt11align_val_t)              \
  FREE(28, _ZdaPvmSt11align_val_t)              \
  FREE(29, _ZdlPvSt11align_val_tRKSt9nothrow_t) \
  FREE(30, _ZdaPvSt11align_val_tRKSt9nothrow_t)

enum tidemark_heap_function {
  TIDEMARK_HEAP_MALLOC = 0,
  TIDEMARK_HEAP_CALLOC = 1,
  TIDEMARK_HEAP_REALLOC = 2,
  TIDEMARK_HEAP_MEMALIGN = 3,
  TIDEMARK_HEAP_ALIGNED_ALLOC = 4,
  TIDEMARK_HEAP_POSIX_MEMALIGN = 7,
  TIDEMARK_HEAP_FREE = 8,
  TIDEMARK_HEAP_FREE_SIZED = 9,
  TIDEMARK_HEAP_FREE_ALIGNED_SIZED = 10,
  TIDEMARK_HEAP_FIRST_CXX = 11,
  TIDEMARK_HEAP_FIRST_DELETE = 19,
  TIDEMARK_HEAP_FUNCTIONS = 31
};

#endif  // TIDEMARK_CLIENT_HEAP_FUNCTIONS_H_
