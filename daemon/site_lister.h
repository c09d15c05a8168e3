// Reads sites of a process from the recording that is being written, on a
// thread of its own.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/os/unique_fd.h"

namespace tidemark {

class SiteLister {
 public:
  static Result<std::unique_ptr<SiteLister>> start();
  ~SiteLister();
  SiteLister(const SiteLister&) = delete;
  SiteLister& operator=(const SiteLister&) = delete;

  struct Listing {
    uint64_t token = 0;
    Result<std::string> text;
  };
  // The sites that the process has at the recording's end.
  void ask(uint64_t token, std::string recording, ProcessKey process);
  // Readable when take() has something.
  int fd() const { return done_.get(); }
  std::vector<Listing> take();

 private:
  struct Question {
    uint64_t token = 0;
    std::string recording;
    ProcessKey process;
  };

  explicit SiteLister(UniqueFd done);
  void run();

  UniqueFd done_;  // eventfd
  std::mutex mutex_;
  std::condition_variable asked_;
  std::deque<Question> questions_;
  std::vector<Listing> listings_;
  bool stop_ = false;
  std::thread thread_;  // last: it uses the rest
};

}  // namespace tidemark
