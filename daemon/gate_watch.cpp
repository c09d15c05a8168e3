#include "daemon/gate_watch.h"

#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <deque>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "core/os/log.h"
#include "core/os/system_clock.h"
#include "core/os/unique_fd.h"
#include "core/store/recording_reader.h"
#include "core/store/recording_series.h"

namespace tidemark {
namespace {

// Wall time per time of judging the whole recording.
constexpr int64_t kSparing = 400;
// The same of clients' questions, for which all of it is read, too: those that
// come meanwhile are answered together.
constexpr int64_t kAnswering = 4;
constexpr size_t kMostQuestions = 64;

Nanoseconds thread_cpu() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + Nanoseconds(time.tv_nsec);
}

Result<UniqueFd> make_eventfd() {
  UniqueFd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!fd.valid()) return fail_errno("eventfd", errno);
  return fd;
}

void ring(int fd) { ::eventfd_write(fd, 1); }

void calm(int fd) {
  eventfd_t count = 0;
  ::eventfd_read(fd, &count);
}

GateAnswer answer_of(const GateResult& result) {
  return {result.status, result.value, result.reason};
}

}  // namespace

struct GateWatch::Impl {
  Impl(GateRules given, std::string path)
      : rules(std::move(given)),
        recording(std::move(path)),
        live(rules.gates, rules.live) {}

  void run();
  bool open();
  void follow();
  bool open_next_part();
  void take(const RecordingItem& item);
  void judge();
  bool wants_judging() const;
  bool is_too_large() const;
  void answer_questions();
  // The recording as it is now, held against these.
  struct Judged {
    std::vector<GateResult> results;
    BootTime time;
  };
  Result<Judged> hold_against(const std::vector<Gate>& gates, bool findings);
  void publish();

  GateRules rules;
  std::string recording;
  SystemClock clock;
  UniqueFd news_fd, wake_fd;
  std::atomic<bool> stop = false;

  // The watching thread's own.
  std::optional<RecordingReader> reader;
  // The part before, until the gates know the new one's names.
  std::optional<RecordingReader> last_part;
  bool first_item = false;  // of a further part
  LiveGates live;
  std::optional<RoleFindings> found;  // not yet told
  BootTime judged;                    // when it last judged the whole, or began
  Nanoseconds last_cost{0};
  BootTime next_answers;  // not before
  Nanoseconds pause = std::chrono::milliseconds(250);

  std::mutex mutex;  // of what both threads touch
  News news;
  std::deque<GateRequest> questions;

  std::thread thread;
};

bool GateWatch::Impl::open() {
  if (reader) return true;
  auto opened = RecordingReader::open(recording);
  if (!opened) return false;  // not yet, perhaps
  reader = std::move(*opened);
  pause = std::clamp(Nanoseconds(reader->info().interval_ns) / 4,
                     Nanoseconds(std::chrono::milliseconds(20)),
                     Nanoseconds(std::chrono::milliseconds(500)));
  return true;
}

void GateWatch::Impl::run() {
  ::pthread_setname_np(::pthread_self(), "tidemark-gates");
  judged = clock.now();
  while (!stop.load(std::memory_order_acquire)) {
    if (open()) {
      follow();
      answer_questions();
      if (wants_judging()) judge();
      publish();
    }
    pollfd wake{wake_fd.get(), POLLIN, 0};
    ::poll(&wake, 1, static_cast<int>(pause.count() / 1'000'000));
    calm(wake_fd.get());
  }
}

void GateWatch::Impl::follow() {
  do {
    while (const auto item = reader->next()) {
      if (stop.load(std::memory_order_relaxed)) return;
      take(*item);
    }
  } while (reader->closed() && open_next_part());
}

void GateWatch::Impl::take(const RecordingItem& item) {
  // What is open is told once more at a part's head (OpenMarks).
  const bool is_repeated = std::exchange(first_item, false) &&
                           item.events != nullptr && !item.events->empty() &&
                           item.events->front().received < item.time;
  if (is_repeated) return;
  if (item.frame != nullptr) {
    live.on_frame(*item.frame, reader->dictionary());
    last_part.reset();
  }
  if (item.events == nullptr) return;
  for (const Event& event : *item.events) live.on_event(event);
}

bool GateWatch::Impl::open_next_part() {
  const auto next = next_part(recording);
  if (!next) return false;
  auto opened = RecordingReader::open(*next);
  if (!opened) return false;
  last_part = std::exchange(reader, std::move(*opened));
  recording = *next;
  first_item = true;
  return true;
}

bool GateWatch::Impl::wants_judging() const {
  const bool asked =
      rules.until_decided || rules.findings || live.needs_verdicts();
  const Nanoseconds least = std::max(rules.judge_every, last_cost * kSparing);
  return asked && clock.now() - judged >= least && !is_too_large();
}

bool GateWatch::Impl::is_too_large() const {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(recording, error);
  return !error && std::cmp_greater(bytes, rules.most_judged);
}

