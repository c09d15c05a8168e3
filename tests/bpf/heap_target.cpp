// Allocates in known ways when told to: "ready" on stdout, a byte on stdin,
// the work, "done", another byte, the end. Each kind of work is a function
// named site_..., never inlined, so that profilers can be held to them.
#ifndef TIDEMARK_STATIC
#include <dlfcn.h>
#endif
#include <malloc.h>
#include <pthread.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <new>
#include <string>
#include <vector>

#define SITE extern "C" __attribute__((noinline))

namespace {
// What is written here stays alive, and no call is a tail call.
void* volatile kept;
void keep(void* block) { kept = block; }
volatile size_t huge = SIZE_MAX / 4;
}  // namespace

namespace {
// Alone, as heaptrack runs it, nobody answers.
void say(const char* word) {
  if (write(STDOUT_FILENO, word, strlen(word)) < 0) _exit(1);
  char answer = 0;
  if (read(STDIN_FILENO, &answer, 1) < 0) _exit(1);
}

}  // namespace

SITE void site_sampled(size_t size, bool freed) {
  void* block = malloc(size);
  keep(block);
  if (freed) free(block);
}
SITE void site_throws(int depth) {
  const std::string held(64, 'h');
  keep(const_cast<char*>(held.data()));
  if (depth > 0) {
    site_throws(depth - 1);
    return;
  }
  throw std::string(128, 't');
}
SITE void site_malloc_leak() { keep(malloc(100)); }
SITE void site_malloc_freed() {
  void* block = malloc(48);
  keep(block);
  free(block);
}
SITE void site_grow() {
  void* block = malloc(64 << 10);
  memset(block, 1, 64 << 10);
  keep(block);
}
SITE void site_malloc_zero() { keep(malloc(0)); }
SITE void site_malloc_large() { keep(malloc(300 << 10)); }
SITE void site_malloc_fails() { keep(malloc(huge)); }
SITE void site_calloc() { keep(calloc(3, 50)); }
SITE void site_memalign() { keep(memalign(256, 700)); }
SITE void site_aligned_alloc() { keep(aligned_alloc(64, 640)); }
SITE void site_valloc() { keep(valloc(10)); }
SITE void site_pvalloc() { keep(pvalloc(10)); }
SITE void site_posix_memalign() {
  void* block = nullptr;
  if (posix_memalign(&block, 64, 333) == 0) keep(block);
}
SITE void site_posix_memalign_small() {
  void* block = nullptr;
  if (posix_memalign(&block, 16, 55) == 0) keep(block);
}
SITE void site_reallocarray() { keep(reallocarray(nullptr, 7, 11)); }

SITE void site_realloc_grow(void** block, size_t size) {
  *block = realloc(*block, size);
  keep(*block);
}
SITE void site_realloc_fail(void* block) {
  void* bigger = realloc(block, huge);
  if (bigger != nullptr) keep(bigger);
}
SITE void site_realloc_zero(void* block) { keep(realloc(block, 0)); }
SITE void* site_realloc_begin() {
  void* block = malloc(24);
  keep(block);
  return block;
}

struct alignas(128) Wide {
  char bytes[256];
};
SITE void site_new() { keep(new int[25]); }
SITE void site_new_nothrow() { keep(new (std::nothrow) char[77]); }
SITE void site_new_aligned() { keep(new Wide); }
SITE void site_new_deleted() {
  auto* block = new std::string(100, 'x');
  keep(block);
  delete block;
}
SITE void site_strdup() { keep(strdup("a copied string")); }
SITE void site_asprintf() {
  char* text = nullptr;
  if (asprintf(&text, "%0200d", 7) > 0) keep(text);
}

std::vector<std::string>* strings;
std::map<int, std::string>* table;
SITE void site_vector_growth() {
  strings = new std::vector<std::string>;
  for (int i = 0; i < 100; ++i) strings->push_back(std::string(40, 'v'));
}
SITE void site_map_growth() {
  table = new std::map<int, std::string>;
  for (int i = 0; i < 100; ++i) (*table)[i] = std::string(60, 'm');
  for (int i = 0; i < 30; ++i) table->erase(i);
}

