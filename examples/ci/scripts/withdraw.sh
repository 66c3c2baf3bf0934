#!/bin/sh
# withdraw.sh /srv/models/churn/4: takes a version back. It is gone at once; requests that it has are answered, then it is unloaded.
set -eu
version=${1:?the folder of a published version}
[ -d "$version" ] || exit 0
gone=$(dirname "$version")/.$(basename "$version").withdrawn
rm -rf "$gone"
mv "$version" "$gone"
rm -rf "$gone"
