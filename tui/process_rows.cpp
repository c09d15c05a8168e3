#include "tui/process_rows.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <unordered_map>

namespace tidemark {
namespace {

std::optional<double> less(std::optional<double> now,
                           std::optional<double> then) {
  if (!now || !then) return std::nullopt;
  return *now - *then;
}

using WorstBySubject = std::unordered_map<SubjectId, const Finding*>;

WorstBySubject find_worst(std::span<const Finding> findings) {
  WorstBySubject worst;
  for (const Finding& finding : findings) {
    const Finding*& known = worst[finding.subject];
    if (known == nullptr ||
        severity(finding.verdict) > severity(known->verdict)) {
      known = &finding;
    }
  }
  return worst;
}

const Finding* worst_of(const WorstBySubject& worst, SubjectId id) {
  const auto found = worst.find(id);
  return found == worst.end() ? nullptr : found->second;
}

// The phase that growth is counted from: the innermost at `time`.
std::optional<size_t> phase_at(const PhaseTracker& tracker, BootTime time) {
  const Phase* phase = tracker.at(time);
  if (phase == nullptr) return std::nullopt;
  return static_cast<size_t>(phase - tracker.phases().data());
}

std::optional<double> age_seconds(const Subject& subject, BootTime time,
                                  int64_t ticks_per_second) {
  if (ticks_per_second <= 0 || subject.process.pid.value <= 0) {
    return std::nullopt;
  }
  const double start = static_cast<double>(subject.process.start_ticks) /
                       static_cast<double>(ticks_per_second);
  return std::max(to_seconds(time.time_since_epoch()) - start, 0.0);
}

std::optional<double> growth(const RowInput& input, std::optional<size_t> phase,
                             const ProcessState& sample, Field field) {
  const auto base = phase
                        ? input.history.at_phase_begin(*phase, sample.id, field)
                        : input.history.at_first(sample.id, field);
  return less(sample.value(field), base);
}

ProcessRow make_row(const RowInput& input, std::optional<size_t> phase,
                    const ProcessState& sample, const Subject& subject) {
  ProcessRow row;
  row.id = sample.id;
  row.subject = &subject;
  row.age_seconds =
      age_seconds(subject, input.shown.time(), input.ticks_per_second);
  row.cpu = sample.cpu_ratio();
  row.anon = sample.value(Field::rss_anon);
  row.rss = sample.value(Field::rss);
  row.rss_exact = row.rss.has_value();
  if (!row.rss) row.rss = sample.value(Field::rss_estimate);
  row.fds = sample.value(Field::fds);
  row.threads = sample.value(Field::threads);
  row.read = sample.rate(Field::io_read_bytes);
  row.write = sample.rate(Field::io_write_bytes);
  row.anon_growth = growth(input, phase, sample, Field::rss_anon);
  row.fds_growth = growth(input, phase, sample, Field::fds);
  return row;
}

// Since when ended processes are still shown: the phase's begin, or the end of
// the last one.
BootTime ended_since(const RowInput& input, std::optional<size_t> phase) {
  const std::vector<Phase>& phases = input.history.phases().phases();
  if (phase) return phases[*phase].begin;
  BootTime since = input.history.begin();
  for (const Phase& past : phases) {
    if (past.end <= input.shown.time()) since = std::max(since, past.end);
  }
  return since;
}

ProcessRow ended_row(const RowInput& input, const RunHistory::End& end,
                     const Subject& subject) {
  ProcessRow row;
  row.id = end.subject;
  row.subject = &subject;
  row.ended = true;
  row.age_seconds = age_seconds(subject, end.time, input.ticks_per_second);
  row.anon = end.anon;
  row.rss = end.rss;
  row.rss_exact = true;  // of watched processes it is read, not estimated
  row.fds = end.fds;
  row.threads = end.threads;
  if (end.cpu_seconds && row.age_seconds && *row.age_seconds > 0) {
    row.cpu = *end.cpu_seconds / *row.age_seconds;
  }
  const RunHistory& history = input.history;
  row.anon_growth =
      less(end.anon, history.at_first(end.subject, Field::rss_anon));
  row.fds_growth = less(end.fds, history.at_first(end.subject, Field::fds));
  return row;
}

// At the end of a run, what lived less than this is counted, not shown.
double brief_seconds(const RowInput& input) {
  const double run = to_seconds(input.history.end() - input.history.begin());
  return std::max(3.0, run / 100);
}

void add_ended(const RowInput& input, std::optional<size_t> phase,
               const WorstBySubject& worst, std::vector<ProcessRow>& rows,
               size_t* brief) {
  const BootTime now = input.shown.time();
  const BootTime from =
      input.whole_run ? BootTime::min() : ended_since(input, phase);
  const double least = input.whole_run ? brief_seconds(input) : 0;
  for (const RunHistory::End& end : input.history.ends()) {
    const Subject* subject = input.dictionary.subject(end.subject);
    if (subject == nullptr || end.time > now || end.time < from) continue;
    ProcessRow row = ended_row(input, end, *subject);
    const bool judged = worst_of(worst, end.subject) != nullptr;
    if (!judged && row.age_seconds.value_or(least) < least) {
      if (brief != nullptr) ++*brief;
      continue;
    }
    rows.push_back(std::move(row));
  }
}

// What a column sorts by; text columns compare by name instead.
std::optional<double> sort_value(const ProcessRow& row, ProcessColumn column) {
  switch (column) {
    case ProcessColumn::pid: return row.subject->process.pid.value;
    case ProcessColumn::age: return row.age_seconds;
    case ProcessColumn::cpu: return row.cpu;
    case ProcessColumn::cpu_per_op: return row.cpu_per_op;
    case ProcessColumn::anon:
    case ProcessColumn::trend: return row.anon;
    case ProcessColumn::growth: return row.anon_growth;
    case ProcessColumn::rss: return row.rss;
    case ProcessColumn::fds: return row.fds;
    case ProcessColumn::fds_growth: return row.fds_growth;
    case ProcessColumn::threads: return row.threads;
    case ProcessColumn::read: return row.read;
    case ProcessColumn::write: return row.write;
    case ProcessColumn::verdict:
    case ProcessColumn::floors:
      if (row.worst == nullptr) return std::nullopt;
      return severity(row.worst->verdict);
    case ProcessColumn::name:
    case ProcessColumn::role:
    case ProcessColumn::command: return std::nullopt;
  }
  return std::nullopt;
}

std::string_view sort_text(const ProcessRow& row, ProcessColumn column) {
  switch (column) {
    case ProcessColumn::name: return row_name(row);
    case ProcessColumn::role: return row.subject->role;
    case ProcessColumn::command: return row.subject->command;
    default: return {};
  }
}

bool before_in_tie(const ProcessRow& a, const ProcessRow& b) {
  const double ra = a.rss.value_or(-1), rb = b.rss.value_or(-1);
  if (ra != rb) return ra > rb;
  return a.subject->process < b.subject->process;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return result;
}

bool contains(std::string_view text, const std::string& word) {
  return lower(text).find(word) != std::string::npos;
}

bool matches_word(const ProcessRow& row, const std::string& word) {
  const Subject& subject = *row.subject;
  if (word.starts_with("role:")) return contains(subject.role, word.substr(5));
  if (word.starts_with("pid:")) {
    return std::to_string(subject.process.pid.value) == word.substr(4);
  }
  if (word.starts_with("cgroup:")) {
    return contains(subject.cgroup, word.substr(7));
  }
  if (word.starts_with("verdict:")) {
    return row.worst != nullptr &&
           contains(verdict_name(row.worst->verdict), word.substr(8));
  }
  return contains(subject.name, word) || contains(subject.role, word) ||
         contains(row_command(row), word) ||
         std::to_string(subject.process.pid.value) == word;
}

}  // namespace

int severity(Verdict verdict) {
  switch (verdict) {
    case Verdict::leak: return 6;
    case Verdict::suspect: return 5;
    case Verdict::saturating: return 4;
    case Verdict::step: return 3;
    case Verdict::inconclusive: return 2;
    case Verdict::startup: return 1;
    case Verdict::none: return 0;
  }
  return 0;
}

std::string_view short_resource(Resource resource) {
  switch (resource) {
    case Resource::rss_anon: return "anon";
    case Resource::rss_shmem: return "shm";
    case Resource::rss_file: return "file";
    case Resource::mappings: return "maps";
    case Resource::inotify_watches: return "inotify";
    case Resource::kernel_memory: return "kmem";
    case Resource::children: return "child";
    default: return resource_name(resource);
  }
}

std::string_view row_name(const ProcessRow& row) {
  return row.subject->role.empty() ? row.subject->name : row.subject->role;
}

std::string row_command(const ProcessRow& row) {
  if (row.subject->command.empty()) {
    return row.subject->kernel_thread ? "[" + row.subject->name + "]"
                                      : row.subject->name;
  }
  std::string command = row.subject->command;
  while (!command.empty() && command.back() == '\0') command.pop_back();
  std::ranges::replace(command, '\0', ' ');
  return command;
}

std::vector<ProcessRow> make_rows(const RowInput& input, size_t* brief) {
  std::vector<ProcessRow> rows;
  rows.reserve(input.shown.processes().size());
  const auto phase = phase_at(input.history.phases(), input.shown.time());
  for (const ProcessState& sample : input.shown.processes()) {
    const Subject* subject = input.dictionary.subject(sample.id);
    if (subject == nullptr || sample.ended) continue;
    rows.push_back(make_row(input, phase, sample, *subject));
  }
  const WorstBySubject worst = find_worst(input.findings);
  add_ended(input, phase, worst, rows, brief);
  const auto ops = input.shown.total_rate(input.history.primary_op());
  for (ProcessRow& row : rows) {
    row.worst = worst_of(worst, row.id);
    if (!row.ended && row.cpu && row.subject->watched && ops && *ops > 0) {
      row.cpu_per_op = *row.cpu / *ops;
    }
  }
  return rows;
}

namespace {

void add_up(std::optional<double>& sum, std::optional<double> more) {
  if (more) sum = sum.value_or(0) + *more;
}

void join(ProcessRow& group, const ProcessRow& row) {
  ++group.members;
  add_up(group.cpu, row.cpu);
  add_up(group.cpu_per_op, row.cpu_per_op);
  add_up(group.anon, row.anon);
  add_up(group.rss, row.rss);
  add_up(group.fds, row.fds);
  add_up(group.threads, row.threads);
  add_up(group.read, row.read);
  add_up(group.write, row.write);
  add_up(group.anon_growth, row.anon_growth);
  add_up(group.fds_growth, row.fds_growth);
  group.rss_exact &= row.rss_exact;
  group.age_seconds = std::max(group.age_seconds, row.age_seconds);
  const bool worse =
      row.worst != nullptr &&
      (group.worst == nullptr ||
       severity(row.worst->verdict) > severity(group.worst->verdict));
  if (worse) group.worst = row.worst;
}

}  // namespace

void group_by_role(std::vector<ProcessRow>& rows) {
  std::unordered_map<std::string_view, size_t> alive, ended;
  std::vector<ProcessRow> grouped;
  for (ProcessRow& row : rows) {
    auto& groups = row.ended ? ended : alive;
    const std::string_view role = row.subject->role;
    const auto [it, fresh] = groups.try_emplace(role, grouped.size());
    if (fresh || role.empty()) {
      grouped.push_back(std::move(row));
    } else {
      join(grouped[it->second], row);
    }
  }
  rows = std::move(grouped);
}

bool descends_first(ProcessColumn column) {
  return column != ProcessColumn::name && column != ProcessColumn::role &&
         column != ProcessColumn::pid && column != ProcessColumn::command;
}

namespace {

// What lives comes first, then what was judged: the rest only passed by.
int rank(const ProcessRow& row) {
  if (!row.ended) return 0;
  return row.worst != nullptr ? 1 : 2;
}

}  // namespace

void sort_rows(std::vector<ProcessRow>& rows, ProcessColumn column,
               bool reverse) {
  const bool descends = descends_first(column) != reverse;
  std::ranges::stable_sort(rows, [&](const ProcessRow& a, const ProcessRow& b) {
    if (rank(a) != rank(b)) return rank(a) < rank(b);
    const auto va = sort_value(a, column), vb = sort_value(b, column);
    if (va.has_value() != vb.has_value()) return va.has_value();
    if (va && *va != *vb) return descends ? *va > *vb : *va < *vb;
    const std::string_view ta = sort_text(a, column);
    const std::string_view tb = sort_text(b, column);
    if (ta != tb) return descends ? ta > tb : ta < tb;
    return before_in_tie(a, b);
  });
}

namespace {

struct Tree {
  std::unordered_map<int32_t, std::vector<size_t>> children;  // by parent pid
  std::vector<ProcessRow> result;
  std::vector<bool> placed;
};

// Depth is bounded by the number of rows; a loop of parents (pid reuse between
// two readings) is cut where it closes.
void place(Tree& tree, std::vector<ProcessRow>& rows, size_t index,
           const std::string& lead, std::string_view branch) {
  if (tree.placed[index] || lead.size() > 240) return;
  tree.placed[index] = true;
  const int32_t pid = rows[index].subject->process.pid.value;
  rows[index].indent = lead + std::string(branch);
  tree.result.push_back(std::move(rows[index]));
  const auto found = tree.children.find(pid);
  if (found == tree.children.end()) return;
  const std::string deeper =
      branch.empty() ? lead : lead + (branch == "└─" ? "  " : "│ ");
  for (const size_t child : found->second) {
    const bool last = child == found->second.back();
    place(tree, rows, child, deeper, last ? "└─" : "├─");
  }
}

}  // namespace

void arrange_as_tree(std::vector<ProcessRow>& rows) {
  Tree tree;
  tree.placed.resize(rows.size());
  std::unordered_map<int32_t, size_t> by_pid;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].ended) by_pid.emplace(rows[i].subject->process.pid.value, i);
  }
  std::vector<size_t> roots;
  for (size_t i = 0; i < rows.size(); ++i) {
    const int32_t parent = rows[i].subject->parent.value;
    const auto found = by_pid.find(parent);
    if (found != by_pid.end() && found->second != i) {
      tree.children[parent].push_back(i);
    } else {
      roots.push_back(i);
    }
  }
  for (const size_t root : roots) place(tree, rows, root, "", "");
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!tree.placed[i]) place(tree, rows, i, "", "");
  }
  rows = std::move(tree.result);
}

bool matches(const ProcessRow& row, std::string_view words) {
  const std::string wanted = lower(words);
  for (size_t at = 0; at < wanted.size();) {
    const size_t end = std::min(wanted.find(' ', at), wanted.size());
    const std::string word = wanted.substr(at, end - at);
    if (!word.empty() && !matches_word(row, word)) return false;
    at = end + 1;
  }
  return true;
}

}  // namespace tidemark
