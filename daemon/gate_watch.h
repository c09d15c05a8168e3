// Watches a recording while it is written and holds it against its gates, on a
// thread of its own: it follows the file's tail like any reader, so that what
// fires live is what `tidemark check` would say of the same file.
//
// Windows answer most gates at every frame. Slopes, verdicts and whatever is
// per op are judged over the whole recording now and then: at least
// `judge_every` apart, and never more than 1 part in 400 of the thread's time,
// so that eight hours cost no more than one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/analysis/live_gates.h"
#include "core/analysis/suppressions.h"
#include "core/base/result.h"
#include "daemon/client_notices.h"
#include "daemon/role_findings.h"

namespace tidemark {

// What a run is held against while it goes on.
struct GateRules {
  std::vector<Gate> gates;
  std::vector<Suppression> suppressions;  // leaks that nobody is to hear of
  LiveGateOptions live;
  Nanoseconds judge_every = std::chrono::seconds(30);
  // Judge all of them now and then, for GateWatch::decided().
  bool until_decided = false;
  // Tell of leaks too, though no gate speaks of them.
  bool findings = false;
  // But not of a recording, or part, beyond so many bytes: what it takes to
  // judge one grows with it, about three times as much.
  int64_t most_judged = INT64_MAX;

  bool wanted() const { return !gates.empty() || findings; }
};

class GateWatch {
 public:
  // `recording` exists already; of one in parts the present part, which is
  // followed into the next. Gates that take the whole run get no answer there.
  // Error: the thread or its wake-up cannot be made.
  static Result<std::unique_ptr<GateWatch>> start(GateRules rules,
                                                  std::string recording);
  ~GateWatch();
  GateWatch(const GateWatch&) = delete;
  GateWatch& operator=(const GateWatch&) = delete;

  // Readable when take() has something.
  int fd() const;
  struct News {
    std::vector<GateAlert> alerts;
    struct Answer {
      GateRequest request;
      GateAnswer answer;
    };
    std::vector<Answer> answers;
    std::optional<RoleFindings> findings;  // judged anew
    bool decided = false;                  // all gates are; stays so
  };
  News take();

  // A client's question; answered by a later take(). At most 64 wait. Reading
  // the recording for them takes no more than 1 part in 4 of the thread's time.
  void ask(GateRequest request);

 private:
  struct Impl;
  explicit GateWatch(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemark
