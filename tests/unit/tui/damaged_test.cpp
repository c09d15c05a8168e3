// Recordings that are torn, empty or long: every view draws what there is.
#include <gtest/gtest.h>

#include <fstream>

#include "tests/unit/tui/sample_run.h"
#include "tui/live_recording.h"

namespace tidemark {
namespace {

std::string folder_of_test() {
  const auto path = std::filesystem::temp_directory_path() /
                    ("tui_damaged_" + std::to_string(::getpid()));
  std::filesystem::remove_all(path);
  std::filesystem::create_directories(path);
  return path.string();
}

// What every view says of the recording; nothing when it is refused.
std::string draw_all(const std::string& path) {
  auto source = FrameSource::open(path);
  if (!source) {
    EXPECT_FALSE(source.error().what.empty());
    return {};
  }
  source->follow();
  Controller controller(*source, Charset::utf8, false);
  controller.set_verdicts(source->judge());
  std::string text;
  for (const ViewEntry& view : all_views()) {
    EXPECT_TRUE(controller.open_view(view.name));
    for (const Key key : std::initializer_list<Key>{keys::kHome, '[', ']', 'T',
                                                    '+', keys::kEnd}) {
      controller.handle(key);
      text += screen_text(controller, 120, 40);
    }
  }
  return text;
}

TEST(Damaged, ATornRecordingShowsWhatItHas) {
  const SampleRun run;
  std::ifstream file(run.path(), std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  const std::string torn = folder_of_test() + "/torn.tmk";
  for (size_t i = 0; i < 24; ++i) {
    std::ofstream(torn, std::ios::binary)
        << bytes.substr(0, bytes.size() * i / 24);
    const std::string text = draw_all(torn);
    if (i > 12) {
      EXPECT_NE(text.find("shopd"), std::string::npos) << i;
    }
  }
  std::filesystem::remove_all(folder_of_test());
}

TEST(Damaged, ARecordingWithoutATickIsShownAsSuch) {
  ::setlocale(LC_CTYPE, "C.UTF-8");
  const std::string folder = folder_of_test();
  RecordingInfo info;
  info.host = "db3";
  auto writer = RecordingWriter::create(folder + "/none.tmk", info);
  ASSERT_TRUE(writer);
  EXPECT_NE(draw_all(folder + "/none.tmk").find("db3"), std::string::npos);
  ASSERT_TRUE(writer->close(at_second(0)));
  EXPECT_NE(draw_all(folder + "/none.tmk").find("db3"), std::string::npos);
  std::filesystem::remove_all(folder);
}

TEST(Parts, TheNewestIsFoundAndFollowed) {
  const std::string folder = folder_of_test();
  EXPECT_EQ(newest_part(folder).error().kind, ErrorKind::not_found);
  const auto touch = [&](const std::string& name) {
    std::ofstream(folder + "/" + name) << "x";
    return folder + "/" + name;
  };
  const std::string other = touch("other.tmk");
  EXPECT_EQ(*newest_part(folder), other);
  const std::string first = touch("20261121T070725Z-0001.tmk");
  EXPECT_EQ(*newest_part(folder), first);
  EXPECT_EQ(*newest_part(first), first);
  EXPECT_FALSE(find_successor(first));
  touch("20261121T070725Z-0002.tmk");
  const std::string again = touch("20261121T080725Z-0001.tmk");
  EXPECT_EQ(find_successor(first), again);  // the daemon began again
  EXPECT_FALSE(find_successor(again));
  EXPECT_FALSE(find_successor(other));
  EXPECT_FALSE(find_successor("run.tmk"));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace tidemark
