#include "tests/bpf/workload.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

namespace tidemark::testing_bpf {
namespace {

void spin(int rounds) {
  static std::atomic<unsigned> sink{0};
  for (int i = 0; i < rounds; ++i) sink += static_cast<unsigned>(i);
}

void pause_ms(long ms) {
  const timespec time{ms / 1000, (ms % 1000) * 1'000'000};
  ::nanosleep(&time, nullptr);
}

}  // namespace

Child::Child(const std::function<void()>& work) {
  pid_ = ::fork();
  if (pid_ != 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  work();
  ::_exit(0);
}

Child::Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}

Child::~Child() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  wait();
}

int Child::wait() {
  int status = -1;
  if (pid_ > 0) ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return status;
}

Steps::Steps(std::vector<void (*)()> steps) {
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair_.data()), 0);
  child_.emplace([&] {
    ::close(pair_[0]);
    char byte = 0;
    if (::write(pair_[1], &byte, 1) != 1) ::_exit(1);
    for (const auto step : steps) {
      if (::read(pair_[1], &byte, 1) != 1) ::_exit(1);
      step();
      if (::write(pair_[1], &byte, 1) != 1) ::_exit(1);
    }
    sleep_forever();
  });
  ::close(pair_[1]);
  char byte = 0;
  EXPECT_EQ(::read(pair_[0], &byte, 1), 1);  // it has begun
}

Steps::~Steps() { ::close(pair_[0]); }

void Steps::next() const {
  char byte = 1;
  EXPECT_EQ(::write(pair_[0], &byte, 1), 1);
  EXPECT_EQ(::read(pair_[0], &byte, 1), 1);
}

void sleep_forever() {
  while (true) ::pause();
}

void burn_cpu() {
  std::array<char, 4096> buffer;
  const int zero = ::open("/dev/zero", O_RDONLY);
  while (true) {
    spin(200'000);
    for (int i = 0; i < 200; ++i) {
      if (::read(zero, buffer.data(), buffer.size()) < 0) ::_exit(1);
    }
    pause_ms(5);
  }
}

void churn_memory() {
  constexpr size_t kSize = 8u << 20;
  while (true) {
    void* block = ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    std::memset(block, 1, kSize);
    pause_ms(10);
    ::munmap(block, kSize);
    pause_ms(10);
  }
}

void churn_threads() {
  while (true) {
    std::array<std::thread, 4> threads;
    for (std::thread& thread : threads) {
      thread = std::thread([] {
        spin(100'000);
        std::vector<char> touched(1u << 18, 'x');
        pause_ms(3);
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
}

void hold_threads() {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([] {
      while (true) {
        spin(50'000);
        pause_ms(20);
      }
    });
  }
  sleep_forever();
}

void write_files() {
  std::string path = "/var/tmp/tidemark_io_XXXXXX";
  const int fd = ::mkstemp(path.data());
  ::unlink(path.c_str());
  const std::vector<char> block(64u << 10, 'x');
  std::vector<char> back(block.size());
  while (true) {
    for (int i = 0; i < 16; ++i) {
      if (::pwrite(fd, block.data(), block.size(), i * 65536) < 0) ::_exit(1);
      if (::pread(fd, back.data(), back.size(), i * 65536) < 0) ::_exit(1);
    }
    ::fdatasync(fd);
    pause_ms(20);
  }
}

std::vector<Child> start_workload(size_t count) {
  std::vector<Child> children;
  for (int i = 0; i < 2; ++i) {
    children.emplace_back(
        [] { ::execl("/bin/sleep", "sleep", "1000", nullptr); });
  }
  for (void (*work)() :
       {burn_cpu, churn_memory, churn_threads, hold_threads, write_files}) {
    children.emplace_back(work);
  }
  while (children.size() < count) children.emplace_back(sleep_forever);
  return children;
}

std::string proc_text(pid_t pid, const std::string& name) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/" + name);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<pid_t> all_pids() {
  std::vector<pid_t> pids;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") == std::string::npos) {
      pids.push_back(std::atoi(name.c_str()));
    }
  }
  return pids;
}

int64_t sum_of_threads(pid_t pid, const std::string& key) {
  int64_t sum = 0;
  const std::string folder = "/proc/" + std::to_string(pid) + "/task";
  std::error_code error;
  for (const auto& task : std::filesystem::directory_iterator(folder, error)) {
    std::ifstream status(task.path() / "status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with(key + ":")) {
        sum += std::atoll(line.c_str() + key.size() + 1);
      }
    }
  }
  return sum;
}

int times(const char* variable, int usual) {
  const char* wished = std::getenv(variable);
  const int count = wished != nullptr ? std::atoi(wished) : usual;
  EXPECT_GE(count, 20) << variable;
  return count;
}

int64_t pages_held_back() {
  constexpr int64_t kPages = 1024;
  std::array<int, 2> answer = {-1, -1};
  if (::pipe(answer.data()) != 0) return kPages;
  Child child([&] {
    void* block = ::mmap(nullptr, kPages * 4096, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ::madvise(block, kPages * 4096, MADV_NOHUGEPAGE);
    auto* at = static_cast<volatile char*>(block);
    const int statm = ::open("/proc/self/statm", O_RDONLY);
    // Anonymous pages; nothing here is touched for the first time but `block`.
    const auto count = [&] {
      std::array<char, 128> text{};
      if (::pread(statm, text.data(), text.size() - 1, 0) <= 0) ::_exit(1);
      char* rest = nullptr;
      std::strtoll(text.data(), &rest, 10);
      const int64_t resident = std::strtoll(rest, &rest, 10);
      return resident - std::strtoll(rest, &rest, 10);
    };
    const long cpus = ::sysconf(_SC_NPROCESSORS_ONLN);
    int64_t before = count(), most = 0;
    for (int64_t i = 0; i < kPages; ++i) {
      // Each CPU in turn, so that all hold back as much as they can.
      cpu_set_t one;
      CPU_ZERO(&one);
      CPU_SET(static_cast<size_t>(i % cpus), &one);
      ::sched_setaffinity(0, sizeof one, &one);
      at[i * 4096] = 1;
      const int64_t held = i + 1 - (count() - before);
      // What was held back of earlier growth comes in with the first batch.
      if (held < 0) before -= held;
      most = std::max(most, held);
    }
    if (::write(answer[1], &most, sizeof most) != sizeof most) ::_exit(1);
  });
  ::close(answer[1]);
  int64_t most = kPages;
  EXPECT_EQ(::read(answer[0], &most, sizeof most), ssize_t{sizeof most});
  ::close(answer[0]);
  return most;
}

}  // namespace tidemark::testing_bpf
