// Zoom, comparison, marks, clicks, settings and pictures; and 200 hostile
// strings in every text field of a recording.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "core/base/text.h"
#include "tests/unit/tui/sample_run.h"
#include "tui/settings.h"
#include "tui/svg.h"

namespace tidemark {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class SurfaceTest : public ::testing::Test {
 protected:
  std::string screen() { return screen_text(controller_, 120, 40); }
  void read_all() {
    while (controller_.reading()) controller_.read_on(100);
  }

  SampleRun run_;
  FrameSource source_ = run_.open();
  Controller controller_{source_, Charset::utf8, false};
};

TEST_F(SurfaceTest, ZoomShowsAPartAndItsOwnCourses) {
  ASSERT_TRUE(controller_.go_to("+100s"));
  controller_.handle('+');
  controller_.handle('+');
  read_all();
  EXPECT_THAT(screen(), HasSubstr("zoom x4"));
  EXPECT_THAT(screen(), HasSubstr(" 52s"));
  controller_.handle(keys::kHome);  // the window follows
  read_all();
  EXPECT_THAT(screen(), HasSubstr("zoom x4"));
  for (int i = 0; i < 3; ++i) controller_.handle('-');
  EXPECT_THAT(screen(), HasSubstr(" phases "));
  for (int i = 0; i < 20; ++i) controller_.handle('+');
  EXPECT_THAT(screen(), HasSubstr("nothing finer was sampled"));
}

TEST_F(SurfaceTest, ARunBesideItselfIsTheSame) {
  controller_.set_verdicts(source_.judge());
  EXPECT_THAT((controller_.handle('7'), screen()), HasSubstr("press o"));
  ASSERT_TRUE(controller_.compare_with(run_.path()));
  EXPECT_THAT(screen(), HasSubstr("reading"));
  read_all();
  const std::string text = screen();
  EXPECT_THAT(text, HasSubstr("anon at end"));
  EXPECT_THAT(text, HasSubstr("+0%"));
  EXPECT_THAT(text, Not(HasSubstr("!!")));
  EXPECT_FALSE(controller_.compare_with("/nowhere.tmk"));
}

TEST_F(SurfaceTest, MarksGoOutOnlyWhileItIsWritten) {
  std::string sent;
  controller_.set_mark_writer([&](const std::string& text) {
    sent = text;
    return Status();
  });
  controller_.handle('m');
  type(controller_, "deploy");
  controller_.handle(keys::kEnter);
  EXPECT_EQ(sent, "");
  EXPECT_THAT(screen(), HasSubstr("being written"));

  const SampleRun open(false);
  FrameSource source = open.open();
  Controller live(source, Charset::utf8, true);
  live.set_mark_writer([&](const std::string& text) {
    sent = text;
    return Status();
  });
  Canvas canvas(120, 40, Charset::utf8);
  live.draw(canvas, at_second(kSeconds + 1));
  live.handle('m');
  type(live, "deploy 2");
  live.handle(keys::kEnter);
  EXPECT_EQ(sent, "deploy 2");
}

TEST_F(SurfaceTest, ClicksSelectSortAndTravel) {
  ASSERT_TRUE(controller_.go_to("+125s"));
  controller_.handle('2');
  screen();
  controller_.click({5, 6, Click::Button::once});  // the second row
  EXPECT_THAT(screen(), HasSubstr("▶worker"));
  controller_.click({5, 4, Click::Button::once});  // PROCESS
  EXPECT_THAT(screen(), HasSubstr("by PROCESS"));
  controller_.click({13, 2, Click::Button::once});  // the bar's begin
  EXPECT_THAT(screen(), HasSubstr("at 00:00:0"));
  controller_.click({5, 6, Click::Button::twice});
  EXPECT_THAT(screen(), HasSubstr("─ figures ─"));
  controller_.click({2, 39, Click::Button::once});  // F1
  EXPECT_THAT(screen(), HasSubstr("─ signs ─"));
}

TEST_F(SurfaceTest, APictureHasEveryGlyphAndNoMarkupOfForeignNames) {
  Canvas canvas(60, 3, Charset::utf8);
  const Pane pane(canvas);
  pane.text(0, 0, "<script>alert('x')</script>&\x1b[31m");
  pane.glyph(0, 1, 0x28FF, {Tone::cpu, false, false});
  pane.shade({0, 1, 4, 1});
  const std::string svg = to_svg(canvas, Theme::dark);
  EXPECT_THAT(svg, HasSubstr("&lt;script&gt;"));
  EXPECT_THAT(svg, Not(HasSubstr("<script")));
  EXPECT_EQ(svg.find('\x1b'), std::string::npos);
  EXPECT_THAT(svg, HasSubstr("<path fill=\"#87d787\""));
  EXPECT_TRUE(svg.ends_with("</svg>\n"));
}

TEST(Settings, AreKeptAndRefusedWithTheirLine) {
  Settings settings;
  settings.theme = Theme::contrast;
  settings.sort = ProcessColumn::fds;
  settings.tree = true;
  const auto again = parse_settings(format_settings(settings));
  ASSERT_TRUE(again) << again.error().what;
  EXPECT_EQ(*again, settings);
  EXPECT_EQ(*parse_settings(""), Settings{});
  const auto unknown = parse_settings("tree = true\ncolour = 1\n");
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().what, HasSubstr("line 2"));
  EXPECT_FALSE(parse_settings("tree = 1"));
  EXPECT_FALSE(parse_settings("theme = \"pink\""));
  EXPECT_FALSE(parse_settings("theme = "));
  EXPECT_FALSE(parse_settings("sort = \"nothing\""));
}

