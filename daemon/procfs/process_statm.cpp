#include "daemon/procfs/process_statm.h"

#include "daemon/procfs/text_cursor.h"

namespace tidemark::procfs {

Result<ProcessStatm> parse_process_statm(std::string_view text) {
  NumberReader numbers(text);
  ProcessStatm statm;
  statm.size = Pages(numbers.next());
  statm.resident = Pages(numbers.next());
  statm.shared = Pages(numbers.next());
  if (!numbers.ok()) return malformed("statm", "a field is no number");
  numbers.next();  // text
  numbers.next();  // always 0
  const Pages data(numbers.next());
  if (numbers.ok()) statm.data = data;
  if (statm.shared > statm.resident) {
    return malformed("statm", "more shared than resident pages");
  }
  return statm;
}

}  // namespace tidemark::procfs
