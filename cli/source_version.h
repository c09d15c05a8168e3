// Which branch and commit of a source tree is tested: what CI says, else what
// git's own files say; no program is run.
#pragma once

#include <functional>
#include <string>

namespace tidemark {

struct SourceVersion {
  std::string branch, commit;  // "" = not known
};

// `folder`: in or below the tree. `environment`: getenv(3) or a test's.
SourceVersion source_version(
    const std::string& folder,
    const std::function<const char*(const char*)>& environment);

}  // namespace tidemark
