#include "core/analysis/suppressions.h"

#include <gtest/gtest.h>

#include "tests/unit/analysis/site_soak.h"

namespace tidemark::synthetic {
namespace {

constexpr const char* kWhole = R"([[suppress]]
site = "shop::Cart::*"
process = "server"
owner = "cart team"
reason = "freed with the session"
expires = 2027-01-31
)";

std::string error_of(const std::string& text) {
  const auto parsed = parse_suppressions(text, "known.toml");
  return parsed ? "" : parsed.error().what;
}

std::vector<Suppression> parsed(const std::string& text) {
  auto result = parse_suppressions(text, "known.toml");
  EXPECT_TRUE(result) << result.error().what;
  return result ? std::move(*result) : std::vector<Suppression>();
}

TEST(Suppressions, ReadsAllOfThem) {
  const auto all = parsed(kWhole);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].site, "shop::Cart::*");
  EXPECT_EQ(all[0].origin, "known.toml:1");
  EXPECT_EQ(all[0].expires_unix_s, 1'801'440'000);  // 2027-02-01 00:00 UTC
  EXPECT_EQ(suppression_text(all[0]),
            "shop::Cart::* of server, until 2027-01-31 (cart team: freed with "
            "the session)");
}

TEST(Suppressions, NeedsAnOwnerAReasonAndADate) {
  for (const char* key : {"site", "owner", "reason", "expires"}) {
    std::string text = kWhole;
    const size_t at = text.find(std::string("\n") + key) + 1;
    text.erase(at, text.find('\n', at) - at + 1);
    EXPECT_NE(error_of(text).find(std::string("no ") + key), std::string::npos)
        << error_of(text);
  }
}

TEST(Suppressions, SaysWhereItIsWrong) {
  EXPECT_NE(error_of("[[suppress]]\nsite = 3\n").find("known.toml:2"),
            std::string::npos);
  EXPECT_NE(error_of("[[suppress]]\nownr = \"x\"\n").find("owner"),
            std::string::npos);
  EXPECT_NE(error_of("[[suppress]]\nexpires = \"2027-01-31\"\n").find("date"),
            std::string::npos);
  EXPECT_NE(error_of("suppress = 1\n").find("[[suppress]]"), std::string::npos);
  EXPECT_NE(error_of("").find("no [[suppress]]"), std::string::npos);
  EXPECT_FALSE(error_of("[[suppress").empty());
}

// One server that leaks at stack 2, which is Cart::checkout.
class KnownLeak : public testing::Test {
 protected:
  KnownLeak() : soak_(8) {
    soak_.site(2, SiteKind::heap, 412, [](int, double) { return 1; });
    soak_.finish([](double) { return 0; });
    summary_ = soak_.run.summarize(soak_.end() + 1);
    name(1, "shop::Cart::checkout");
    Stack stack;
    stack.id = StackId(2);
    stack.addresses = {address(1)};
    EXPECT_TRUE(stacks_.define(stack));
  }
  static StackAddress address(uint64_t offset) {
    StackAddress address;
    address.offset = offset;
    return address;
  }
  void name(uint64_t offset, const std::string& function) {
    SymbolFrame frame;
    frame.function = function;
    EXPECT_TRUE(stacks_.define(AddressSymbols{address(offset), {frame}}));
  }
  SuppressionUse apply(const std::string& text, int64_t now) {
    auto uses = apply_suppressions(parsed(text), now, summary_,
                                   soak_.run.dictionary(), stacks_);
    EXPECT_EQ(uses.size(), 1u);
    return uses.empty() ? SuppressionUse() : uses[0];
  }
  Verdict heap() const {
    for (const Finding& finding : summary_.findings) {
      if (finding.resource == Resource::heap) return finding.verdict;
    }
    return Verdict::none;
  }

  SiteSoak soak_;
  RunSummary summary_;
  StackTable stacks_;
};

TEST_F(KnownLeak, BecomesASuspicionThatNamesWhoAnswersForIt) {
  ASSERT_EQ(heap(), Verdict::leak);
  const SuppressionUse use = apply(kWhole, 1'790'000'000);
  EXPECT_FALSE(use.expired);
  EXPECT_GE(use.findings, 1);
  EXPECT_EQ(heap(), Verdict::suspect);
  for (const Finding& finding : summary_.findings) {
    if (finding.resource != Resource::heap) continue;
    EXPECT_NE(finding.reason.find("until 2027-01-31 by cart team"),
              std::string::npos)
        << finding.reason;
    EXPECT_EQ(finding.confirmed_by, Confirmation::none);
  }
}

TEST_F(KnownLeak, CountsAgainFromTheDayAfterItsDate) {
  const SuppressionUse use = apply(kWhole, 1'801'440'000);
  EXPECT_TRUE(use.expired);
  EXPECT_GE(use.findings, 1);
  EXPECT_EQ(heap(), Verdict::leak);
}

TEST_F(KnownLeak, OfAnotherSiteOrProcessSaysNothing) {
  std::string text = kWhole;
  text.replace(text.find("Cart::"), 6, "Menu::");
  EXPECT_EQ(apply(text, 0).findings, 0);
  text = kWhole;
  text.replace(text.find("\"server\""), 8, "\"worker\"");
  EXPECT_EQ(apply(text, 0).findings, 0);
  EXPECT_EQ(heap(), Verdict::leak);
}

}  // namespace
}  // namespace tidemark::synthetic
