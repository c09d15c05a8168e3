// A small TCP server on the loopback interface: bounded connections, bounded
// input, idle ones are closed, and a peer that does not read its answers is cut
// off. What the bytes mean is the handler's.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "cli/doors/door.h"
#include "core/base/clock.h"
#include "core/os/acceptor.h"
#include "core/os/event_loop.h"
#include "core/os/system_clock.h"
#include "core/os/unique_fd.h"

namespace tidemark {

class StreamHandler {
 public:
  virtual ~StreamHandler() = default;
  // Takes what it can from the front of `in`, appends answers to `out`. False:
  // the connection ends when `out` is sent.
  virtual bool on_bytes(std::string& in, std::string& out) = 0;
  // About ten times a second. As on_bytes.
  virtual bool on_time(BootTime now, std::string& out) = 0;
  // Idle connections of a handler that is busy are not closed.
  virtual bool busy() const { return false; }
};

struct StreamLimits {
  size_t connections = 32;
  size_t input_bytes = 64 * 1024;  // not yet taken by the handler
  Nanoseconds idle = std::chrono::seconds(10);
};

class StreamServer final : public Door {
 public:
  using Factory = std::function<std::unique_ptr<StreamHandler>()>;

  // `where`: "PORT", "127.0.0.1:PORT" or "[::1]:PORT"; port 0 takes a free one.
  // Errors: usage: not of that form, or not loopback; io, permission.
  static Result<std::unique_ptr<StreamServer>> open(const std::string& where,
                                                    EventLoop& loop,
                                                    StreamLimits limits,
                                                    Factory factory);
  ~StreamServer() override;
  StreamServer(const StreamServer&) = delete;
  StreamServer& operator=(const StreamServer&) = delete;

  uint16_t port() const { return port_; }

 private:
  struct Connection {
    UniqueFd socket;
    std::unique_ptr<StreamHandler> handler;
    std::string in, out;
    BootTime last;
  };

  StreamServer(EventLoop& loop, StreamLimits limits, Factory factory)
      : loop_(loop), limits_(limits), factory_(std::move(factory)) {}
  Status listen(const std::string& where);
  void accept();
  void read(int fd);
  void on_time();
  bool send(Connection& connection);
  void close(int fd);

  EventLoop& loop_;
  StreamLimits limits_;
  Factory factory_;
  SystemClock clock_;
  UniqueFd listener_;
  Acceptor acceptor_;
  uint16_t port_ = 0;
  EventLoop::TimerId timer_ = 0;
  std::map<int, Connection> connections_;
};

}  // namespace tidemark
