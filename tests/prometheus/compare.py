"""compare.py URL FOLDER SECONDS TIDEMARK: Prometheus's answers against the
recordings, and its leaks by role against what `tidemark report` finds in them.

The recordings are read by tests/tool/tmk_reader.py, which shares no code with
Tidemark. Counters that stand still at the end must be equal; those that move
may differ by what a scrape interval and a tick allow.
"""
import glob
import json
import pathlib
import subprocess
import sys
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "tool"))
import tmk_reader  # noqa: E402

url, folder, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
tidemark = sys.argv[4]
failures = 0


def query(text):
    with urllib.request.urlopen(
            url + "/api/v1/query?" + urllib.parse.urlencode({"query": text}),
            timeout=10) as answer:
        return json.load(answer)["data"]["result"]


def one(text):
    found = query(text)
    return float(found[0]["value"][1]) if found else None


class Recorded:
    """Last values and extremes of the role's processes, ops of clients."""

    def __init__(self, path):
        with open(path, "rb") as file:
            recording = tmk_reader.Recording(file.read())
        self.highest = {}
        self.last = {}
        for item in recording.items():
            for metric, _, _, changed in item.get("columns", []):
                for subject, value in changed:
                    key = (metric, int(subject))
                    self.last[key] = value
                    self.highest[key] = max(self.highest.get(key, value),
                                            value)
        self.metrics = recording.dictionary.metrics
        self.subjects = recording.dictionary.subjects
        self.damages = recording.damages

    def ids(self, name):
        return [key for key, metric in self.metrics.items()
                if metric["name"] == name]

    def sum(self, table, name, web):
        total = 0
        for metric in self.ids(name):
            for (m, subject), value in table.items():
                if m != metric:
                    continue
                if web and self.subjects[subject].get("role") != "web":
                    continue
                total += value
        return total


WEIGHTS = ["none", "startup", "step", "saturating", "inconclusive", "suspect",
           "leak"]


def findings(path):
    """Of the role web: by resource the worst verdict of its processes, and how
    fast those that leak, or may, grow a second."""
    # The exit code is the verdict's.
    said = subprocess.run([tidemark, "report", path, "-f", "json"],
                          stdout=subprocess.PIPE, check=False).stdout
    found = {}
    for each in json.loads(said)["findings"]:
        if each["role"] != "web":
            continue
        verdict, growth = found.get(each["resource"], ("none", 0))
        if each["verdict"] in ("leak", "suspect"):
            growth += each["slope_per_minute"]["value"] / 60
        found[each["resource"]] = (
            max(verdict, each["verdict"], key=WEIGHTS.index), growth)
    return found


def compare_findings(n, path):
    where = '{instance="10.77.%d.2:9435",role="web"}' % n
    told = {each["metric"]["resource"]: each["metric"]["verdict"]
            for each in query("tidemark_leak_verdict_info" + where)}
    found = findings(path)
    wanted = {name: verdict for name, (verdict, _) in found.items()}
    compare("host %d: verdicts on %d resources" % (n, len(wanted)),
            float(told == wanted), 1, 0)
    if told != wanted:
        print("     prometheus", told, "report", wanted)
    verdict, slope = found["rss_anon"]
    print("     memory of host %d: %s" % (n, verdict))
    compare("host %d: growth of memory, B/s" % n,
            one("tidemark_leak_growth_bytes_per_second{"
                'instance="10.77.%d.2:9435",role="web",resource="rss_anon"}'
                % n), slope, 1 + slope * 0.05)


def compare(what, prometheus, recording, slack):
    global failures
    good = prometheus is not None and abs(prometheus - recording) <= slack
    failures += not good
    print("%-4s %-34s prometheus %-14s recording %-14s slack %g" % (
        "ok" if good else "FAIL", what, prometheus, recording, slack))


for n in (1, 2, 3):
    instance = '{instance="10.77.%d.2:9435"}' % n
    role = '{instance="10.77.%d.2:9435",role="web"}' % n
    parts = sorted(glob.glob("%s/%d/*.tmk" % (folder, n)))
    recorded = Recorded(parts[-1])
    window = "[%ds]" % (seconds + 30)
    compare("host %d: operations" % n,
            one("max_over_time(tidemark_ops_total%s%s)"
                % (instance, window)),
            recorded.sum(recorded.last, "op.work", False), 0)
    cpu = sum(recorded.sum(recorded.last, name, True)
              for name in ("cpu_user", "cpu_system")) / 1e9
    compare("host %d: CPU seconds" % n,
            one("sum(max_over_time(tidemark_process_cpu_seconds_total%s%s))"
                % (role, window)), cpu, 0.1 + cpu * 0.02)
    highest = recorded.sum(recorded.highest, "rss_anon", True)
    compare("host %d: highest anonymous memory" % n,
            one("max_over_time(tidemark_process_resident_memory_bytes{"
                'instance="10.77.%d.2:9435",role="web",type="anon"}%s)'
                % (n, window)), highest, 256 * 1024)
    compare("host %d: phases begun" % n,
            one("max_over_time(tidemark_phase_transitions_total%s%s)"
                % (instance, window)), 1, 0)
    runs = {s["metric"]["run"] for s in query(
        "count_over_time(tidemark_run_info%s%s)" % (instance, window))}
    compare("host %d: its run is scrape-%d" % (n, n),
            float(runs == {"scrape-%d" % n}), 1, 0)
    missed = one("sum(count_over_time(up%s[%ds]) - sum_over_time(up%s[%ds]))"
                 % (instance, seconds, instance, seconds))
    compare("host %d: scrapes that failed" % n, missed, 0, 0)
    compare_findings(n, parts[-1])

rates = query("rate(tidemark_ops_total[%ds])" % (seconds * 0.6))
print("op rate by host:", {r["metric"]["instance"]: round(
    float(r["value"][1]), 2) for r in rates})
growth = query('deriv(tidemark_process_resident_memory_bytes{type="anon"}[%ds])'
               % (seconds * 0.6))
print("growth by host, B/s:", {g["metric"]["instance"]: round(
    float(g["value"][1])) for g in growth if g["metric"]["role"] == "web"})
print("rules:", sorted({r["metric"]["__name__"] for r in query(
    '{__name__=~"(role|op):.*"}')}))
print("%d failures" % failures)
sys.exit(failures > 0)
