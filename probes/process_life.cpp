#include "probes/process_life.h"

namespace tidemark {

Result<std::unique_ptr<ProcessLife>> ProcessLife::open() {
  return fail(ErrorKind::unsupported, "built without the process life probe");
}

}  // namespace tidemark
