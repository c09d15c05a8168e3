// What programs do that shims trip over; exits with 0 when all of it went as
// it does without one. Each line printed is one of them.
#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <thread>
#include <vector>

namespace {

void* volatile kept;
volatile size_t huge = SIZE_MAX / 2 + 100;

void allocate_some(int count) {
  for (int i = 0; i < count; ++i) {
    void* volatile block = malloc(static_cast<size_t>(i % 97) * 16 + 1);
    free(block);
  }
}

// A fiber whose stack ends where its memory does, so that nothing beyond its
// first frame can be read.
bool fibers() {
  static ucontext_t outside, inside;
  const size_t size = 64 << 10;
  for (int i = 0; i < 50; ++i) {
    auto* memory = static_cast<char*>(mmap(nullptr, size + 8192, PROT_NONE,
                                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (mprotect(memory + 4096, size, PROT_READ | PROT_WRITE) != 0)
      return false;
    getcontext(&inside);
    inside.uc_stack.ss_sp = memory + 4096;
    inside.uc_stack.ss_size = size;
    inside.uc_link = &outside;
    makecontext(&inside, [] { allocate_some(200); }, 0);
    if (swapcontext(&outside, &inside) != 0) return false;
    munmap(memory, size + 8192);
  }
  return true;
}

bool wait_for(pid_t child) {
  int status = -1;
  return waitpid(child, &status, 0) == child && status == 0;
}

// Children free what they inherited, and allocate; so do theirs.
bool forks() {
  std::vector<void*> blocks;
  for (int i = 0; i < 2000; ++i) blocks.push_back(malloc(100));
  for (int i = 0; i < 5; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      for (void* block : blocks) free(block);
      allocate_some(2000);
      const pid_t grandchild = fork();
      if (grandchild == 0) {
        allocate_some(500);
        _exit(0);
      }
      _exit(wait_for(grandchild) ? 0 : 1);
    }
    if (!wait_for(child)) return false;
  }
  for (void* block : blocks) free(block);
  return true;
}

bool forks_beside_threads() {
  volatile bool stop = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      while (!stop) allocate_some(50);
    });
  }
  bool well = true;
  for (int i = 0; i < 50 && well; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      allocate_some(300);
      _exit(0);
    }
    well = wait_for(child);
  }
  stop = true;
  for (std::thread& each : threads) each.join();
  return well;
}

bool vforks() {
  const pid_t child = vfork();
  if (child == 0) {
    execl("/bin/true", "true", nullptr);
    _exit(1);
  }
  return wait_for(child);
}

bool plugins() {
  const char* path = getenv("TIDEMARK_PLUGIN");
  if (path == nullptr) return true;
  for (int i = 0; i < 200; ++i) {
    void* plugin = dlopen(path, RTLD_NOW);
    if (plugin == nullptr) return false;
    reinterpret_cast<void (*)()>(dlsym(plugin, "site_plugin_leak"))();
    if (dlsym(plugin, "not there") != nullptr || dlerror() == nullptr)
      return false;
    dlclose(plugin);
  }
  return true;
}

void* allocate_for_ever(void*) {
  pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, nullptr);
  while (true) {
    allocate_some(20);
    pthread_testcancel();
  }
}
bool cancelled_threads() {
  for (int i = 0; i < 50; ++i) {
    pthread_t thread;
    if (pthread_create(&thread, nullptr, allocate_for_ever, nullptr) != 0)
      return false;
    pthread_cancel(thread);
    pthread_join(thread, nullptr);
  }
  return true;
}

bool refusals() {
  void* block = malloc(40);
  errno = 0;
  bool well = malloc(huge) == nullptr && errno == ENOMEM;
  well = well && calloc(huge, 3) == nullptr;
  well = well && realloc(block, huge) == nullptr;
  well = well && reallocarray(block, huge, 16) == nullptr;
  void* aligned = nullptr;
  well = well && posix_memalign(&aligned, 3, 10) == EINVAL;
  well = well && posix_memalign(&aligned, 64, huge) == ENOMEM;
  try {
    kept = operator new(huge);
    well = false;
  } catch (const std::bad_alloc&) {
  }
  free(block);
  for (int i = 0; i < 1000; ++i) kept = malloc(64);
  return well;
}

bool errno_is_kept() {
  for (int i = 0; i < 5000; ++i) {
    errno = 4711;
    void* block = malloc(3000);
    free(block);
    if (errno != 4711) return false;
  }
  return true;
}

bool exchanged_between_threads() {
  std::vector<void*> blocks(20000);
  for (int round = 0; round < 4; ++round) {
    std::thread([&] {
      for (void*& each : blocks) each = malloc(48);
    }).join();
    std::thread([&] {
      for (void* each : blocks) free(each);
    }).join();
  }
  return true;
}

bool contents() {
  unsigned random = 1;
  std::vector<std::string> strings;
  for (int i = 0; i < 20000; ++i) {
    random = random * 1103515245u + 12345u;
    if (strings.size() > 500) {
      std::string& victim = strings[random % strings.size()];
      for (const char c : victim) {
        if (c != victim[0]) return false;
      }
      victim = std::string(random % 3000, static_cast<char>('a' + i % 26));
    } else {
      strings.emplace_back(random % 3000, static_cast<char>('a' + i % 26));
    }
  }
  char* text = nullptr;
  size_t length = 0;
  for (size_t size = 1; size < 100000; size += 777) {
    text = static_cast<char*>(realloc(text, size));
    for (size_t i = 0; i < length; ++i) {
      if (text[i] != 'x') return false;
    }
    memset(text, 'x', size);
    length = size;
  }
  const bool usable = malloc_usable_size(text) >= length;
  free(text);
  return usable;
}

bool closes_everything() {
  closefrom(3);
  allocate_some(20000);
  return true;
}

struct Oddity {
  const char* name;
  bool (*run)();
};
constexpr Oddity kOddities[] = {
    {"fibers on small stacks", fibers},
    {"forks that free and allocate", forks},
    {"forks beside threads", forks_beside_threads},
    {"vfork and exec", vforks},
    {"plugins opened and closed", plugins},
    {"cancelled threads", cancelled_threads},
    {"sizes that are refused", refusals},
    {"errno kept", errno_is_kept},
    {"blocks freed by other threads", exchanged_between_threads},
    {"contents", contents},
    {"closefrom(3)", closes_everything},
};

}  // namespace

int main() {
  int failed = 0;
  for (const Oddity& each : kOddities) {
    const bool well = each.run();
    std::printf("%s: %s\n", well ? "ok" : "FAILED", each.name);
    std::fflush(stdout);
    failed += well ? 0 : 1;
  }
  return failed;
}
