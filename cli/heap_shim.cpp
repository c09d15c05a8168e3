#include "cli/heap_shim.h"

#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "client/heap/heap_channel.h"

namespace tidemark {
namespace {

constexpr const char* kPlaceVariable = "TIDEMARK_HEAP_LIBRARY";
// By its soname: libtidemark-heap.so comes with the headers.
constexpr const char* kName = "libtidemark-heap.so.0";

// Beside the command, as it is built and as it is installed.
Result<std::string> find_library() {
  if (const char* told = std::getenv(kPlaceVariable)) return std::string(told);
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto folder = program.parent_path().parent_path();
  std::string tried;
  for (const auto& place :
       {folder / "client" / kName, folder / TIDEMARK_LIBDIR / kName}) {
    if (::access(place.c_str(), R_OK) == 0) return place.string();
    tried += (tried.empty() ? "" : ", ") + place.string();
  }
  return fail(ErrorKind::usage, std::string("--heap=shim: no ") + kName +
                                    " at " + tried + "; name it by " +
                                    kPlaceVariable);
}

}  // namespace

Result<std::vector<std::pair<std::string, std::string>>> shim_environment(
    const HeapSettings& heap) {
  std::vector<std::pair<std::string, std::string>> result;
  if (heap.mode != HeapMode::shim) return result;
  TIDEMARK_TRY(std::string library, find_library());
  // What parts the names in LD_PRELOAD (ld.so(8)).
  if (::access(library.c_str(), R_OK) != 0 ||
      library.find_first_of(": ") != std::string::npos) {
    return fail(ErrorKind::usage, "--heap=shim: cannot preload " + library);
  }
  const char* others = std::getenv("LD_PRELOAD");
  if (others != nullptr && *others != '\0') {
    library += ':' + std::string(others);
  }
  result.emplace_back("LD_PRELOAD", std::move(library));
  result.emplace_back(TIDEMARK_HEAP_PERIOD_VARIABLE,
                      std::to_string(heap.sample_bytes));
  return result;
}

}  // namespace tidemark