// Escapes, C1, bidi, wide, combining, invalid UTF-8, and random bytes.
std::string hostile(int i) {
  static const std::vector<std::string> kSeeds = {
      "\x1b]0;owned\x07",
      "\x1b[2J\x1b[H",
      "\xc2\x9b"
      "31m",
      "\xe2\x80\xae"
      "evil",
      "\xe2\x81\xa6x",
      "a\nb\r\tc\b",
      "\xf0\x9f\x92\xa9",
      "e\xcc\x81\xcc\x82\xcc\x83",
      "\xff\xfe\xc0\x80",
      "\x9b"
      "?1049h",
      "\xe2\x80\x8b\xef\xbb\xbf",
      "\x0e\x0f\x7f",
      "\xd7\xa9\xd7\x9c",
      "\xe4\xb8\xad\xe6\x96\x87",
      "\x1bP1$r\x1b\\",
  };
  std::mt19937 random(static_cast<unsigned>(i));
  std::string text = kSeeds[static_cast<size_t>(i) % kSeeds.size()];
  for (int n = 0; n < 24; ++n) text += static_cast<char>(random() % 256);
  return text;
}

// Glyphs and newlines only: nothing a terminal would act upon.
void expect_plain(const std::string& text, int seed) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    ASSERT_TRUE(byte >= 0x20 || byte == '\n') << seed;
    ASSERT_NE(byte, 0x7F) << seed;
    if (byte == 0xC2 && i + 1 < text.size()) {
      ASSERT_GE(static_cast<unsigned char>(text[i + 1]), 0xA0) << seed;
    }
  }
  for (const char* bidi : {"\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x80\x8b"}) {
    ASSERT_EQ(text.find(bidi), std::string::npos) << seed;
  }
}

