// The doors that a command was asked to open, and the client that speaks for
// them: `tidemark record --marks-from ... ` and `tidemark doors`.
#pragma once

#include <tidemark/tidemark.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "cli/doors/door.h"
#include "cli/doors/line_door.h"
#include "core/base/result.h"
#include "core/os/event_loop.h"
#include "core/os/unique_fd.h"

namespace CLI {
class App;
}

namespace tidemark {

struct DoorSettings {
  std::string lines;     // a file, a fifo, or "-"
  std::string datagram;  // a path
  std::string http;      // "PORT" or "127.0.0.1:PORT"
  std::string perfmon;   // the same
  int input = -1;        // what "-" means, when not standard input

  bool any() const {
    return !lines.empty() || !datagram.empty() || !http.empty() ||
           !perfmon.empty();
  }
};

void add_door_options(CLI::App& app, DoorSettings& settings);

class Doors {
 public:
  // Opens them, and the session under the name "marks" to the daemon that
  // TIDEMARK_SOCKET names. Errors: those of the doors.
  static Result<std::unique_ptr<Doors>> open(const DoorSettings& settings);
  ~Doors();
  Doors(const Doors&) = delete;
  Doors& operator=(const Doors&) = delete;

  // Readable when the lines have ended; -1 without them.
  int lines_ended() const { return lines_ ? lines_->ended() : -1; }
  tidemark_session* session() const { return session_; }

 private:
  Doors() = default;
  Status open_sockets(const DoorSettings& settings);

  tidemark_session* session_ = nullptr;
  UniqueFd stop_;  // eventfd
  std::unique_ptr<EventLoop> loop_;
  std::vector<std::unique_ptr<Door>> doors_;
  std::thread thread_;
  std::unique_ptr<LineDoor> lines_;
};

}  // namespace tidemark
