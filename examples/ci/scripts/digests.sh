#!/bin/sh
# digests.sh VERSION_FOLDER: writes SHA256SUMS, by which a check and the server know that every file arrived as it was trained.
set -eu
cd "${1:?a version folder, such as candidate/churn/4}"
# Written elsewhere first: the list must not list itself.
sums=$(find . -type f ! -name SHA256SUMS | sed 's|^\./||' | LC_ALL=C sort | tr '\n' '\0' | xargs -0 sha256sum)
printf '%s\n' "$sums" > SHA256SUMS
