#!/bin/sh
# stage.sh CANDIDATE MODELS STAGING MODEL: what the repository will hold of a model once the candidate is published, for a check to look at.
# What is checked is then what will be served: the new version, its neighbours, and the model.yaml that chooses among them.
set -eu
candidate=${1:?the folder with what is new} models=${2:?the published repository}
staging=${3:?a folder to make} model=${4:?the name of the model}
mkdir -p "$staging"
# The server's versions stay as they are: links cost no space, and fall back to copies between file systems.
if [ -d "$models/$model" ]; then
  cp -Rl "$models/$model" "$staging/" 2>/dev/null || cp -R "$models/$model" "$staging/"
fi
# A file that is linked must not be written through.
cp -R --remove-destination "$candidate/$model" "$staging/"
