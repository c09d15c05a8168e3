// Baselines for the terminal.
#pragma once

#include <string>
#include <vector>

#include "report/baselines/baseline_store.h"

namespace tidemark {

// A line each, oldest first.
std::string baseline_list_text(const std::vector<StoredBaseline>& all);
// The figures of all of them together, how much they differ from run to run,
// and from that a gate for each; not empty.
std::string baseline_show_text(const std::vector<StoredBaseline>& all);

}  // namespace tidemark
