"""Drives Kedge with Triton's own HTTP client: health, metadata, config, index and JSON inference. Prints one line a check."""

import sys

import numpy as np
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

client = triton.InferenceServerClient(sys.argv[1])
checks = 0


def check(name: str, holds: bool) -> None:
    global checks
    checks += 1
    print(f"{'ok' if holds else 'not ok'} - {name}")
    if not holds:
        sys.exit(1)


def tensor(name: str, values: np.ndarray, datatype: str) -> triton.InferInput:
    wanted = triton.InferInput(name, list(values.shape), datatype)
    wanted.set_data_from_numpy(values, binary_data=False)
    return wanted


check("server live", client.is_server_live())
check("server ready", client.is_server_ready())
check("model ready", client.is_model_ready("iris") and client.is_model_ready("iris", "1"))
check("an unknown model is not ready", not client.is_model_ready("nobody"))
check("server metadata", client.get_server_metadata()["name"] == "kedge")

metadata = client.get_model_metadata("iris")
check("versions", metadata["versions"] == ["1", "2"])
check("inputs", metadata["inputs"] == [{"name": "measurements", "datatype": "FP32", "shape": [-1, 4]}])

config = client.get_model_config("iris", "1")
check("config", config["name"] == "iris" and config["input"][0]["data_type"] == "TYPE_FP32")

index = {(row["name"], row["version"]): row["state"] for row in client.get_model_repository_index()}
check("index", index[("iris", "1")] == "READY" and index[("penguins", "1")] == "READY")

flowers = np.array([[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3]], dtype=np.float32)
outputs = [triton.InferRequestedOutput(name, binary_data=False) for name in ("label", "probabilities")]
answer = client.infer("iris", [tensor("measurements", flowers, "FP32")], outputs=outputs, request_id="flowers")
check("request id", answer.get_response()["id"] == "flowers")
check("labels", answer.as_numpy("label").tolist() == [0, 2])
check("probabilities", np.allclose(answer.as_numpy("probabilities").sum(axis=1), 1))

penguin = {
    "bill_length_mm": (np.array([[39.1]], dtype=np.float32), "FP32"),
    "bill_depth_mm": (np.array([[18.7]], dtype=np.float32), "FP32"),
    "flipper_length_mm": (np.array([[181.0]], dtype=np.float32), "FP32"),
    "body_mass_g": (np.array([[3750.0]], dtype=np.float32), "FP32"),
    "island": (np.array([["Torgersen"]], dtype=np.object_), "BYTES"),
    "sex": (np.array([["male"]], dtype=np.object_), "BYTES"),
}
inputs = [tensor(name, values, datatype) for name, (values, datatype) in penguin.items()]
outputs = [triton.InferRequestedOutput("label", binary_data=False)]
answer = client.infer("penguins", inputs, outputs=outputs)
check("text inputs", answer.as_numpy("label").tolist() == ["Adelie"])

try:
    client.infer("iris", [tensor("measurements", flowers[:, :3], "FP32")])
    check("a wrong shape is refused", False)
except InferenceServerException as error:
    check("a wrong shape is refused, with words that the client passes on", "measurements" in error.message())

print(f"{checks} checks")
