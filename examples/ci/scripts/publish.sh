#!/bin/sh
# publish.sh FROM TO: puts a version folder, or a model.yaml, where the server looks.
#   publish.sh candidate/churn/4 /srv/models/churn/4
#   publish.sh models/churn/model.yaml /srv/models/churn/model.yaml
# The server never sees half of it: it is copied under a hidden name, which no scan looks at, and renamed once it is whole.
set -eu
from=${1:?what to publish} to=${2:?where to}
if [ -d "$from" ] && [ ! -f "$from/model.onnx" ]; then
  echo "publish: $from holds no model.onnx" >&2
  exit 1
fi
if [ -d "$from" ] && [ -e "$to" ]; then
  echo "publish: $to is there already; a version never changes: give the new one a number of its own" >&2
  exit 1
fi
folder=$(dirname "$to")
half=$folder/.$(basename "$to").incoming
mkdir -p "$folder"
rm -rf "$half"
trap 'rm -rf "$half"' EXIT
cp -R "$from" "$half"
# The server runs as another user.
chmod -R a+rX "$half"
mv "$half" "$to"