namespace {

void* handed[64];
}
SITE void site_thread_allocates() {
  for (void*& block : handed) {
    block = malloc(200);
    keep(block);
  }
}
namespace {

void* allocate_in_thread(void*) {
  site_thread_allocates();
  return nullptr;
}
void* free_in_thread(void*) {
  for (int i = 0; i < 48; ++i) free(handed[i]);
  return nullptr;
}
void in_thread(void* (*work)(void*)) {
  pthread_t thread;
  if (pthread_create(&thread, nullptr, work, nullptr) == 0) {
    pthread_join(thread, nullptr);
  }
}

void do_threads() {
  for (int i = 0; i < 5; ++i) {
    in_thread(allocate_in_thread);
    in_thread(free_in_thread);
  }
}

void do_malloc() {
  for (int i = 0; i < 7; ++i) site_malloc_leak();
  for (int i = 0; i < 1000; ++i) site_malloc_freed();
  for (int i = 0; i < 3; ++i) site_malloc_zero();
  for (int i = 0; i < 2; ++i) site_malloc_large();
  site_malloc_fails();
}
void do_calloc() {
  for (int i = 0; i < 11; ++i) site_calloc();
}
void do_aligned() {
  for (int i = 0; i < 4; ++i) {
    site_memalign();
    site_aligned_alloc();
    site_valloc();
    site_pvalloc();
    site_posix_memalign();
    site_posix_memalign_small();
  }
}
void do_realloc() {
  void* block = nullptr;
  for (size_t i = 1; i <= 50; ++i) site_realloc_grow(&block, i * 1000);
  site_realloc_fail(block);
  for (int i = 0; i < 3; ++i) site_reallocarray();
  void* mapped = site_realloc_begin();
  site_realloc_grow(&mapped, 1 << 20);
  site_realloc_grow(&mapped, 3 << 20);
}
// heaptrack 1.4 takes it for a failure: not among what it is compared with.
void do_realloc_zero() { site_realloc_zero(site_realloc_begin()); }
void do_new() {
  for (int i = 0; i < 6; ++i) {
    site_new();
    site_new_nothrow();
    site_new_deleted();
  }
}
void do_new_aligned() {
  for (int i = 0; i < 6; ++i) site_new_aligned();
}
void do_strdup() {
  for (int i = 0; i < 9; ++i) {
    site_strdup();
    site_asprintf();
  }
}
void do_containers() {
  site_vector_growth();
  site_map_growth();
}
void do_fork() {
  site_malloc_leak();
  const pid_t child = fork();
  if (child == 0) {
    char go = 0;
    if (read(3, &go, 1) != 1) _exit(1);  // until it is attached to
    for (int i = 0; i < 13; ++i) site_malloc_leak();
    if (write(4, "c", 1) != 1) _exit(1);
    if (read(3, &go, 1) != 1) _exit(1);
    _exit(0);
  }
  site_calloc();
}
// Blocks of 16 B to 128 KiB, a third of them freed: 40 MiB are left.
void do_sampled() {
  unsigned random = 12345;
  for (int i = 0; i < 6000; ++i) {
    random = random * 1103515245u + 12345u;
    site_sampled(16 + (random >> 8) % (i % 8 == 0 ? 131072 : 600), i % 3 == 0);
  }
}

volatile bool stop_threads;
void* throw_in_thread(void*) {
  while (!stop_threads) {
    try {
      site_throws(7);
    } catch (const std::string& thrown) {
      keep(const_cast<char*>(thrown.data()));
    }
    usleep(50);
  }
  return nullptr;
}
// Threads that allocate and throw until they are told to stop.
void do_exceptions() {
  pthread_t threads[4];
  for (pthread_t& each : threads) {
    pthread_create(&each, nullptr, throw_in_thread, nullptr);
  }
  say("throwing\n");
  stop_threads = true;
  for (const pthread_t each : threads) pthread_join(each, nullptr);
}

// A frame pointer that leads to itself, up, and to nowhere; the words above are
// all addresses of code.
#define ALLOCATE_WITH_FRAME(value)                                          \
  asm volatile(                                                             \
      "mov %%rbp, %%r12\n"                                                  \
      "mov %%rsp, %%r13\n"                                                  \
      "sub $256, %%rsp\n"                                                   \
      "and $-16, %%rsp\n"                                                   \
      "lea 0(%%rip), %%rax\n"                                               \
      "push %%rax\n"                                                        \
      "push %%rax\n"                                                        \
      "mov " value                                                          \
      ", %%rbp\n"                                                           \
      "mov $77, %%edi\n"                                                    \
      "call *%0\n"                                                          \
      "mov %%r13, %%rsp\n"                                                  \
      "mov %%r12, %%rbp\n" ::"r"(allocate)                                  \
      : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", \
        "r13", "memory")
SITE void site_hostile_stack() {
  void* (*const allocate)(size_t) = malloc;
  ALLOCATE_WITH_FRAME("%%rsp");
  ALLOCATE_WITH_FRAME("$-8");
  ALLOCATE_WITH_FRAME("$0x10008");
}
void do_hostile_stack() { site_hostile_stack(); }

// 8 MiB a second, as a leak does it.
void do_grow() {
  for (int i = 0; i < 500; ++i) {
    site_grow();
    usleep(8000);
  }
}
// The same, and then as many calls as a core can make.
void do_storm() {
  do_grow();
  for (int i = 0; i < 20'000'000; ++i) site_malloc_freed();
}

#ifdef TIDEMARK_STATIC
void do_dlopen() {}
#else
void do_dlopen() {
  void* plugin = dlopen(getenv("TIDEMARK_PLUGIN"), RTLD_NOW);
  if (plugin == nullptr) return;
  const auto leak =
      reinterpret_cast<void (*)()>(dlsym(plugin, "site_plugin_leak"));
  for (int i = 0; i < 17; ++i) leak();
}
#endif

struct Work {
  const char* name;
  void (*run)();
};
constexpr Work kWorks[] = {
    {"malloc", do_malloc},
    {"calloc", do_calloc},
    {"realloc_zero", do_realloc_zero},
    {"sampled", do_sampled},
    {"exceptions", do_exceptions},
    {"aligned", do_aligned},
    {"realloc", do_realloc},
    {"new", do_new},
    {"new_aligned", do_new_aligned},
    {"strdup", do_strdup},
    {"containers", do_containers},
    {"threads", do_threads},
    {"fork", do_fork},
    {"dlopen", do_dlopen},
    {"grow", do_grow},
    {"storm", do_storm},
    {"hostile_stack", do_hostile_stack},
};

}  // namespace

int main(int argc, char** argv) {
  say("ready\n");
  for (int i = 1; i < argc; ++i) {
    for (const Work& work : kWorks) {
      if (strcmp(work.name, argv[i]) == 0) work.run();
    }
  }
  say("done\n");
  return 0;
}
