#!/bin/sh
# copyright.sh SOURCE: the license of Tidemark, then of each library that is
# linked or compiled in, as their Debian packages state it.
set -eu

echo "Tidemark is licensed under the Apache License, version 2.0; on Debian its"
echo "text is in /usr/share/common-licenses/Apache-2.0."
for package in libfmt-dev libspdlog-dev libboost-dev libprotobuf-lite32 \
    libzstd1 libisal2 libbpf1 libdw1 libzydis4.0 libtomlplusplus3 libcli11-dev \
    nlohmann-json3-dev libncursesw6 zlib1g libsystemd0 libjs-dygraphs \
    libprometheus-cpp-core1.0 libstdc++6; do
  text=/usr/share/doc/$package/copyright
  [ -r "$text" ] || continue
  printf '\n%s\n%s\n\n' "$package" "-----------------------------------------"
  cat "$text"
done
