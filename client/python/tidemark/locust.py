"""Locust under Tidemark: attach it in a locustfile.

    from locust import events
    from tidemark.locust import attach

    @events.init.add_listener
    def watch(environment, **kwargs):
        attach(environment)

The test is a run; spawning users is the phase `ramp`, the time at full load
`steady`, what follows its stop `cooldown`. Every request counts as the op
`request` and, by its name, as a span; failures are their errors. The number of
users is the gauge `users`.
"""
from . import Session


class Attachment:
    """Events of one environment, said to Tidemark."""

    def __init__(self, environment, name="locust"):
        self._session = Session(name)
        self._name = name
        self._environment = environment
        self._run = self._phase = None
        self._request = self._session.op("request")
        self._users = self._session.gauge("users")
        events = environment.events
        events.test_start.add_listener(self.on_test_start)
        events.spawning_complete.add_listener(self.on_spawning_complete)
        events.test_stopping.add_listener(self.on_test_stopping)
        events.test_stop.add_listener(self.on_test_stop)
        events.request.add_listener(self.on_request)

    def _enter(self, name, kind):
        self._leave()
        self._phase = self._session.phase(name, kind=kind)
        self._phase.begin()

    def _leave(self):
        if self._phase is not None:
            self._phase.end()
        self._phase = None

    def on_test_start(self, **unused):
        self._run = self._session.run(self._name)
        self._run.__enter__()
        self._enter("ramp", "ramp")

    def on_spawning_complete(self, user_count=0, **unused):
        if self._run is None:
            return
        self._users.set(user_count)
        # Locust says it again whenever the number of users has changed.
        if self._phase is not None and self._phase.name == "ramp":
            self._enter("steady", "steady")

    def on_test_stopping(self, **unused):
        if self._run is not None:
            self._enter("cooldown", "cooldown")

    def on_test_stop(self, **unused):
        if self._run is None:
            return
        self._users.set(0)
        self._leave()
        failed = self._environment.stats.total.num_failures > 0
        self._run.end("failed" if failed else "ok")
        self._run = None

    def on_request(self, name=None, response_time=None, exception=None,
                   **unused):
        ok = exception is None
        self._request.inc()
        if not ok:
            self._request.fail()
        if response_time is not None:
            self._session.record(name or "request", response_time / 1000, ok)


def attach(environment, name="locust"):
    """Says what happens in this environment from now on."""
    return Attachment(environment, name)