// A recording whose every text is `text`.
std::string write_hostile(const std::string& text) {
  const auto path = std::filesystem::temp_directory_path() /
                    ("tui_hostile_" + std::to_string(::getpid()) + ".tmk");
  std::filesystem::remove(path);
  RecordingInfo info;
  info.uuid.fill(9);
  info.producer = info.host = info.kernel = info.cpu_model = text;
  info.command = {text};
  info.levels = {text + ": " + text};
  info.interval_ns = kTick;
  auto writer = RecordingWriter::create(path.string(), info);
  EXPECT_TRUE(writer);
  const SubjectKind kinds[] = {SubjectKind::process, SubjectKind::cgroup,
                               SubjectKind::device,  SubjectKind::cpu,
                               SubjectKind::self,    SubjectKind::client};
  const char* metrics[] = {"cpu_user", "cgroup.memory", "disk.reads",
                           "cpu.user", "self.dropped",  "op."};
  Frame frame;
  frame.interval_ns = kTick;
  for (uint32_t i = 0; i < 6; ++i) {
    const std::string name = i == 5 ? "op." + text : metrics[i];
    writer->define(Metric{MetricId(i), name, kinds[i], MetricKind::counter,
                          Unit::count, text});
    Subject subject;
    subject.id = SubjectId(i);
    subject.kind = kinds[i];
    subject.name = subject.command = subject.exe = text;
    subject.cgroup = subject.role = text;
    subject.watched = i == 0;
    subject.process = {Pid{77}, 1};
    writer->define(subject);
    frame.columns.push_back(
        {MetricId(i), BootTime(), Nanoseconds(0), {SubjectId(i)}, {5}});
  }
  EXPECT_TRUE(writer->define(Module{ModuleId(0), text, text.substr(0, 20)}));
  EXPECT_TRUE(writer->define(AddressSymbols{
      {ModuleId(0), 1}, {{text, text, 7, true}, {text, text, 9, false}}}));
  EXPECT_TRUE(writer->define(
      Stack{StackId(0), {{ModuleId(0), 1}, {ModuleId(0), 2}}, {}, true}));
  using enum EventKind;
  std::vector<Event> events;
  for (const EventKind kind :
       {run_begin, phase_begin, note, degraded, alert, governor, exec}) {
    Event event;
    event.time = at_second(0);
    event.kind = kind;
    event.subject = SubjectId(5);
    event.name = event.text = text;
    events.push_back(event);
  }
  EXPECT_TRUE(writer->write_events(events));
  for (int second = 0; second < 3; ++second) {
    frame.time = at_second(second);
    for (Column& column : frame.columns) column.read_begin = frame.time;
    EXPECT_TRUE(writer->write_frame(frame, info.anchor));
  }
  EXPECT_TRUE(writer->close(at_second(3)));
  return path.string();
}

TEST(Hostile, TwoHundredStringsInEveryTextFieldLeaveGlyphsOnly) {
  ::setlocale(LC_CTYPE, "C.UTF-8");
  for (int i = 0; i < 200; ++i) {
    const std::string text = hostile(i);
    const std::string path = write_hostile(text);
    auto source = FrameSource::open(path);
    ASSERT_TRUE(source);
    source->follow();
    Controller controller(*source, Charset::utf8, false);
    Verdicts verdicts = source->judge();
    Finding finding;
    finding.subject = SubjectId(0);
    finding.reason = finding.leak_class = finding.op_name = text;
    finding.phases = {text};
    finding.verdict = Verdict::leak;
    FindingSite site;
    site.kind = SiteKind::heap;
    site.stack = StackId(0);
    site.cohorts = {{text, 1, 5, {5, 5}}, {text, 2, 5, {5}}};
    finding.sites = {site};
    verdicts.findings.push_back(finding);
    controller.set_verdicts(verdicts);
    ASSERT_EQ(source->stacks().resolve(StackId(0)).size(), 3u);
    ASSERT_TRUE(controller.compare_with(path));
    while (controller.reading()) controller.read_on(1000);
    for (const ViewEntry& view : all_views()) {
      ASSERT_TRUE(controller.open_view(view.name));
      expect_plain(screen_text(controller, 200, 60), i);
    }
    controller.say(text);
    expect_plain(screen_text(controller, 200, 60), i);
    std::filesystem::remove(path);
  }
}

}  // namespace
}  // namespace tidemark
