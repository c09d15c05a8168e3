// The engine's inside, shared by engine.cpp (its life) and engine_loop.cpp
// (what it does at a tick, a poll, an edge).
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "daemon/client_host.h"
#include "daemon/control_desk.h"
#include "daemon/correlator.h"
#include "daemon/engine.h"
#include "daemon/governor.h"
#include "daemon/life_watch.h"
#include "daemon/metric_publisher.h"
#include "daemon/process_notes.h"
#include "daemon/process_table.h"
#include "daemon/quiesce_desk.h"
#include "daemon/recorder.h"
#include "daemon/registry.h"
#include "daemon/rotating_sink.h"
#include "daemon/sampler.h"
#include "daemon/self_meter.h"
#include "daemon/shim_desk.h"
#include "daemon/site_lister.h"
#include "daemon/sleep_watch.h"
#include "daemon/stack_desk.h"
#include "daemon/tick_schedule.h"

namespace tidemark {

struct Engine::Impl final : EventSink {
  Impl(EngineOptions opts, EventLoop& event_loop, const Clock& system_clock);

  // engine.cpp: beginning and end.
  Status start();
  Status open_clients();
  void open_lives();
  Status open_recording();
  Result<std::unique_ptr<RecordSink>> open_sink(const RecordingInfo& info);
  Status open_exporter();
  void publish();
  Status open_timers();
  Status finish();
  SelfReadings self_readings() const;

  // engine_loop.cpp: the work.
  void on_tick();
  void on_poll();
  void on_lives();
  void on_quiesce_timer();
  void tick(const TickSchedule::Due& due);
  void pump();
  void drain_clients(BootTime now);
  void release_batches(BootTime horizon);
  void meet_client(const Event& event);
  void classify(Subject& process);
  void begin_quiesce(const Event& event);
  void take_edge(BootTime mark_time, BootTime last_mark_time);
  void put_own_values(FrameBuilder& frame, Nanoseconds tick_late);
  void govern(BootTime now);
  void set_interval();
  void tune(EngineTuning tuning);
  void note_problems(BootTime now);
  void add_event(EventKind kind, BootTime time, std::string name,
                 std::string text, int64_t value = 0);
  void add(Event event) override;  // of a collector
  void tell_phase();
  // engine_control.cpp: what is asked by the control socket.
  void open_control();
  void on_control();
  void answer(const ControlRequest& request, BootTime patience);
  Status begin_trace(const ControlRequest& request);
  void on_control_timer();
  void arm_control();
  void on_listings();
  void end_left_traces();
  void tell_tracer(const Event& event);
  // engine_gates.cpp: what the gates say while it records.
  std::string recording_path() const;
  Status open_gates();
  void on_gate_news();
  void on_alert(const GateAlert& alert);
  void ask_gate(GateRequest request);
  void end_by_gates(bool aborted, const std::string& reason);
  void push();
  void arm_poll();

  EngineOptions options;
  EventLoop& loop;
  const Clock& clock;

  Registry registry;
  ProcessTable processes;
  StackDesk stacks;
  ShimDesk shims;
  Sampler sampler;
  SelfMeter self;
  SleepWatch sleep;
  Governor governor;
  Correlator correlator;
  QuiesceDesk quiesce;
  std::unique_ptr<ClientHost> clients;
  std::unique_ptr<GateWatch> gates;
  std::unique_ptr<ControlDesk> control;
  std::unique_ptr<SiteLister> lister;  // null: nobody has asked
  // Heaps that are traced for who asked by the control socket.
  struct Trace {
    uint64_t connection = 0;
    ProcessKey process;
    BootTime end;
    bool asked = false;  // the lister reads its sites
  };
  std::vector<Trace> traces;
  // About processes that no scan has met yet.
  struct EarlyRequest {
    ControlRequest request;
    BootTime patience;  // until when it waits for that
  };
  std::vector<EarlyRequest> early_requests;
  std::unique_ptr<LifeWatch> lives;
  std::unique_ptr<Recorder> recorder;
  RotatingSink* rotating = nullptr;  // the recorder's
  std::unique_ptr<MetricPublisher> publisher;
  std::optional<TickSchedule> schedule;
  EventLoop::TimerId tick_timer = 0, poll_timer = 0, quiesce_timer = 0,
                     control_timer = 0;
  bool poll_armed = false;

  // What the next push() hands to the recorder.
  std::unique_ptr<RecordItem> item = std::make_unique<RecordItem>();
  // A drain's lanes may be given back once its last event is written.
  struct Batch {
    DrainBatch batch;
    BootTime last;
  };
  std::deque<Batch> batches;
  DrainBatch drained;                      // reused
  Correlator::Released released;           // reused
  std::vector<Event> life_events;          // reused
  std::vector<QuiesceDesk::Request> calm;  // reused

  // Clients' processes, for those that the table has not met yet.
  ProcessNotes<std::string> client_processes;  // their roles

  uint32_t cohort_told = 0;
  BootTime first_frame, last_frame;
  Nanoseconds edge_lag{0};
  int64_t ticks_taken = 0, ticks_missed = 0, events_lost = 0;
  bool command_started = false;
  bool failure_told = false;
  bool stacks_told = false;
  bool finished = false;
  bool gate_end_told = false;
  std::function<void()> failure_handler;
  std::function<void(const GateEnd&)> gate_end_handler;
};

}  // namespace tidemark