Result<GateWatch::Impl::Judged> GateWatch::Impl::hold_against(
    const std::vector<Gate>& gates, bool findings) {
  TIDEMARK_TRY(RecordingReader whole, RecordingReader::open(recording));
  RunAnalysis analysis;
  GateStore store(gates);
  Judged judged_now;
  while (const auto item = whole.next()) {
    if (stop.load(std::memory_order_relaxed)) break;
    judged_now.time = std::max(judged_now.time, item->time);
    if (item->frame != nullptr) {
      analysis.on_frame(*item->frame, item->chapter_begin, whole.dictionary());
      store.on_frame(*item->frame, whole.dictionary());
    }
    if (item->gap != nullptr) {
      analysis.on_gap(item->gap->from, item->gap->to, item->gap->ticks,
                      item->gap->reason);
    }
    if (item->events == nullptr) continue;
    for (const Event& event : *item->events) {
      analysis.on_event(event);
      store.on_event(event);
    }
  }
  RunSummary summary = analysis.summarize(whole.dictionary());
  constexpr int64_t kSecond = 1'000'000'000;
  apply_suppressions(rules.suppressions,
                     whole.info().anchor.realtime_at(summary.begin) / kSecond,
                     summary, whole.dictionary(), whole.stacks());
  judged_now.results =
      evaluate_gates(gates, store, analysis, summary, whole.dictionary(),
                     {whole.info().cpu_count, false});
  if (findings) {
    live.on_findings(summary.findings, whole.dictionary(), judged_now.time);
    found =
        findings_by_role(summary.findings, whole.dictionary(), judged_now.time);
  }
  return judged_now;
}

void GateWatch::Impl::judge() {
  const Nanoseconds before = thread_cpu();
  const auto now = hold_against(rules.gates, rules.findings);
  judged = clock.now();
  last_cost = thread_cpu() - before;
  ::malloc_trim(0);  // a whole run's series were in memory for a moment
  if (!now) return log_warning("gates: " + now.error().what);
  live.on_verdicts(now->results, now->time);
}

void GateWatch::Impl::answer_questions() {
  if (clock.now() < next_answers) return;
  std::deque<GateRequest> asked;
  {
    const std::scoped_lock lock(mutex);
    asked.swap(questions);
  }
  if (asked.empty()) return;
  std::vector<Gate> gates;
  std::vector<size_t> places;
  std::vector<GateAnswer> answers(asked.size());
  const auto lookup = [](const char* name) { return std::getenv(name); };
  for (size_t i = 0; i < asked.size(); ++i) {
    auto gate = make_gate(asked[i].expr, "client", lookup);
    if (!gate) {
      answers[i].reason = std::move(gate).error().what;
      continue;
    }
    places.push_back(i);
    gates.push_back(std::move(*gate));
  }
  const Nanoseconds before = thread_cpu();
  const auto now = hold_against(gates, false);
  next_answers = clock.now() + (thread_cpu() - before) * (kAnswering - 1);
  for (size_t k = 0; k < places.size(); ++k) {
    GateAnswer& answer = answers[places[k]];
    if (now) {
      answer = answer_of(now->results[k]);
    } else {
      answer.reason = now.error().what;
    }
  }
  const std::scoped_lock lock(mutex);
  for (size_t i = 0; i < asked.size(); ++i) {
    news.answers.push_back({std::move(asked[i]), std::move(answers[i])});
  }
}

void GateWatch::Impl::publish() {
  std::vector<GateAlert> alerts = live.take_alerts();
  const bool decided = rules.until_decided && live.decided();
  const std::scoped_lock lock(mutex);
  std::ranges::move(alerts, std::back_inserter(news.alerts));
  const bool judged_anew = found.has_value();
  if (judged_anew) news.findings = std::exchange(found, std::nullopt);
  const bool newly = decided && !news.decided;
  news.decided |= decided;
  if (newly || judged_anew || !news.alerts.empty() || !news.answers.empty()) {
    ring(news_fd.get());
  }
}

GateWatch::GateWatch(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<GateWatch>> GateWatch::start(GateRules rules,
                                                    std::string recording) {
  auto impl = std::make_unique<Impl>(std::move(rules), std::move(recording));
  TIDEMARK_TRY(impl->news_fd, make_eventfd());
  TIDEMARK_TRY(impl->wake_fd, make_eventfd());
  impl->thread = std::thread([watch = impl.get()] { watch->run(); });
  return std::unique_ptr<GateWatch>(new GateWatch(std::move(impl)));
}

GateWatch::~GateWatch() {
  impl_->stop.store(true, std::memory_order_release);
  ring(impl_->wake_fd.get());
  impl_->thread.join();
}

int GateWatch::fd() const { return impl_->news_fd.get(); }

GateWatch::News GateWatch::take() {
  calm(impl_->news_fd.get());
  const std::scoped_lock lock(impl_->mutex);
  News taken = std::move(impl_->news);
  impl_->news = {};
  impl_->news.decided = taken.decided;
  return taken;
}

void GateWatch::ask(GateRequest request) {
  {
    const std::scoped_lock lock(impl_->mutex);
    if (impl_->questions.size() >= kMostQuestions) {
      impl_->news.answers.push_back(
          {std::move(request),
           {GateStatus::inconclusive, std::nullopt, "too many questions"}});
      ring(impl_->news_fd.get());
      return;
    }
    impl_->questions.push_back(std::move(request));
  }
  ring(impl_->wake_fd.get());
}

}  // namespace tidemark
