#!/bin/sh
# Predictions with curl: sh predict.sh [URL]
set -eu
url=${1:-http://127.0.0.1:8080}

post() { # path, body; an error's body is shown, and ends the script
  curl --silent --show-error --fail-with-body --max-time 10 \
    --header 'content-type: application/json' --data "$2" "$url$1" && echo
}

# Rows by feature; with "classes", labels and probabilities come by name.
post /v1/models/penguins:predict '{
  "instances": [
    {"bill_length_mm": 39.1, "bill_depth_mm": 18.7, "flipper_length_mm": 181, "body_mass_g": 3750, "island": "Torgersen", "sex": "male"},
    {"bill_length_mm": 46.1, "flipper_length_mm": 211, "island": "Biscoe", "sex": null}
  ],
  "classes": true
}'

# Columns, of one version, and one of its outputs.
post /v1/models/iris/versions/1:predict '{
  "inputs": {"sepal_length": [5.1, 6.7], "sepal_width": [3.5, 3.0], "petal_length": [1.4, 5.2], "petal_width": [0.2, 2.3]},
  "outputs": ["label"],
  "classes": true
}'

# Tensors: the Open Inference Protocol.
post /v2/models/iris/infer '{
  "inputs": [{"name": "measurements", "shape": [1, 4], "datatype": "FP32", "data": [5.1, 3.5, 1.4, 0.2]}],
  "outputs": [{"name": "label"}]
}'

# Is a body all right? Nothing is run.
post '/v2/models/iris/validate?dialect=v1' '{"instances": [[5.1, 3.5, 1.4, 0.2]]}'

# A slip: the answer says where, what was expected, and what was meant perhaps.
post /v1/models/penguins:predict '{"instances": [{"iland": "Biscoe"}]}' || printf '\n%s\n' "status $?: as it should"
