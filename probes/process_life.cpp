#include "probes/process_life.h"

namespace tidemark {

Result<std::unique_ptr<LifeProbe>> LifeProbe::open() {
  return fail(ErrorKind::unsupported, "built without the process life probe");
}

}  // namespace tidemark
