// What wrk prints at its end: figures of the whole run.
#include <sstream>

#include "cli/ingest/load_data.h"

namespace tidemark {
namespace {

std::vector<std::string> words_of(std::string_view line) {
  std::istringstream stream{std::string(line)};
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

void add(LoadData& data, const std::string& name, std::string_view text) {
  if (text.ends_with(',')) text.remove_suffix(1);
  if (const auto value = parse_scaled(text)) {
    data.figures.push_back({name, *value});
  }
}

void take(const std::vector<std::string>& words, LoadData& data) {
  if (words[0] == "Latency" && words.size() == 5) {
    add(data, "latency.mean", words[1]);
    add(data, "latency.stddev", words[2]);
    add(data, "latency.max", words[3]);
  } else if (words.size() == 2 && words[0].ends_with('%')) {
    add(data, "latency.p" + words[0].substr(0, words[0].size() - 1), words[1]);
  } else if (words.size() >= 4 && words[1] == "requests" && words[2] == "in") {
    add(data, "requests", words[0]);
    add(data, "seconds", words[3]);
  } else if (words[0] == "Socket" && words.size() == 10) {
    for (size_t i = 2; i < 10; i += 2) {
      add(data, "errors." + words[i], words[i + 1]);
    }
  } else if (words[0] == "Non-2xx") {
    add(data, "errors.status", words.back());
  } else if (words[0] == "Requests/sec:" && words.size() == 2) {
    add(data, "requests_per_second", words[1]);
  }
}

}  // namespace

bool matches_wrk(std::string_view text) {
  return text.starts_with("Running ") &&
         text.find(" test @ ") != std::string_view::npos;
}

Result<LoadData> parse_wrk(std::string_view text) {
  LoadLines lines(text);
  LoadData data;
  data.tool = "wrk";
  for (std::string_view line; lines.next(line);) {
    const auto words = words_of(line);
    if (!words.empty()) take(words, data);
  }
  if (data.figures.empty()) {
    return fail(ErrorKind::usage, "no figures of wrk in it: was it cut off?");
  }
  return data;
}

}  // namespace tidemark
