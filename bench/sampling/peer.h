// Another program that looks at all processes: what one look costs it in CPU.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace tidemark::bench {

// CPU seconds of a program from start to end, its output thrown away;
// negative: it could not be run.
double cpu_of_run(const std::vector<std::string>& command);

// What one more sample costs: the run with `few` samples is taken off the one
// with `many`, so that start and end are not counted. `command` holds "{}"
// where the number of samples goes.
double cpu_of_sample(std::vector<std::string> command, int few, int many);

// prometheus-process-exporter on a loopback port: CPU per scrape.
double cpu_of_scrape(int scrapes);

// CPU seconds of a process, all threads (/proc/PID/schedstat of each).
double cpu_of_process(pid_t pid);

// Sleeping children that end with us.
class Sleepers {
 public:
  explicit Sleepers(int count);
  ~Sleepers();
  Sleepers(const Sleepers&) = delete;
  Sleepers& operator=(const Sleepers&) = delete;

 private:
  std::vector<pid_t> pids_;
};

}  // namespace tidemark::bench
