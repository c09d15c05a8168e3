// What a baseline says of its run, from the run's report.
#pragma once

#include <memory>
#include <string_view>

#include "core/analysis/compare/baseline.h"
#include "report/report_data.h"

namespace tidemark {

// Adds the head: scenario (the run's name, else the command's), the recording,
// its testbed and verdict. Branch and commit are the caller's to say.
std::shared_ptr<const Baseline> with_head(Baseline figures,
                                          const ReportData& data);

// Levels of a recording that begin so say what its host was, not a sensor:
// "testbed.governor: performance".
inline constexpr std::string_view kTestbedFact = "testbed.";

// The facts of a host that make figures comparable.
Testbed testbed_of(const RecordingInfo& info);
// Of a recording, without reading it. Errors: as RecordingReader::open.
Result<Testbed> testbed_of_recording(const std::string& path);

}  // namespace tidemark
