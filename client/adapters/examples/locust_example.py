"""Locust under Tidemark:

tidemark record -- locust -f locust_example.py --headless -u 5 -r 5 -t 3s
"""
import time

from locust import User, constant, events, task
from tidemark.locust import attach


@events.init.add_listener
def watch(environment, **kwargs):
    attach(environment, "basket test")


class Shopper(User):
    wait_time = constant(0.05)

    @task
    def fill_basket(self):
        begin = time.perf_counter()
        time.sleep(0.002)
        self.environment.events.request.fire(
            request_type="basket", name="fill", response_length=0,
            response_time=(time.perf_counter() - begin) * 1000,
            exception=None, context={})
