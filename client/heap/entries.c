// What programs call. In assembler, so that a call that is no sample costs a
// subtraction and a branch, and one that is has its caller's registers as they
// were: no compiler comes between.
#include "client/heap/shim.h"

#ifndef __x86_64__
#error "libtidemark-heap is written for x86-64"
#endif

_Thread_local int64_t tidemark_heap_left STATIC_TLS;

#define BEGIN(symbol)                  \
  ".globl " #symbol "\n.type " #symbol \
  ", @function\n"                      \
  ".p2align 4\n" #symbol ":\n.cfi_startproc\n"
#define END(symbol) ".cfi_endproc\n.size " #symbol ", . - " #symbol "\n"

// Known to real.c alone.
#define LABEL(name) ".globl " name "\n.hidden " name "\n" name ":\n"

#define COUNTDOWN "movq tidemark_heap_left@gottpoff(%rip), %rax\n"
// Below or equal: exact mode counts nothing down and takes blocks of size 0.
#define LEAVE(kind)                  \
  "jbe 1f\n"                         \
  "jmp *tidemark_heap_real+8*" #kind \
  "(%rip)\n"                         \
  "1: movl $" #kind                  \
  ", %r8d\n"                         \
  "jmp tidemark_heap_sampled\n"

#define SIZE_FIRST(kind) COUNTDOWN "subq %rdi, %fs:(%rax)\n" LEAVE(kind)
#define SIZE_SECOND(kind) COUNTDOWN "subq %rsi, %fs:(%rax)\n" LEAVE(kind)
#define SIZE_THIRD(kind) COUNTDOWN "subq %rdx, %fs:(%rax)\n" LEAVE(kind)
// A product that overflows is the real one's to refuse.
#define SIZE_PRODUCT(kind)              \
  "movq %rdi, %rax\n"                   \
  "mulq %rsi\n"                         \
  "movq %rax, %rcx\n"                   \
  "jo 2f\n" COUNTDOWN                   \
  "subq %rcx, %fs:(%rax)\n"             \
  "jbe 1f\n"                            \
  "2: jmp *tidemark_heap_real+8*" #kind \
  "(%rip)\n"                            \
  "1: movl $" #kind                     \
  ", %r8d\n"                            \
  "jmp tidemark_heap_sampled\n"

// Carry: the block may be a sampled one (shim.h, filter_word).
#define FILTER                             \
  "movq %rdi, %rax\n"                      \
  "shrq $9, %rax\n"                        \
  "andl $0x1ffff, %eax\n"                  \
  "leaq tidemark_heap_state(%rip), %rcx\n" \
  "movl (%rcx,%rax,4), %ecx\n"             \
  "movl %edi, %eax\n"                      \
  "shrl $4, %eax\n"                        \
  "btl %eax, %ecx\n"
#define SIZE_REALLOC(kind)           \
  COUNTDOWN                          \
  "subq %rsi, %fs:(%rax)\n"          \
  "jbe 1f\n" FILTER                  \
  "jc 1f\n"                          \
  "jmp *tidemark_heap_real+8*" #kind \
  "(%rip)\n"                         \
  "1: movl $" #kind                  \
  ", %r8d\n"                         \
  "jmp tidemark_heap_sampled\n"

#define FREE_BODY(kind)              \
  FILTER                             \
  "jc 1f\n"                          \
  "jmp *tidemark_heap_real+8*" #kind \
  "(%rip)\n"                         \
  "1: movl $" #kind                  \
  ", %r8d\n"                         \
  "jmp tidemark_heap_maybe_sampled\n"

#define ALLOCATE(kind, symbol, where) \
  BEGIN(symbol) SIZE_##where(kind) END(symbol)
#define FREE(kind, symbol) BEGIN(symbol) FREE_BODY(kind) END(symbol)

