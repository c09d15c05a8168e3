#!/bin/sh
# changelog.sh VERSION: the Debian changelog, packed. The changes themselves are
# in CHANGELOG.md.
set -eu
printf '%s\n\n  * %s\n\n -- %s  %s\n' \
  "tidemark ($1) stable; urgency=medium" "See CHANGELOG.md of this version." \
  "Tidemark <tidemark@users.noreply.github.com>" \
  "$(date -R -u -d "@${SOURCE_DATE_EPOCH:-0}")" | gzip -9n
