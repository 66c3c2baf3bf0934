"""Rows in, predictions out, with requests alone: python predict_requests.py [URL]"""

import sys

import requests

url = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080"
session = requests.Session()
session.headers["x-kedge-timeout-ms"] = "5000"  # the server gives up after it


class KedgeError(Exception):
    """What the server said: `code` is stable, `details` say what to mend, `retry_after` is None where trying again is no use."""

    def __init__(self, response: requests.Response) -> None:
        said = response.json() if "json" in response.headers.get("content-type", "") else {}
        super().__init__(said.get("error", f"status {response.status_code}"))
        self.status = response.status_code
        self.code = said.get("code")
        self.details = said.get("details", [])
        self.retry_after = response.headers.get("retry-after")


def predict(model: str, rows: list[dict]) -> list:
    body = {"instances": rows, "classes": True}
    response = session.post(f"{url}/v1/models/{model}:predict", json=body, timeout=10)
    if not response.ok:
        raise KedgeError(response)
    return response.json()["predictions"]


penguins = [
    {
        "bill_length_mm": 39.1,
        "bill_depth_mm": 18.7,
        "flipper_length_mm": 181,
        "body_mass_g": 3750,
        "island": "Torgersen",
        "sex": "male",
    },
    # What nobody measured may be left out, or None.
    {"bill_length_mm": 46.1, "flipper_length_mm": 211, "island": "Biscoe", "sex": None},
]
for prediction in predict("penguins", penguins):
    label = prediction["label"]
    print(f"{label}: {100 * prediction['probabilities'][label]:.1f} %")

# What the model takes is there to be asked for.
features = session.get(f"{url}/v2/models/penguins/schema", timeout=10).json()["features"]
print(", ".join(f"{feature['name']} ({feature.get('unit', feature['type'])})" for feature in features))

try:
    predict("penguins", [{"iland": "Biscoe"}])
except KedgeError as error:
    print(error.status, error.code)
    for detail in error.details:
        print(f"  {detail['path']}: {detail['problem']}; {detail.get('hint', '')}")
