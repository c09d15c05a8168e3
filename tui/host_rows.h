// The host's figures at one moment, as the host view shows them. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/model/dictionary.h"
#include "tui/snapshot.h"

namespace tidemark {

// Ratios of one CPU's time. Absent = unknown, everywhere below.
struct CpuRow {
  std::string name;
  std::optional<double> busy, user, system, steal;  // user: nice too
};

struct DiskRow {
  std::string name;
  std::optional<double> busy;           // ratio of time
  std::optional<double> read, write;    // bytes per second
  std::optional<double> reads, writes;  // requests per second
  std::optional<double> wait_seconds;   // mean of a request
  std::optional<double> in_flight;
};

struct NetRow {
  std::string name;
  std::optional<double> receive, send;            // bytes per second
  std::optional<double> packets_in, packets_out;  // per second
  std::optional<double> errors, drops;            // since boot, both ways
};

struct HostRows {
  std::vector<CpuRow> cpus;  // by number
  std::vector<DiskRow> disks;
  std::vector<NetRow> nets;
  // Bytes.
  std::optional<double> memory_total, available, free, anon, shmem, cached;
  std::optional<double> kernel;  // slab, stacks, page tables, vmalloc
  std::optional<double> dirty, swap_used, committed;
  // Tasks, and kills since boot.
  std::optional<double> running, blocked, oom_kills;
};

HostRows make_host_rows(const Snapshot& shown, const Dictionary& dictionary);

}  // namespace tidemark
