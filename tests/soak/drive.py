"""The load of the daemon's soak: short-lived processes at a steady rate, in
cycles of load and rest, each fork counted as one op on both sockets.

    drive.py TIDEMARK RATE WARMUP CYCLES LOAD REST SOCKET...
"""

import os
import subprocess
import sys
import time

BATCH = 50  # forks told as one op


def main():
    tidemark = sys.argv[1]
    rate, warmup, cycles, load, rest = map(float, sys.argv[2:7])
    clients = [
        subprocess.Popen([tidemark, "marks"], stdin=subprocess.PIPE, text=True,
                         env={**os.environ, "TIDEMARK_SOCKET": socket})
        for socket in sys.argv[7:]
    ]

    def say(line):
        for client in clients:
            client.stdin.write(line + "\n")
            client.stdin.flush()

    def fork_for(seconds):
        due = time.monotonic()
        end = due + seconds
        count = 0
        while time.monotonic() < end:
            os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)
            count += 1
            if count % BATCH == 0:
                say(f"op fork {BATCH}")
            due += 1 / rate
            wait = due - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            else:
                due = time.monotonic()  # a busy host: late is not made up
        if count % BATCH:
            say(f"op fork {count % BATCH}")
        return count

    say("run begin daemon-soak")
    say("phase begin warmup warmup")
    fork_for(warmup)
    say("phase end warmup")
    for cycle in range(int(cycles)):
        say("phase begin load load")
        count = fork_for(load)
        say("phase end load")
        print(time.strftime("%H:%M:%S"), "cycle", cycle + 1, "forks", count,
              flush=True)
        say("phase begin rest cooldown")
        time.sleep(rest)
        say("phase end rest")
    say("run end ok")
    for client in clients:
        client.stdin.close()
        client.wait()


main()
