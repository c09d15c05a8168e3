// Gates and alerts while `tidemark record` runs, on real processes.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <tidemark/tidemark.h>

#include <algorithm>

#include "tests/integration/record_fixture.h"

namespace tidemark {
namespace {

// Takes one HTTP request on a loopback port of its own and keeps its text.
class HttpCatcher {
 public:
  HttpCatcher() {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(socket_, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(socket_, 4);
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~HttpCatcher() {
    ::shutdown(socket_, SHUT_RDWR);
    thread_.join();
    ::close(socket_);
  }
  std::string url() const {
    return "http://127.0.0.1:" + std::to_string(port_) + "/alerts";
  }
  std::string text() {
    ::shutdown(socket_, SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
    thread_ = std::thread([] {});
    return text_;
  }

 private:
  void serve() {
    while (true) {
      const int client = ::accept(socket_, nullptr, nullptr);
      if (client < 0) return;
      char buffer[8192];
      std::string request;
      while (request.find("\"phase\":") == std::string::npos) {
        const ssize_t n = ::read(client, buffer, sizeof buffer);
        if (n <= 0) break;
        request.append(buffer, static_cast<size_t>(n));
      }
      text_ += request;
      const std::string_view answer =
          "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
      EXPECT_GT(::write(client, answer.data(), answer.size()), 0);
      ::close(client);
    }
  }
  int socket_ = -1;
  uint16_t port_ = 0;
  std::string text_;
  std::thread thread_;
};

class LiveGatesTest : public RecordTest {
 protected:
  std::string script(const std::string& name, const std::string& text) const {
    const std::string file = path(name);
    std::ofstream(file) << "#!/bin/sh\n" << text;
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    return file;
  }
  std::string file_text(const std::string& name) const {
    std::ifstream file(path(name));
    return {std::istreambuf_iterator<char>(file), {}};
  }
  int check(const std::vector<std::string>& words) const {
    std::vector<std::string> all = {kTidemark, "check", output()};
    all.insert(all.end(), words.begin(), words.end());
    return wait_for(spawn(all));
  }
};

TEST_F(LiveGatesTest, AbortEndsTheCommandAndTheRecordingIsWhole) {
  // More than 1 MiB from the begin; it ignores SIGTERM.
  const std::string command =
      script("stubborn", "trap '' TERM\nwhile :; do sleep 0.1; done\n");
  const int code = record({"--interval", "100ms", "--gate",
                           "leaving: max(threads{comm='stubborn'}) < 1, abort",
                           "--", command});
  EXPECT_EQ(code, 30) << said();
  const ReadBack back = read();
  EXPECT_TRUE(back.closed);
  EXPECT_TRUE(back.damages.empty());
  const std::vector<Event> alerts = back.of(EventKind::alert);
  ASSERT_EQ(alerts.size(), 1u) << said();
  EXPECT_EQ(alerts[0].name, "leaving");
  EXPECT_EQ(alerts[0].value, 3);
  EXPECT_NE(alerts[0].text.find("beyond the limit of 1"), std::string::npos)
      << alerts[0].text;
  // It would not go, so it was killed.
  const auto ends = back.of(EventKind::command_end);
  ASSERT_EQ(ends.size(), 1u);
  EXPECT_EQ(ends[0].value, SIGKILL);
  EXPECT_NE(said().find("ABORTED"), std::string::npos) << said();
  // The same later, from the recording alone.
  EXPECT_EQ(check({"--gate", "max(threads) < 1000"}), 30);
}

TEST_F(LiveGatesTest, PhasesThatAreOpenWhenItAbortsAreAborted) {
  const std::string command =
      script("phased", std::string(kTidemark) +
                           " phase begin soak --kind steady\n"
                           "while :; do sleep 0.1; done\n");
  const int code = record({"--interval", "100ms", "--gate",
                           "max(threads{comm='phased'}) during soak < 1, "
                           "abort",
                           "--", command});
  EXPECT_EQ(code, 30) << said();
  const int made = wait_for(spawn({kTidemark, "report", output(), "-f", "json",
                                   "-o", path("report.json")}));
  EXPECT_EQ(made, 30);
  EXPECT_NE(file_text("report.json").find("\"status\": \"aborted\""),
            std::string::npos)
      << file_text("report.json").substr(0, 2000);
}

TEST_F(LiveGatesTest, AlertsReachACommandAndAWebhook) {
  HttpCatcher web;
  const std::string teller =
      script("teller",
             "cat >> " + path("told") +
                 "\necho \"$TIDEMARK_ALERT_STATE $TIDEMARK_ALERT_NAME\" >> " +
                 path("variables") + "\n");
  EXPECT_EQ(record({"--interval", "100ms", "--gate",
                    "many: max(threads{comm='sleep'}) < 1", "--on-alert",
                    teller, "--webhook", web.url(), "--", "sleep", "1.5"}),
            20)
      << said();
  EXPECT_NE(file_text("told").find("{\"name\":\"many\",\"state\":\"fail\""),
            std::string::npos)
      << file_text("told") << said();
  EXPECT_EQ(file_text("variables").substr(0, 9), "fail many");
  const std::string posted = web.text();
  EXPECT_NE(posted.find("POST /alerts HTTP/1.1"), std::string::npos) << posted;
  EXPECT_NE(posted.find("\"state\":\"fail\""), std::string::npos) << posted;
  // The courier's programs are no part of the run.
  const auto back = read();
  for (const Subject& subject : back.dictionary.subjects()) {
    if (!subject.id.valid() || !subject.watched) continue;
    EXPECT_NE(subject.name, "tidemark-alert");
    EXPECT_NE(subject.name, "teller");
  }
}

TEST_F(LiveGatesTest, ClientsHearOfAlertsAndAskForGates) {
  ::setenv("TIDEMARK_SOCKET", path("client.sock").c_str(), 1);
  const pid_t pid = start({"--interval", "100ms", "--gate",
                           "many: max(threads{comm='sleep'}) < 1", "--gate",
                           "heavy: max(gauge.load) < 10", "--", "sleep", "4"});
  tidemark_session* session = tidemark_open("listener", 0);
  ASSERT_NE(session, nullptr);
  EXPECT_TRUE(wait_until([&] {
    tidemark_note(session, "hello");
    return tidemark_connected(session) != 0;
  }));
  // "many" may have turned before we came; "heavy" turns by what we say.
  tidemark_gauge_set(session, tidemark_gauge(session, "load"), 50);
  tidemark_alert alert{};
  EXPECT_TRUE(wait_until([&] {
    return tidemark_alert_poll(session, &alert) == 1 &&
           std::string_view(alert.name) == "heavy";
  })) << alert.name;
  EXPECT_EQ(alert.status, TIDEMARK_GATE_FAIL);
  EXPECT_EQ(alert.value, 50);
  tidemark_gate_result now{};
  // Until there is a reading, it is inconclusive.
  EXPECT_TRUE(wait_until([&] {
    const auto answer =
        tidemark_gate(session, "max(threads{comm='sleep'}) < 1", 5000, &now);
    return answer == TIDEMARK_DONE && now.status != TIDEMARK_GATE_INCONCLUSIVE;
  }));
  EXPECT_EQ(now.status, TIDEMARK_GATE_FAIL) << now.reason;
  EXPECT_EQ(now.value, 1) << now.reason;
  EXPECT_EQ(tidemark_gate(session, "max(thraeds) < 1", 5000, &now),
            TIDEMARK_DONE);
  EXPECT_EQ(now.status, TIDEMARK_GATE_INCONCLUSIVE);
  EXPECT_NE(std::string(now.reason).find("threads"), std::string::npos)
      << now.reason;
  EXPECT_EQ(wait_for(pid), 20) << said();
  tidemark_close(session);
  ::unsetenv("TIDEMARK_SOCKET");
}

TEST_F(LiveGatesTest, ACommandThatHangsHoldsNothingUp) {
  const std::string hangs = script("hangs", "sleep 60\n");
  std::ofstream(path("t.toml"))
      << "alert_timeout = \"300ms\"\non_alert = [\"" << hangs << "\"]\n";
  const BootTime begin = clock_.now();
  EXPECT_EQ(record({"--interval", "100ms", "--config", path("t.toml"), "--gate",
                    "max(threads{comm='sleep'}) < 1", "--", "sleep", "1.5"}),
            20)
      << said();
  EXPECT_LT(clock_.now() - begin, std::chrono::seconds(30));
  EXPECT_NE(said().find("took longer than"), std::string::npos) << said();
  const ReadBack back = read();
  EXPECT_GE(back.ticks.size(), 10u);
}

TEST_F(LiveGatesTest, EndsAsSoonAsEachGateIsDecided) {
  const BootTime begin = clock_.now();
  EXPECT_EQ(record({"--interval", "100ms", "--until", "decided",
                    "--judge-every", "1s", "--max", "120s", "--gate",
                    "max(threads{comm='sleep'}) < 9", "--", "sleep", "300"}),
            0)
      << said();
  EXPECT_LT(clock_.now() - begin, std::chrono::seconds(60));
  EXPECT_NE(said().find("every gate is decided"), std::string::npos) << said();
}

TEST_F(LiveGatesTest, AGateThatNothingDecidesHoldsTheRunToItsEnd) {
  EXPECT_EQ(record({"--interval", "100ms", "--until", "decided",
                    "--judge-every", "1s", "--max", "6s", "--gate",
                    "max(threads{comm='nobody'}) < 9", "--", "sleep", "300"}),
            0)
      << said();
  EXPECT_EQ(said().find("every gate is decided"), std::string::npos) << said();
}

#ifdef TIDEMARK_LEAKING_SERVER
// A server that leaks in soak_block, recorded until it is judged three times.
class LiveLeakTest : public LiveGatesTest {
 protected:
  int record_leak(std::vector<std::string> words) {
    const std::vector<std::string> before = {
        "--heap=shim",   "--heap-sample=4KiB",
        "--interval",    "100ms",
        "--judge-every", "1s",
        "--max",         "120s",
        "--on-alert",    script("teller", "cat >> " + path("told") + "\n")};
    words.insert(words.begin(), before.begin(), before.end());
    for (const char* word : {"--", TIDEMARK_LEAKING_SERVER, "--cycles", "400",
                             "--load", "200", "--rest", "100"}) {
      words.emplace_back(word);
    }
    return record(words);
  }
};

TEST_F(LiveLeakTest, AVerdictThatThreeEvaluationsSharedIsProvisional) {
  EXPECT_EQ(
      record_leak({"--gate", "tight: leak(per_op_block) in {none}, abort"}), 30)
      << said();
  const std::vector<Event> alerts = read().of(EventKind::alert);
  ASSERT_GE(alerts.size(), 1u) << said();
  EXPECT_TRUE(std::ranges::any_of(alerts, [](const Event& alert) {
    return alert.name == "tight" &&
           alert.text.find("provisional") != std::string::npos;
  })) << alerts[0].text;
  EXPECT_NE(file_text("told").find("provisional"), std::string::npos);
}

TEST_F(LiveLeakTest, OfASuppressedLeakNoAlertTells) {
  std::ofstream(path("known.toml"))
      << "[[suppress]]\nsite = \"soak_block\"\nowner = \"core\"\n"
         "reason = \"known\"\nexpires = 2999-12-31\n";
  EXPECT_EQ(
      record_leak({"--suppress", path("known.toml"), "--until", "decided",
                   "--gate", "leak(per_op_block) in {none, startup, suspect}"}),
      0)
      << said();
  EXPECT_NE(said().find("every gate is decided"), std::string::npos) << said();
  EXPECT_NE(said().find("a known leak, suppressed until 2999-12-31"),
            std::string::npos)
      << said();
  const std::vector<Event> alerts = read().of(EventKind::alert);
  EXPECT_TRUE(alerts.empty()) << alerts[0].text;
  EXPECT_EQ(file_text("told"), "");
}
#endif

TEST_F(LiveGatesTest, TellsMistakesBeforeItRuns) {
  EXPECT_EQ(record({"--until", "decided", "--", "true"}), 64);
  EXPECT_EQ(record({"--on-alert", "no-such-program-here", "--", "true"}), 64);
  EXPECT_EQ(record({"--webhook", "ftp://x", "--", "true"}), 64);
  EXPECT_EQ(record({"--gate", "max(fds) < 3", "--gate", "max(fds) > 5", "--",
                    "true"}),
            64);
  EXPECT_NE(said().find("contradicts"), std::string::npos) << said();
  EXPECT_EQ(record({"--heap", "off", "--gate", "max(heap.live) < 1GiB", "--",
                    "true"}),
            64);
  EXPECT_NE(said().find("not traced"), std::string::npos) << said();
  EXPECT_FALSE(std::filesystem::exists(output()));
}

}  // namespace
}  // namespace tidemark
