// libtidemark for C++17: the C functions of tidemark.h as scopes.
//
//   tidemark::Session session("server");
//   tidemark::Run run(session, "soak");
//   tidemark::Phase phase(session, "steady", tidemark::Kind::steady);
//   static tidemark::Op request(session, "request");
//   ++request;
//   tidemark::Span span(checkout);   // failed if an exception leaves the scope
//
// All types are move-only and never throw; what has been moved from does
// nothing. Header-only over the C ABI.
#ifndef TIDEMARK_TIDEMARK_HPP_
#define TIDEMARK_TIDEMARK_HPP_

#include <tidemark/tidemark.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace tidemark {
// A program that also has other things of these names in namespace tidemark can
// say tidemark::client::Phase.
inline namespace client {

enum class Kind {
  custom = TIDEMARK_CUSTOM,
  setup = TIDEMARK_SETUP,
  warmup = TIDEMARK_WARMUP,
  ramp = TIDEMARK_RAMP,
  load = TIDEMARK_LOAD,
  steady = TIDEMARK_STEADY,
  cooldown = TIDEMARK_COOLDOWN,
  teardown = TIDEMARK_TEARDOWN,
  exclude = TIDEMARK_EXCLUDE,
};

enum class Answer {
  done = TIDEMARK_DONE,
  timed_out = TIDEMARK_TIMED_OUT,
  no_daemon = TIDEMARK_NO_DAEMON,
};

// What became of a gate that was evaluated now.
enum class Outcome {
  pass = TIDEMARK_GATE_PASS,
  warn = TIDEMARK_GATE_WARN,
  fail = TIDEMARK_GATE_FAIL,
  inconclusive = TIDEMARK_GATE_INCONCLUSIVE,
};

struct GateOutcome {
  Answer answer = Answer::no_daemon;
  tidemark_gate_result result{};

  Outcome outcome() const noexcept {
    return static_cast<Outcome>(result.status);
  }
  bool passed() const noexcept {
    return outcome() == Outcome::pass || outcome() == Outcome::warn;
  }
  double value() const noexcept { return result.value; }  // NaN: none
  const char* reason() const noexcept { return result.reason; }
};

class Session {
 public:
  explicit Session(const char* app, unsigned flags = 0) noexcept
      : session_(tidemark_open(app, flags)) {}
  explicit Session(const std::string& app, unsigned flags = 0) noexcept
      : Session(app.c_str(), flags) {}
  Session(Session&& other) noexcept
      : session_(std::exchange(other.session_, nullptr)) {}
  Session& operator=(Session&& other) noexcept {
    std::swap(session_, other.session_);
    return *this;
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() { tidemark_close(session_); }

  tidemark_session* get() const noexcept { return session_; }
  bool connected() const noexcept { return tidemark_connected(session_) != 0; }
  uint64_t dropped() const noexcept { return tidemark_dropped(session_); }

  void note(const char* text) const noexcept { tidemark_note(session_, text); }
  void note(const std::string& text) const noexcept { note(text.c_str()); }
  void snapshot(const char* name) const noexcept {
    tidemark_snapshot(session_, name);
  }
  // Of the run.
  void attribute(const char* key, const std::string& value) const noexcept {
    tidemark_attribute(session_, 0, key, value.c_str());
  }
  Answer quiesce(std::chrono::milliseconds timeout) const noexcept {
    return static_cast<Answer>(
        tidemark_quiesce(session_, static_cast<uint32_t>(timeout.count())));
  }
  Answer flush(std::chrono::milliseconds timeout) const noexcept {
    return static_cast<Answer>(
        tidemark_flush(session_, static_cast<uint32_t>(timeout.count())));
  }
  // Holds a gate, such as "max(rss_anon) < 1GiB", against the run so far.
  GateOutcome gate(const char* expression,
                   std::chrono::milliseconds timeout =
                       std::chrono::seconds(5)) const noexcept {
    GateOutcome outcome;
    outcome.answer = static_cast<Answer>(
        tidemark_gate(session_, expression,
                      static_cast<uint32_t>(timeout.count()), &outcome.result));
    return outcome;
  }
  // The oldest alert that was not taken yet.
  std::optional<tidemark_alert> alert() const noexcept {
    tidemark_alert alert;
    if (tidemark_alert_poll(session_, &alert) == 0) return std::nullopt;
    return alert;
  }

 private:
  tidemark_session* session_ = nullptr;
};

namespace detail {

// True when a new exception is on its way since this was made.
class Unwinding {
 public:
  bool now() const noexcept { return std::uncaught_exceptions() > before_; }

 private:
  int before_ = std::uncaught_exceptions();
};

}  // namespace detail

// One test. Ends as ok; as failed when an exception leaves the scope.
class Run {
 public:
  Run(const Session& session, const char* name) noexcept
      : session_(session.get()) {
    tidemark_run_begin(session_, name);
  }
  Run(const Session& session, const std::string& name) noexcept
      : Run(session, name.c_str()) {}
  Run(Run&& other) noexcept
      : session_(std::exchange(other.session_, nullptr)) {}
  Run& operator=(Run&&) = delete;
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  ~Run() { end(unwinding_.now() ? TIDEMARK_RUN_FAILED : TIDEMARK_RUN_OK); }

  void end(tidemark_run_status status) noexcept {
    if (session_ != nullptr) tidemark_run_end(session_, status);
    session_ = nullptr;
  }

 private:
  tidemark_session* session_;
  detail::Unwinding unwinding_;
};

class Phase {
 public:
  Phase(const Session& session, const char* name,
        Kind kind = Kind::custom) noexcept
      : session_(session.get()),
        handle_(tidemark_phase_begin(session_, name,
                                     static_cast<tidemark_phase_kind>(kind))) {}
  Phase(const Session& session, const std::string& name,
        Kind kind = Kind::custom) noexcept
      : Phase(session, name.c_str(), kind) {}
  Phase(Phase&& other) noexcept
      : session_(other.session_), handle_(std::exchange(other.handle_, 0)) {}
  Phase& operator=(Phase&&) = delete;
  Phase(const Phase&) = delete;
  Phase& operator=(const Phase&) = delete;
  ~Phase() { end(); }

  void attribute(const char* key, const std::string& value) const noexcept {
    tidemark_attribute(session_, handle_, key, value.c_str());
  }

  void end() noexcept {
    tidemark_phase_end(session_, std::exchange(handle_, 0));
  }

 private:
  tidemark_session* session_;
  uint64_t handle_;
};

namespace detail {

class Metric {
 public:
  Metric(Metric&& other) noexcept
      : session_(other.session_),
        id_(std::exchange(other.id_, TIDEMARK_NO_METRIC)) {}
  Metric& operator=(Metric&& other) noexcept {
    session_ = other.session_;
    id_ = std::exchange(other.id_, TIDEMARK_NO_METRIC);
    return *this;
  }
  Metric(const Metric&) = delete;
  Metric& operator=(const Metric&) = delete;

  tidemark_session* session() const noexcept { return session_; }
  tidemark_metric id() const noexcept { return id_; }

 protected:
  Metric(tidemark_session* session, tidemark_metric id) noexcept
      : session_(session), id_(id) {}
  ~Metric() = default;

 private:
  tidemark_session* session_;
  tidemark_metric id_;
};

}  // namespace detail

// A kind of unit of work: ++op when one is done, failed() when it went wrong.
class Op : public detail::Metric {
 public:
  Op(const Session& session, const char* name) noexcept
      : Metric(session.get(), tidemark_op(session.get(), name)) {}

  Op& operator++() noexcept { return *this += 1; }
  Op& operator+=(uint64_t n) noexcept {
    tidemark_done(session(), id(), n);
    return *this;
  }
  void failed(uint64_t n = 1) noexcept { tidemark_failed(session(), id(), n); }
  // Leaks of this process are told per this op.
  void make_primary() noexcept { tidemark_primary_op(session(), id()); }
};

class Counter : public detail::Metric {
 public:
  Counter(const Session& session, const char* name) noexcept
      : Metric(session.get(), tidemark_counter(session.get(), name)) {}

  Counter& operator++() noexcept { return *this += 1; }
  Counter& operator+=(uint64_t n) noexcept {
    tidemark_count(session(), id(), n);
    return *this;
  }
};

class Gauge : public detail::Metric {
 public:
  Gauge(const Session& session, const char* name) noexcept
      : Metric(session.get(), tidemark_gauge(session.get(), name)) {}

  Gauge& operator=(double value) noexcept {
    tidemark_gauge_set(session(), id(), value);
    return *this;
  }
  Gauge& operator+=(double delta) noexcept {
    tidemark_gauge_add(session(), id(), delta);
    return *this;
  }
  Gauge& operator-=(double delta) noexcept { return *this += -delta; }
  Gauge& operator++() noexcept { return *this += 1.0; }
  Gauge& operator--() noexcept { return *this += -1.0; }
};

// The name of a timed operation; Span times one.
class SpanName : public detail::Metric {
 public:
  SpanName(const Session& session, const char* name) noexcept
      : Metric(session.get(), tidemark_span(session.get(), name)) {}

  // A duration that the caller measured.
  void record(std::chrono::nanoseconds duration, bool ok = true) noexcept {
    tidemark_span_record(session(), id(), duration.count(), ok ? 1 : 0);
  }
};

// An op with a duration, for loads that know when each op should have started:
// what waits for a slow system is then counted, not omitted.
class TimedOp : public detail::Metric {
 public:
  using Clock = std::chrono::nanoseconds;  // since boot, as tidemark_now()

  TimedOp(const Session& session, const char* name, bool paced) noexcept
      : Metric(session.get(),
               tidemark_timed_op(session.get(), name, paced ? 1 : 0)) {}

  static Clock now() noexcept { return Clock(tidemark_now()); }
  void done(Clock start, bool ok = true) noexcept {
    tidemark_op_done(session(), id(), 0, start.count(), ok ? 1 : 0);
  }
  void done(Clock intended, Clock start, bool ok) noexcept {
    tidemark_op_done(session(), id(), intended.count(), start.count(),
                     ok ? 1 : 0);
  }
};

// A span that begins in one place and ends in another (a coroutine, a callback)
// under the program's own id. True if it was counted.
inline bool async_begin(const SpanName& span, uint64_t id) noexcept {
  return tidemark_async_begin(span.session(), span.id(), id) != 0;
}
inline bool async_end(const SpanName& span, uint64_t id,
                      bool ok = true) noexcept {
  return tidemark_async_end(span.session(), span.id(), id, ok ? 1 : 0) != 0;
}

// From construction to end of scope; an error when told so by fail(), or when
// an exception leaves the scope.
class Span {
 public:
  explicit Span(const SpanName& name) noexcept
      : session_(name.session()),
        state_(tidemark_span_begin(session_, name.id())) {}
  Span(Span&& other) noexcept
      : session_(std::exchange(other.session_, nullptr)),
        state_(other.state_),
        ok_(other.ok_) {}
  Span& operator=(Span&&) = delete;
  Span(const Span&) = delete;
  Span& operator=(const Span&) = delete;
  ~Span() { end(); }

  void fail() noexcept { ok_ = false; }
  void end() noexcept {
    if (session_ == nullptr) return;
    const bool ok = ok_ && !unwinding_.now();
    tidemark_span_end(std::exchange(session_, nullptr), state_, ok ? 1 : 0);
  }

 private:
  tidemark_session* session_;
  tidemark_span_state state_;
  bool ok_ = true;
  detail::Unwinding unwinding_;
};

// Calls `call` with each alert, from a thread of its own, until it is
// destroyed. The session must outlive it. What `call` throws ends the program.
class AlertWatch {
 public:
  template <typename Call>
  AlertWatch(const Session& session, Call call)
      : thread_([this, raw = session.get(), call = std::move(call)]() mutable {
          while (!ended_.load(std::memory_order_acquire)) {
            tidemark_alert alert;
            const auto answer = tidemark_alert_wait(raw, kStepMs, &alert);
            if (answer == TIDEMARK_DONE) {
              call(alert);
            } else if (answer == TIDEMARK_NO_DAEMON) {
              std::this_thread::sleep_for(std::chrono::milliseconds(kStepMs));
            }
          }
        }) {}
  AlertWatch(const AlertWatch&) = delete;
  AlertWatch& operator=(const AlertWatch&) = delete;
  ~AlertWatch() {
    ended_.store(true, std::memory_order_release);
    thread_.join();
  }

 private:
  static constexpr uint32_t kStepMs = 100;

  std::atomic<bool> ended_{false};
  std::thread thread_;
};

}  // namespace client
}  // namespace tidemark

#endif  // TIDEMARK_TIDEMARK_HPP_
