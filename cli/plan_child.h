// A program that a plan starts: leader of a process group of its own, so that
// what it starts ends with it, and bound to our life. What it prints is kept,
// the last of it.
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/base/units.h"
#include "core/os/unique_fd.h"

namespace tidemark {

struct PlanCommand {
  std::vector<std::string> argv;
  std::string user;       // run as; "" = as we are
  std::string directory;  // "" = ours
  std::map<std::string, std::string> environment;
};

class PlanChild {
 public:
  // Errors: usage: no such user; exec's, with the program's name.
  static Result<PlanChild> start(const PlanCommand& command);
  PlanChild(PlanChild&& other) noexcept;
  PlanChild& operator=(PlanChild&&) = delete;
  // Kills its group if that may still live.
  ~PlanChild();

  pid_t pid() const { return pid_; }
  // Its output; readable now and then.
  int output_fd() const { return output_.get(); }
  void read_output();
  const std::string& output() const { return text_; }
  // The last line that is not empty, for people.
  std::string last_words() const;

  // Its wait status once it has ended; does not wait.
  std::optional<int> ended();
  // To the whole group. Nothing happens when it has ended.
  void signal(int number);
  // SIGKILL to what is left of the group, and reaps.
  void finish();

 private:
  PlanChild(pid_t pid, UniqueFd output)
      : pid_(pid), output_(std::move(output)) {}

  pid_t pid_ = -1;
  UniqueFd output_;
  std::string text_;
  std::optional<int> status_;
};

// "exited with 1", "died of signal 9 (Killed)".
std::string wait_status_text(int status);

}  // namespace tidemark
