// Every view at 80x24, 120x40 and 200x60 against tests/golden/tui;
// TIDEMARK_UPDATE_GOLDEN=1 rewrites those files.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/unit/tui/sample_run.h"

namespace tidemark {
namespace {

void check_golden(const std::string& name, const std::string& text) {
  const std::string path =
      std::string(TIDEMARK_SOURCE_DIR) + "/tests/golden/tui/" + name + ".txt";
  if (std::getenv("TIDEMARK_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path) << text;
    return;
  }
  std::ifstream file(path);
  ASSERT_TRUE(file) << path << ": missing; TIDEMARK_UPDATE_GOLDEN=1 writes it";
  std::stringstream expected;
  expected << file.rdbuf();
  EXPECT_EQ(text, expected.str()) << path;
}

struct Size {
  int width, height;
};

class GoldenView : public ::testing::TestWithParam<Size> {
 protected:
  void check(std::string_view view, Charset charset = Charset::utf8) {
    const auto [width, height] = GetParam();
    const SampleRun run;
    FrameSource source = run.open();
    Controller controller(source, charset, false);
    controller.set_verdicts(SampleRun::verdicts());
    ASSERT_TRUE(controller.open_view(view));
    ASSERT_TRUE(controller.go_to("+125s"));
    const std::string text = screen_text(controller, width, height, charset);
    check_golden(std::string(view) +
                     (charset == Charset::ascii ? "-ascii-" : "-") +
                     std::to_string(width) + "x" + std::to_string(height),
                 text);
  }
};

TEST_P(GoldenView, Overview) { check("overview"); }
TEST_P(GoldenView, OverviewInAscii) { check("overview", Charset::ascii); }
TEST_P(GoldenView, Processes) { check("processes"); }
TEST_P(GoldenView, Leaks) { check("leaks"); }
TEST_P(GoldenView, Cgroups) { check("cgroups"); }
TEST_P(GoldenView, Host) { check("host"); }
TEST_P(GoldenView, Compare) { check("compare"); }
TEST_P(GoldenView, Sensors) { check("sensors"); }
TEST_P(GoldenView, Events) { check("events"); }
TEST_P(GoldenView, Detail) { check("detail"); }
TEST_P(GoldenView, Help) { check("help"); }

TEST(GoldenList, EveryViewHasOne) {
  for (const ViewEntry& view : all_views()) {
    for (const char* size : {"-80x24", "-120x40", "-200x60"}) {
      std::ifstream file(std::string(TIDEMARK_SOURCE_DIR) +
                         "/tests/golden/tui/" + std::string(view.name) + size +
                         ".txt");
      EXPECT_TRUE(file) << view.name << size;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, GoldenView,
                         ::testing::Values(Size{80, 24}, Size{120, 40},
                                           Size{200, 60}),
                         [](const auto& size) {
                           return std::to_string(size.param.width) + "x" +
                                  std::to_string(size.param.height);
                         });

}  // namespace
}  // namespace tidemark
