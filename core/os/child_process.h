// Starts a command and holds it before its first instruction until told to go,
// so that nothing of its life is missed.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/os/unique_fd.h"

namespace tidemark {

// The path execvp(3) would run: `name` itself when it has a '/', else the first
// executable file of PATH. Errors: not_found, permission ("x: not executable").
Result<std::string> find_program(const std::string& name);

class ChildProcess {
 public:
  // Forks; the child waits. `environment` is added to ours. Its signal mask
  // is empty and its dispositions are the defaults. When this process dies
  // before release(), the child ends without running anything.
  static Result<ChildProcess> hold(
      const std::vector<std::string>& argv,
      const std::vector<std::pair<std::string, std::string>>& environment);

  Pid pid() const { return pid_; }
  // Lets it exec; returns when that succeeded or failed (then the child is
  // gone; error with exec's errno and the program's name).
  Status release();
  // kill(2) on the process; `gone` when it has been reaped.
  Status signal(int number);
  // Call when wait(2) returned this pid: signal() must hit nobody else.
  void reaped() { reaped_ = true; }

 private:
  ChildProcess() = default;

  Pid pid_;
  std::string name_;
  UniqueFd go_;      // a byte written here lets the child exec
  UniqueFd failed_;  // exec's errno comes back here; end of file: success
  bool reaped_ = false;
};

}  // namespace tidemark
