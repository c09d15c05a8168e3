// Profiles of sites: pprof, read by an independent reader, and folded stacks.
#include "report/profile.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <sstream>

#include "tests/unit/report/recorded_run.h"

namespace tidemark::synthetic {
namespace {

const ReportData& soak_report() {
  static const ReportData data = [] {
    const RecordingFile file("profile");
    SiteSoak soak = soak_with_sites();
    // Where the processor was, too.
    for (uint32_t cohort : {2u, 4u}) {
      const SubjectId id =
          soak.run.site(soak.server, SiteKind::on_cpu, 2, cohort, "load");
      soak.run.figure(id, "site.samples", [=](double t) { return t * cohort; });
    }
    write(file.path(), soak.run, soak.end() + 1);
    return load(file.path());
  }();
  return data;
}

std::string pprof_text(const FormatOptions& options) {
  const RecordingFile file("profile.pb.gz");  // any path that goes away
  std::ofstream(file.path(), std::ios::binary)
      << render(soak_report(), "pprof", options);
  const std::string command = "/usr/bin/python3 " TIDEMARK_SOURCE_DIR
                              "/tests/tool/pprof_reader.py " +
                              file.path();
  std::FILE* pipe = ::popen(command.c_str(), "r");
  std::string output;
  char buffer[4096];
  while (const size_t n = std::fread(buffer, 1, sizeof buffer, pipe)) {
    output.append(buffer, n);
  }
  EXPECT_EQ(::pclose(pipe), 0);
  return output;
}

struct Sums {
  std::vector<int64_t> values;
  std::vector<std::string> lines;
};

Sums sums_of(const std::string& text) {
  Sums sums;
  std::istringstream lines(text);
  std::string line;
  std::getline(lines, line);  // the head
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string word;
    for (size_t i = 0; words >> word && word != "|"; ++i) {
      if (i >= sums.values.size()) sums.values.push_back(0);
      sums.values[i] += std::stoll(word);
    }
    sums.lines.push_back(line);
  }
  return sums;
}

TEST(Pprof, HoldsEveryByteOfEverySite) {
  const std::string text = pprof_text({});
  EXPECT_TRUE(text.starts_with(
      "types alloc_objects/count, alloc_space/bytes, inuse_objects/count, "
      "inuse_space/bytes, shown first inuse_space, "))
      << text;
  const Sums sums = sums_of(text);
  ASSERT_EQ(sums.values.size(), 4u);
  int64_t live = 0;
  int64_t taken = 0;
  for (const SiteTotals& site : soak_report().summary.sites) {
    live += site.live_bytes;
    taken += site.taken_bytes;
  }
  EXPECT_EQ(sums.values[3], live);
  EXPECT_EQ(sums.values[1], taken);
  // 8 loads of 2000 requests: the leak keeps 412 B of each, the start 5 MiB.
  EXPECT_GT(live, 8 * 2000 * 412 + (5 << 20) - 10);
  EXPECT_NE(text.find("Cart::checkout(Order const&) /src/cart.cpp:88"),
            std::string::npos);
  EXPECT_NE(text.find("/opt/shop/bin/shop_server [b01dface]+0x"),
            std::string::npos);
  EXPECT_NE(text.find("process=server pid=4112 phase=load#8"),
            std::string::npos)
      << text;
}

TEST(Pprof, AllocatedIsShownFirstWhenAskedFor) {
  EXPECT_NE(pprof_text({.what = "allocated"}).find("shown first alloc_space"),
            std::string::npos);
}

TEST(Pprof, OfOnePhaseOrOneCycle) {
  const Sums all = sums_of(pprof_text({}));
  const Sums loads = sums_of(pprof_text({.phase = "load"}));
  const Sums one = sums_of(pprof_text({.phase = "load#3"}));
  EXPECT_EQ(loads.lines.size() + 1, all.lines.size());  // but the warm-up's
  EXPECT_EQ(one.lines.size(), 3u);                      // stacks 2, 3 and 4
  for (const std::string& line : one.lines) {
    EXPECT_NE(line.find("phase=load#3 "), std::string::npos) << line;
  }
  EXPECT_EQ(one.values[1], 2000 * (412 + 900 + 9000));
}

TEST(Pprof, OnCpu) {
  const std::string text = pprof_text({.what = "cpu"});
  EXPECT_TRUE(text.starts_with("types samples/count")) << text;
  EXPECT_EQ(sums_of(text).lines.size(), 2u);
}

TEST(Folded, IsALinePerStack) {
  const std::string text = render(soak_report(), "folded");
  EXPECT_NE(text.find("server 4112;start_thread;worker_main;Server::handle;"
                      "Cart::checkout;std::vector::_M_realloc_insert;"
                      "operator new;malloc 6592000\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("load_products;malloc 5242880\n"), std::string::npos)
      << text;
  // Nothing of the fourth site lives.
  EXPECT_EQ(text.find("shop_server+0x"), std::string::npos) << text;
  const std::string taken =
      render(soak_report(), "folded", {.what = "allocated"});
  EXPECT_NE(taken.find("Server::handle;shop_server+0x"), std::string::npos);
  EXPECT_NE(taken.find("malloc 144000000\n"), std::string::npos) << taken;
}

TEST(Folded, NoNameBreaksALine) {
  EXPECT_TRUE(is_in_phase("load#3", "load"));
  EXPECT_TRUE(is_in_phase("load#3", "load#3"));
  EXPECT_TRUE(is_in_phase("", ""));
  EXPECT_FALSE(is_in_phase("load#3", "load#2"));
  EXPECT_FALSE(is_in_phase("loading#3", "load"));
  EXPECT_FALSE(is_in_phase("load#3/inner#1", "load"));
  const RecordingFile file("hostile");
  RunModel run;
  const SubjectId server = run.process("a;b", 7);
  run.figure(server, "heap.live_bytes", [](double) { return 100; });
  const SubjectId site = run.site(server, SiteKind::heap, 1, 0, "");
  run.figure(site, "site.live_bytes", [](double) { return 100; });
  run.stack(1, {"evil;frame\n 99 \033[31m", "main"});
  write(file.path(), run, 30);
  const std::string text = render(load(file.path()), "folded");
  EXPECT_EQ(std::ranges::count(text, '\n'), 1) << text;
  EXPECT_EQ(std::ranges::count(text, ';'), 2) << text;
  EXPECT_EQ(text.find('\033'), std::string::npos);
  EXPECT_TRUE(text.ends_with(" 100\n")) << text;
}

TEST(Profile, SaysWhatIsMissing) {
  const auto wrong = [](const FormatOptions& options) {
    const auto text = render_report(soak_report(), "pprof", options);
    EXPECT_FALSE(text);
    return text ? "" : text.error().what;
  };
  EXPECT_NE(wrong({.what = "lives"}).find("'live'"), std::string::npos);
  EXPECT_NE(wrong({.phase = "laod"}).find("'load'"), std::string::npos);
  EXPECT_NE(wrong({.what = "fds"}).find("no call stacks of file descriptors"),
            std::string::npos);
}

}  // namespace
}  // namespace tidemark::synthetic
