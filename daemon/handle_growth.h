// Whether a count keeps growing: descriptors or threads of a process, tick by
// tick. What comes and goes has floors that stay where they are.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace tidemark {

class HandleGrowth {
 public:
  static constexpr int kWindow = 5;     // readings that give one floor
  static constexpr int kRises = 3;      // floors in a row, each above the last
  static constexpr size_t kGroup = 4;   // floors; three groups, each above the
                                        // last, where a load makes floors rough
  static constexpr int64_t kLeast = 6;  // growth from the first to the last

  // Takes a reading; true from the one on that completes the growth.
  bool add(int64_t count);

 private:
  static constexpr int64_t kNone = std::numeric_limits<int64_t>::max();
  static constexpr size_t kFloors = 3 * kGroup;

  void end_window();
  bool rises() const;
  bool groups_rise() const;

  int64_t floor_ = kNone;                  // of the window that is on
  std::array<int64_t, kFloors> floors_{};  // of the last ones, oldest first
  size_t known_ = 0;                       // of floors_, at its end
  int readings_ = 0;
  bool growing_ = false;
};

}  // namespace tidemark
