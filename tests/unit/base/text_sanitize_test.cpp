#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/base/text.h"
#include "core/base/utf8.h"

namespace tidemark {
namespace {

using namespace std::string_literals;

// What programs, clients and files may call themselves.
std::vector<std::string> hostile_strings() {
  std::vector<std::string> all = {
      "plain",
      "",
      "na\u00efve \u4e16\u754c \U0001F600",
      "\x1b]52;c;ZXZpbA==\x07",
      "\x1b[2J\x1b[H",
      "a\nforged line",
      "tab\there",
      "nul\0byte"s,
      "del\x7f",
      "c1 as UTF-8 \u009b31m",
      "c1 raw \x9b"
      "31m",
      "overlong \xc0\xaf\xe0\x80\xaf\xf0\x80\x80\xaf",
      "surrogate \xed\xa0\x80",
      "too high \xf4\x90\x80\x80",
      "cut \xe2\x82",
      "lone \x80\xbf\xfe\xff",
      "bidi \u202egnp.exe\u202c \u2066x\u2069",
      "zero\u200bwidth\u200d\ufeff\u2060",
      "lines\u2028and\u2029paragraphs",
      "tag \U000E0041\U000E007F",
      ") R 1 2 3 (evil",
      "<script>alert(1)</script>",
      "\"><img src=x onerror=alert(1)>",
      "' onload='x",
      "=1+1",
      "+cmd|' /C calc'!A0",
      "-2+3",
      "@SUM(A1)",
      "\t=1+1",
      "\r=1+1",
      "  =1+1",
      "\uff1d1+1",
      "a,b;c\"d",
      "x\"} 1\nfake_metric{a=\"",
      "back\\slash",
      std::string(5000, 'A'),
      std::string(5000, '\x01'),
      std::string(200, '"'),
  };
  for (int byte = 0; byte < 256; ++byte) {
    all.push_back("b" + std::string(1, static_cast<char>(byte)) + "e");
  }
  return all;
}

void expect_clean(std::string_view text, bool invisible_too) {
  while (!text.empty()) {
    const Utf8Piece piece = first_utf8(text);
    ASSERT_TRUE(piece.valid) << text;
    ASSERT_FALSE(is_control(piece.code_point)) << text;
    if (invisible_too) {
      ASSERT_FALSE(is_invisible(piece.code_point)) << text;
    }
    text.remove_prefix(piece.bytes.size());
  }
}

TEST(Sanitize, NoSinkGetsAControlByteOrInvalidUtf8) {
  for (const std::string& raw : hostile_strings()) {
    expect_clean(sanitize_terminal(raw), true);
    expect_clean(sanitize_log(raw), true);
    expect_clean(sanitize_html(raw), true);
    expect_clean(sanitize_csv(raw), true);
    expect_clean(sanitize_openmetrics(raw), true);
    expect_clean(sanitize_json(raw), false);
  }
}

TEST(Sanitize, LeavesOrdinaryTextAlone) {
  const std::string text = "na\u00efve \u4e16\u754c /usr/bin/x-1 (y) [z]";
  EXPECT_EQ(sanitize_terminal(text), text);
  EXPECT_EQ(sanitize_log(text), text);
  EXPECT_EQ(sanitize_html(text), text);
  EXPECT_EQ(sanitize_csv(text), text);
  EXPECT_EQ(sanitize_openmetrics(text), text);
  EXPECT_EQ(sanitize_json(text), text);
}

TEST(SanitizeTerminal, ShowsWhatWasThere) {
  EXPECT_EQ(sanitize_terminal("\x1b[2J"), "\\x1b[2J");
  EXPECT_EQ(sanitize_terminal("a\nb\tc"), "a\\x0ab\\x09c");
  EXPECT_EQ(sanitize_terminal("\x7f"), "\\x7f");
  EXPECT_EQ(sanitize_terminal("\u009b"), "\\x9b");
  EXPECT_EQ(sanitize_terminal("\x9b"), "\\x9b");
  EXPECT_EQ(sanitize_terminal("\xc0\xaf"), "\\xc0\\xaf");
  EXPECT_EQ(sanitize_terminal("a\u202eb\u200bc"), "a\uFFFDb\uFFFDc");
  EXPECT_EQ(sanitize_terminal("nul\0x"s), "nul\\x00x");
}

TEST(SanitizeLog, HoldsItsLengthAndCutsBetweenCharacters) {
  for (const std::string& raw : hostile_strings()) {
    EXPECT_LE(sanitize_log(raw).size(), 1024u);
  }
  const std::string longest = sanitize_log(std::string(5000, 'A'));
  EXPECT_EQ(longest.size(), 1024u);
  EXPECT_TRUE(longest.ends_with("A..."));
  std::string wide;
  for (int i = 0; i < 1000; ++i) wide += "\u4e16";
  expect_clean(sanitize_log(wide), true);
  const std::string escaped = sanitize_log(std::string(5000, '\x01'));
  EXPECT_TRUE(escaped.ends_with("\\x01..."));
}

TEST(SanitizeHtml, EscapesTheFiveCharacters) {
  EXPECT_EQ(sanitize_html("<a href=\"x\" id='y'>&"),
            "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;");
  for (const std::string& raw : hostile_strings()) {
    EXPECT_EQ(sanitize_html(raw).find_first_of("<>\"'"), std::string::npos);
  }
}

TEST(SanitizeCsv, DisarmsFormulas) {
  EXPECT_EQ(sanitize_csv("=1+1"), "'=1+1");
  EXPECT_EQ(sanitize_csv("+1"), "'+1");
  EXPECT_EQ(sanitize_csv("-1"), "'-1");
  EXPECT_EQ(sanitize_csv("@x"), "'@x");
  EXPECT_EQ(sanitize_csv("\t=1"), "\"' =1\"");
  EXPECT_EQ(sanitize_csv("\r=1"), "\"' =1\"");
  EXPECT_EQ(sanitize_csv("  =1"), "\"'  =1\"");
  EXPECT_EQ(sanitize_csv("\uff1d1"), "'\uff1d1");
  EXPECT_EQ(sanitize_csv("=a,b"), "\"'=a,b\"");
}

TEST(SanitizeCsv, QuotesByRfc4180AndStaysOnOneLine) {
  EXPECT_EQ(sanitize_csv("plain"), "plain");
  EXPECT_EQ(sanitize_csv("a,b"), "\"a,b\"");
  EXPECT_EQ(sanitize_csv("say \"x\""), "\"say \"\"x\"\"\"");
  EXPECT_EQ(sanitize_csv("a\nb"), "\"a b\"");
  EXPECT_EQ(sanitize_csv(""), "");
}

TEST(SanitizeOpenMetrics, EscapesThreeAndHoldsItsLength) {
  EXPECT_EQ(sanitize_openmetrics("a\"b\\c\nd"), "a\\\"b\\\\c\\nd");
  for (const std::string& raw : hostile_strings()) {
    const std::string label = sanitize_openmetrics(raw);
    EXPECT_LE(label.size(), 128u);
    // No quote is bare, and no escape is cut in half.
    for (size_t i = 0; i < label.size(); ++i) {
      ASSERT_NE(label[i], '"');
      if (label[i] == '\\') {
        ASSERT_LT(++i, label.size());
      }
    }
  }
}

TEST(SanitizeJson, ReplacesInvalidBytesAndControls) {
  EXPECT_EQ(sanitize_json("a\xff"
                          "b\x01"),
            "a\uFFFDb\uFFFD");
  EXPECT_EQ(sanitize_json("quote \" stays"), "quote \" stays");
}

}  // namespace
}  // namespace tidemark
