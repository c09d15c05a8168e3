#include "daemon/tick_schedule.h"

namespace tidemark {

TickSchedule::Due TickSchedule::fire(BootTime now) {
  Due due;
  const Nanoseconds behind = now > next_ ? now - next_ : Nanoseconds(0);
  due.missed = behind / interval_;
  due.missed_from = next_;
  due.deadline = next_ + interval_ * due.missed;
  due.missed_to = due.missed > 0 ? due.deadline - interval_ : due.missed_from;
  due.late = behind - interval_ * due.missed;
  next_ = due.deadline + interval_;
  return due;
}

void TickSchedule::set_interval(Nanoseconds interval) {
  next_ += interval - interval_;
  interval_ = interval;
}

}  // namespace tidemark
