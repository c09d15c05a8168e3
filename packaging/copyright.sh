#!/bin/sh
# copyright.sh SOURCE: the license of Tidemark, then of each library that is
# linked or compiled in, as their Debian packages state it.
set -eu

echo "Tidemark is licensed under the Apache License, version 2.0; on Debian its"
echo "text is in /usr/share/common-licenses/Apache-2.0."
for package in libfmt9 libspdlog1.10 libboost-dev libprotobuf-lite32 \
    libzstd1 libisal2 libbpf1 libdw1 libzydis4.0 libzycore-dev \
    libtomlplusplus3 libcli11-dev nlohmann-json3-dev libncursesw6 libtinfo6 zlib1g libsystemd0 \
    libjs-dygraphs libprometheus-cpp-core1.0 libprometheus-cpp-pull1.0 \
    libcurl4 liblzma5 libelf1 libc6 libgcc-s1 libstdc++6; do
  text=/usr/share/doc/$package/copyright
  [ -r "$text" ] || {
    echo "copyright.sh: no $text, left out" >&2
    continue
  }
  printf '\n%s\n%s\n\n' "$package" "-----------------------------------------"
  cat "$text"
done
