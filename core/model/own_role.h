// The role of a helper of ours that runs among the test's processes: it is
// recorded, but neither judged nor shown as a part of the test.
#pragma once

namespace tidemark {

inline constexpr const char* kOwnRole = "tidemark.plan";

}  // namespace tidemark
