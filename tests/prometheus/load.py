"""load.py N SECONDS TIDEMARK: a load that counts what it does."""
import subprocess
import sys
import time

number, seconds, tidemark = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
marks = subprocess.Popen([tidemark, "marks"], stdin=subprocess.PIPE, text=True)


def say(line):
    marks.stdin.write(line + "\n")
    marks.stdin.flush()


held = []
say("run begin scrape-%d" % number)
say("phase begin steady steady")
end = time.monotonic() + seconds
while time.monotonic() < end:
    sum(range(20000))
    if number == 3:
        held.append(bytearray(b"x" * 4096))
    say("op work")
    time.sleep(0.1 if number != 2 else 0.05)
time.sleep(2.5)
say("phase end steady")
say("run end ok")
marks.stdin.close()
sys.exit(marks.wait())
