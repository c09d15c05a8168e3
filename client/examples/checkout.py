import tidemark

session = tidemark.Session("checkout")
with session.run("soak", users=50) as run:
    request = run.op("request")
    for cycle in range(3):
        with run.phase("steady", kind="steady"):
            for _ in range(1000):
                with run.span("payment"):  # an exception: an error
                    request.inc()
        with run.phase("rest", kind="cooldown"):
            run.quiesce(timeout=2)
    print(f"p95 {run.stats('payment').p95 * 1e6:.1f} us")
