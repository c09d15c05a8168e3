// shop_server: a small multithreaded HTTP server that Tidemark is shown on.
//
//   tidemark record -- shop_server --port 8080 --leak 64
//   wrk -t2 -c16 -d30s http://127.0.0.1:8080/visit
#include <pthread.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <string_view>
#include <tidemark/tidemark.hpp>

#include "server.h"
#include "shop.h"

namespace {

constexpr int kUsage = 64;

struct Options {
  uint64_t port = 8080;
  uint64_t threads = 2;
  uint64_t leak = 0;
};

void print_usage(std::FILE* out) {
  std::fputs(
      "usage: shop_server [--port N] [--threads N] [--leak BYTES]\n"
      "  --port N      listen on 127.0.0.1:N (default 8080, 0 = any free one)\n"
      "  --threads N   threads that serve (default 2)\n"
      "  --leak BYTES  memory lost per checkout (default 0)\n",
      out);
}

bool parse_number(const char* text, uint64_t limit, uint64_t& value) {
  const char* end = text + std::strlen(text);
  const auto result = std::from_chars(text, end, value);
  return result.ec == std::errc() && result.ptr == end && value <= limit;
}

bool parse_options(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; i += 2) {
    const std::string_view name = argv[i];
    uint64_t* value = nullptr;
    uint64_t limit = 1 << 20;
    if (name == "--port") {
      value = &options.port;
      limit = std::numeric_limits<uint16_t>::max();
    } else if (name == "--threads") {
      value = &options.threads;
      limit = 256;
    } else if (name == "--leak") {
      value = &options.leak;
    }
    if (value == nullptr || i + 1 == argc ||
        !parse_number(argv[i + 1], limit, *value)) {
      std::fprintf(stderr, "shop_server: bad option or value: %s\n", argv[i]);
      return false;
    }
  }
  return options.threads > 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--help") {
    print_usage(stdout);
    return 0;
  }
  Options options;
  if (!parse_options(argc, argv, options)) {
    print_usage(stderr);
    return kUsage;
  }
  // Before any thread starts, so that all of them leave these to sigwait.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  const tidemark::Session session("shop_server");
  shop::Shop shop(session, options.leak);
  shop::Server server(shop, session);
  if (!server.start(static_cast<uint16_t>(options.port),
                    static_cast<unsigned>(options.threads))) {
    std::fprintf(stderr, "shop_server: cannot listen on 127.0.0.1:%u: %s\n",
                 static_cast<unsigned>(options.port), std::strerror(errno));
    return 1;
  }
  std::printf("shop_server: listening on 127.0.0.1:%u\n", server.port());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  server.stop();
  std::printf("shop_server: %llu orders\n",
              static_cast<unsigned long long>(shop.orders()));
  return 0;
}
