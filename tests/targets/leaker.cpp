// Leaks in one known way, named by its argument: the function leaker_X is the
// one to blame. Built with and without frame pointers, and stripped.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <vector>

namespace {

void* volatile kept;  // what nobody frees
volatile size_t size = 3000;

struct alignas(64) Aligned {
  char bytes[128];
};

[[gnu::noinline, gnu::noclone]] void keep(void* block) { kept = block; }

}  // namespace

// Not static, so that a stripped program loses their names all the same but
// no compiler may clone them.
[[gnu::noinline]] void leaker_malloc() { keep(std::malloc(size)); }
[[gnu::noinline]] void leaker_calloc() { keep(std::calloc(3, size)); }
[[gnu::noinline]] void leaker_realloc() {
  void* block = std::malloc(size);
  keep(std::realloc(block, size * 100));
}
[[gnu::noinline]] void leaker_aligned_alloc() {
  keep(std::aligned_alloc(64, 4096));
}
[[gnu::noinline]] void leaker_posix_memalign() {
  void* block = nullptr;
  if (::posix_memalign(&block, 256, size) == 0) keep(block);
}
[[gnu::noinline]] void leaker_strdup() { keep(::strdup("never freed again")); }
[[gnu::noinline]] void leaker_new() { keep(new long(7)); }
[[gnu::noinline]] void leaker_new_array() { keep(new int[size]); }
[[gnu::noinline]] void leaker_new_nothrow() {
  keep(new (std::nothrow) char[size]);
}
[[gnu::noinline]] void leaker_new_aligned() { keep(new Aligned); }
[[gnu::noinline]] void leaker_unique() {
  keep(std::make_unique<std::string>(size, 'x').release());
}
[[gnu::noinline]] void leaker_vector() {
  auto* numbers = new std::vector<int>;
  for (int i = 0; i < 1000; ++i) numbers->push_back(i);
  keep(numbers);
}
[[gnu::noinline]] void leaker_map() {
  static auto* tree = new std::map<int, std::string>;
  (*tree)[static_cast<int>(tree->size())] = "a value too long for its place";
  keep(tree);
}
[[gnu::noinline]] void leaker_format() {
  char* text = nullptr;
  if (::asprintf(&text, "%zu bytes", static_cast<size_t>(size)) > 0) keep(text);
}

// Inlined into the function below it.
[[gnu::always_inline]] inline void leaker_inlined() {
  keep(std::malloc(size + 1));
}
[[gnu::noinline]] void around_inlined() {
  leaker_inlined();
  keep(nullptr);
}

// A function without a name of its own.
[[gnu::noinline]] void around_lambda() {
  const auto leak = [](size_t more) __attribute__((always_inline)) {
    keep(std::malloc(size + more));
  };
  leak(2);
  keep(nullptr);
}

namespace {

struct Way {
  const char* name;
  void (*leak)();
};

constexpr Way kWays[] = {
    {"malloc", leaker_malloc},
    {"calloc", leaker_calloc},
    {"realloc", leaker_realloc},
    {"aligned_alloc", leaker_aligned_alloc},
    {"posix_memalign", leaker_posix_memalign},
    {"strdup", leaker_strdup},
    {"new", leaker_new},
    {"new_array", leaker_new_array},
    {"new_nothrow", leaker_new_nothrow},
    {"new_aligned", leaker_new_aligned},
    {"unique", leaker_unique},
    {"vector", leaker_vector},
    {"map", leaker_map},
    {"format", leaker_format},
    {"inlined", around_inlined},
    {"lambda", around_lambda},
};

}  // namespace

int main(int count, char** words) {
  for (const Way& way : kWays) {
    if (count > 1 && std::strcmp(words[1], way.name) == 0) {
      way.leak();
      return 0;
    }
  }
  return 2;
}
