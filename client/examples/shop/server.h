// Threads that serve connections, each with its own epoll and its own
// listening socket on the same port (SO_REUSEPORT).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <tidemark/tidemark.hpp>
#include <vector>

#include "shop.h"

namespace shop {

class Server {
 public:
  Server(Shop& shop, const tidemark::Session& session);
  ~Server();  // stops

  // Listens on 127.0.0.1. False with errno when it cannot. Port 0: any free
  // one; see port().
  bool start(uint16_t port, unsigned threads);
  void stop();
  uint16_t port() const { return port_; }

 private:
  class Worker;

  Shop& shop_;
  tidemark::Gauge active_;
  std::atomic<uint64_t> visitors_ = 0;
  uint16_t port_ = 0;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::thread> threads_;
};

}  // namespace shop