// Until the real one is known its place leads here.
#define RESOLVE(kind)                                                     \
  ".cfi_startproc\n" LABEL(                                               \
      "tidemark_heap_resolve_" #kind) "movl $" #kind                      \
                                      ", %r8d\n"                          \
                                      "jmp tidemark_heap_resolve_first\n" \
                                      ".cfi_endproc\n"
#define RESOLVE_ALLOCATE(kind, symbol, where) RESOLVE(kind)
#define RESOLVE_FREE(kind, symbol) RESOLVE(kind)

// C++: where an allocator has its own, they are counted as C's are. Mostly
// they call malloc and free, which count; then only the way leads through
// here.
#define CXX_ENTRY(kind, symbol) \
  BEGIN(symbol)                 \
  "jmp *tidemark_heap_cxx_entries+8*(" #kind "-11)(%rip)\n" END(symbol)
#define CXX_COUNTED(kind, body)                                        \
  ".cfi_startproc\n.p2align 4\n" LABEL("tidemark_heap_counted_" #kind) \
      body(kind) ".cfi_endproc\n"
#define CXX_ALLOCATE(kind, symbol, where) \
  CXX_ENTRY(kind, symbol) CXX_COUNTED(kind, SIZE_##where)
#define CXX_FREE(kind, symbol) \
  CXX_ENTRY(kind, symbol) CXX_COUNTED(kind, FREE_BODY)
#define CXX_RESOLVE(kind)                                                     \
  ".cfi_startproc\n" LABEL(                                                   \
      "tidemark_heap_resolve_cxx_" #kind) "movl $" #kind                      \
                                          ", %r8d\n"                          \
                                          "jmp "                              \
                                          "tidemark_heap_resolve_cxx_first\n" \
                                          ".cfi_endproc\n"
#define CXX_RESOLVE_ALLOCATE(kind, symbol, where) CXX_RESOLVE(kind)
#define CXX_RESOLVE_FREE(kind, symbol) CXX_RESOLVE(kind)

// Four arguments saved around a call; the stack then is on 16 bytes.
#define SAVE                   \
  "pushq %rdi\n"               \
  ".cfi_adjust_cfa_offset 8\n" \
  "pushq %rsi\n"               \
  ".cfi_adjust_cfa_offset 8\n" \
  "pushq %rdx\n"               \
  ".cfi_adjust_cfa_offset 8\n" \
  "pushq %r8\n"                \
  ".cfi_adjust_cfa_offset 8\n" \
  "subq $8, %rsp\n"            \
  ".cfi_adjust_cfa_offset 8\n"
#define RESTORE                 \
  "addq $8, %rsp\n"             \
  ".cfi_adjust_cfa_offset -8\n" \
  "popq %r8\n"                  \
  ".cfi_adjust_cfa_offset -8\n" \
  "popq %rdx\n"                 \
  ".cfi_adjust_cfa_offset -8\n" \
  "popq %rsi\n"                 \
  ".cfi_adjust_cfa_offset -8\n" \
  "popq %rdi\n"                 \
  ".cfi_adjust_cfa_offset -8\n"

// clang-format off
__asm__(
  ".text\n"
  TIDEMARK_HEAP_ALLOCATORS(ALLOCATE)
  TIDEMARK_HEAP_FREES(FREE)
  TIDEMARK_HEAP_NEWS(CXX_ALLOCATE)
  TIDEMARK_HEAP_DELETES(CXX_FREE)
  TIDEMARK_HEAP_ALLOCATORS(RESOLVE_ALLOCATE)
  TIDEMARK_HEAP_FREES(RESOLVE_FREE)
  TIDEMARK_HEAP_NEWS(CXX_RESOLVE_ALLOCATE)
  TIDEMARK_HEAP_DELETES(CXX_RESOLVE_FREE)

  ".globl tidemark_heap_own_malloc\n"
  ".hidden tidemark_heap_own_malloc\n"
  ".set tidemark_heap_own_malloc, malloc\n"

  // As reallocarray(3) is defined: what realloc does with the product.
  BEGIN(reallocarray)
  "movq %rsi, %rax\n"
  "mulq %rdx\n"
  "jo 1f\n"
  "movq %rax, %rsi\n"
  "jmp realloc@PLT\n"
  "1: jmp tidemark_heap_too_large\n"
  END(reallocarray)

  // struct caller, and the arguments where they are.
  ".cfi_startproc\n"
  "tidemark_heap_sampled:\n"
  "pushq %rbx\n"
  ".cfi_adjust_cfa_offset 8\n"
  ".cfi_rel_offset %rbx, 0\n"
  "pushq %rbp\n"
  ".cfi_adjust_cfa_offset 8\n"
  ".cfi_rel_offset %rbp, 0\n"
  "movq %rsp, %rcx\n"
  "subq $8, %rsp\n"
  ".cfi_adjust_cfa_offset 8\n"
  "call tidemark_heap_allocated\n"
  "addq $8, %rsp\n"
  ".cfi_adjust_cfa_offset -8\n"
  "popq %rbp\n"
  ".cfi_adjust_cfa_offset -8\n"
  ".cfi_restore %rbp\n"
  "popq %rbx\n"
  ".cfi_adjust_cfa_offset -8\n"
  ".cfi_restore %rbx\n"
  "ret\n"
  ".cfi_endproc\n"

  ".cfi_startproc\n"
  "tidemark_heap_maybe_sampled:\n"
  SAVE
  "call tidemark_heap_freed\n"
  RESTORE
  "testl %eax, %eax\n"
  "jnz 1f\n"
  "leaq tidemark_heap_real(%rip), %rcx\n"
  "jmp *(%rcx,%r8,8)\n"
  "1: ret\n"
  ".cfi_endproc\n"

  ".cfi_startproc\n"
  "tidemark_heap_resolve_first:\n"
  SAVE
  "call tidemark_heap_resolve\n"
  RESTORE
  "leaq tidemark_heap_real(%rip), %rcx\n"
  "jmp *(%rcx,%r8,8)\n"
  ".cfi_endproc\n"

  ".cfi_startproc\n"
  "tidemark_heap_resolve_cxx_first:\n"
  SAVE
  "movl %r8d, %edi\n"
  "call tidemark_heap_resolve_cxx\n"
  RESTORE
  "leaq tidemark_heap_cxx_entries-8*11(%rip), %rcx\n"
  "jmp *(%rcx,%r8,8)\n"
  ".cfi_endproc\n"
);
// clang-format on
