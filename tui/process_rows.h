// Processes as rows: what the table shows of each, in which order, which ones.
// Pure. Text in a row is raw; it is sanitized where it is drawn.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/dictionary.h"
#include "core/model/finding.h"
#include "core/model/subject.h"
#include "tui/run_history.h"
#include "tui/snapshot.h"

namespace tidemark {

struct ProcessRow {
  SubjectId id;
  const Subject* subject = nullptr;  // never nullptr
  bool ended = false;                // its figures are its last ones
  // A role's row: the sum over its processes that live, `subject` one of them.
  size_t members = 1;
  // Absent = unknown. Ratios of one core, bytes, pieces, bytes per second.
  std::optional<double> age_seconds, cpu, anon, rss, fds, threads, read, write;
  std::optional<double> cpu_per_op;  // seconds per primary op
  bool rss_exact = false;            // else the kernel's unsummed estimate
  // Since the phase began, or since the process did.
  std::optional<double> anon_growth, fds_growth;
  const Finding* worst = nullptr;  // nullptr: not judged
  std::string indent;              // tree lines before its name
};

// Columns of the table in their order on the screen.
enum class ProcessColumn : uint8_t {
  name,
  role,
  pid,
  age,
  cpu,
  cpu_per_op,
  anon,
  growth,
  rss,
  fds,
  fds_growth,
  threads,
  read,
  write,
  trend,
  verdict,
  floors,
  command,
};
inline constexpr size_t kProcessColumns = 18;

// How bad a verdict is: leak is the most.
int severity(Verdict verdict);
// "anon", "fds", "shm": the resource in a cell.
std::string_view short_resource(Resource resource);
// comm, or the role when the process has one.
std::string_view row_name(const ProcessRow& row);
// The command line with blanks for NULs; "[comm]" of a kernel thread.
std::string row_command(const ProcessRow& row);

struct RowInput {
  const RunHistory& history;
  const Snapshot& shown;
  const Dictionary& dictionary;
  std::span<const Finding> findings;
  int64_t ticks_per_second = 100;
  // The run is over and the screen stands at its end: the watched processes
  // that ended anywhere in it are shown.
  bool whole_run = false;
};

// All processes of the snapshot, and the watched ones that ended in the phase
// that is open at its time. `brief`: how many that ended were too short-lived
// to be shown (only with whole_run).
std::vector<ProcessRow> make_rows(const RowInput& input, size_t* brief);
// One row a role, in place of its processes; those without a role stay.
void group_by_role(std::vector<ProcessRow>& rows);

// Ended processes come after those that live. Stable and total: ties are broken
// by resident memory, then by pid, so rows do not jump. Absent values come last
// in either direction.
void sort_rows(std::vector<ProcessRow>& rows, ProcessColumn column,
               bool reverse);
// Columns of figures start with the largest.
bool descends_first(ProcessColumn column);
// Children under their parents; the order among siblings is kept.
void arrange_as_tree(std::vector<ProcessRow>& rows);

// Words that must all match: role:x, pid:n, cgroup:path, verdict:leak, else
// text in name, role or command line; upper and lower case are the same.
bool matches(const ProcessRow& row, std::string_view words);

}  // namespace tidemark
