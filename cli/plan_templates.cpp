#include "cli/plan_templates.h"

#include <algorithm>
#include <array>

namespace tidemark {
namespace {

constexpr std::string_view kRedis = R"(# A soak of redis under redis-benchmark.
name = "redis soak"
gates = ["soak"]

[[target]]
name = "redis"
command = "redis-server --port ${PORT:-7777} --save '' --appendonly no"
healthy = "command:redis-cli -p ${PORT:-7777} ping"

[[phase]]
name = "warmup"
kind = "warmup"
command = "redis-benchmark -p ${PORT:-7777} -t set,get -n 20000 -r 10000 -q"

[[phase]]
name = "load"
kind = "load"
command = "redis-benchmark -p ${PORT:-7777} -t set -n 100000 -r 10000 -q"
throughput = "{} requests per second"
cycles = 14
rest = "5s"
)";

constexpr std::string_view kWrk = R"(# An HTTP server under wrk until the knee.
name = "http stress"
gates = ["stress"]

[[target]]
name = "server"
command = "python3 -m http.server --bind 127.0.0.1 ${PORT:-8000}"
healthy = "http://127.0.0.1:${PORT:-8000}/"

[[phase]]
name = "stress"
kind = "load"
command = "wrk -t1 -c${LEVEL} -d10s http://127.0.0.1:${PORT:-8000}/"
levels = [1, 5, 10, 20, 50]
until = "knee"
throughput = "Requests/sec: {}"
operations = "{} requests in"
)";

constexpr std::string_view kPgbench = R"(# A spike on postgresql under pgbench.
# DATA is a new directory that USER may write to; postgres refuses root.
name = "postgresql spike"

[[target]]
name = "postgres"
user = "${PGUSER:-postgres}"
prepare = "/usr/lib/postgresql/15/bin/initdb -D ${DATA} -A trust"
command = """/usr/lib/postgresql/15/bin/postgres -D ${DATA} -k ${DATA}
             -p ${PORT:-7432}"""
healthy = "command:pg_isready -h 127.0.0.1 -p ${PORT:-7432}"
within = "60s"
stop = "INT"
select = ["comm:postgres"]

[[phase]]
name = "fill"
kind = "setup"
user = "${PGUSER:-postgres}"
command = "pgbench -h 127.0.0.1 -p ${PORT:-7432} -i -s 2 postgres"

[[phase]]
name = "base"
kind = "steady"
user = "${PGUSER:-postgres}"
command = "pgbench -h 127.0.0.1 -p ${PORT:-7432} -c 2 -T 20 postgres"
throughput = "tps = {}"

[[phase]]
name = "spike"
kind = "load"
user = "${PGUSER:-postgres}"
command = "pgbench -h 127.0.0.1 -p ${PORT:-7432} -c 20 -T 10 postgres"
throughput = "tps = {}"

[[phase]]
name = "recovery"
kind = "steady"
user = "${PGUSER:-postgres}"
command = "pgbench -h 127.0.0.1 -p ${PORT:-7432} -c 2 -T 20 postgres"
throughput = "tps = {}"

[[gate]]
expr = "max(rss_anon{role='postgres'}) during spike < 512MiB, warn 256MiB"
)";

constexpr std::string_view kK6 = R"(# Levels of virtual users with k6.
# The script begins with: import http from "k6/http";
name = "k6 levels"

[[target]]
name = "server"
command = "${SERVER:-./serve}"
healthy = "http://127.0.0.1:${PORT:-8080}/"

[[phase]]
name = "load"
kind = "load"
command = "k6 run --vus ${LEVEL} --duration 30s ${SCRIPT:-script.js}"
levels = [1, 5, 10, 20, 50]
# 99: k6's own thresholds; the gates here decide.
ok = [0, 99]
operations = "http_reqs...: {}"

[[gate]]
expr = "max(rss_anon{role='server'}) < 1GiB, warn 512MiB"
)";

constexpr std::string_view kLocust = R"(# A ramp of users with Locust.
name = "locust ramp"

[[target]]
name = "server"
command = "${SERVER:-./serve}"
healthy = "http://127.0.0.1:${PORT:-8080}/"

[[phase]]
name = "ramp"
kind = "ramp"
command = """locust -f ${LOCUSTFILE:-locustfile.py} --headless -u ${LEVEL}
             -r 10 -t 30s --host http://127.0.0.1:${PORT:-8080}"""
ramp = { from = 5, to = 50, steps = 4 }
# 1: some requests failed; the gates here decide.
ok = [0, 1]

[[phase]]
name = "rest"
kind = "cooldown"
for = "20s"

[[gate]]
expr = "max(rss_anon{role='server'}) < 1GiB, warn 512MiB"
)";

constexpr std::string_view kJmeter = R"(# A JMeter test plan as a soak.
name = "jmeter soak"

[[target]]
name = "server"
command = "${SERVER:-./serve}"
healthy = "http://127.0.0.1:${PORT:-8080}/"

[[phase]]
name = "load"
kind = "load"
command = "jmeter -n -t ${JMX:-test.jmx} -Jusers=${LEVEL} -l cycle-${CYCLE}.jtl"
levels = [10]
operations = "summary = {} in"
cycles = 14
rest = "10s"

[[gate]]
expr = "leak(server) in {none, saturating, startup}, warn {suspect, step}"
)";

constexpr std::array kTemplates = {
    PlanTemplate{"redis-benchmark", kRedis}, PlanTemplate{"wrk", kWrk},
    PlanTemplate{"pgbench", kPgbench},       PlanTemplate{"k6", kK6},
    PlanTemplate{"locust", kLocust},         PlanTemplate{"jmeter", kJmeter},
};

constexpr auto kNames = [] {
  std::array<std::string_view, kTemplates.size()> names;
  for (size_t i = 0; i < kTemplates.size(); ++i) names[i] = kTemplates[i].name;
  return names;
}();

}  // namespace

const PlanTemplate* find_plan_template(std::string_view name) {
  const auto found = std::ranges::find(kTemplates, name, &PlanTemplate::name);
  return found == kTemplates.end() ? nullptr : &*found;
}

std::span<const std::string_view> plan_template_names() { return kNames; }

}  // namespace tidemark
