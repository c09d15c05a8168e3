// The tables that sampling by bytes needs in the kernel, where there are no
// floating-point numbers.
#pragma once

#include "probes/heap_sampling.h"

namespace tidemark {

tidemark_sampling_tables sampling_tables();

}  // namespace tidemark
