"""Tensors in, tensors out, in binary, with Triton's own client: python predict_triton.py [URL]"""

import sys
from urllib.parse import urlparse

import numpy as np
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

url = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080"
client = triton.InferenceServerClient(urlparse(url).netloc)


def tensor(name: str, values: np.ndarray, datatype: str) -> triton.InferInput:
    made = triton.InferInput(name, list(values.shape), datatype)
    made.set_data_from_numpy(values)
    return made


# One input with a column a feature.
flowers = np.array([[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3]], dtype=np.float32)
answer = client.infer("iris", [tensor("measurements", flowers, "FP32")], model_version="2")
print("iris", answer.as_numpy("label").tolist())

# One input a feature; NaN and "" stand for what nobody measured.
numbers = {
    "bill_length_mm": [39.1, 46.1],
    "bill_depth_mm": [18.7, np.nan],
    "flipper_length_mm": [181, 211],
    "body_mass_g": [3750, np.nan],
}
texts = {"island": ["Torgersen", "Biscoe"], "sex": ["male", ""]}
inputs = [tensor(name, np.array(values, dtype=np.float32).reshape(-1, 1), "FP32") for name, values in numbers.items()]
inputs += [tensor(name, np.array(values, dtype=object).reshape(-1, 1), "BYTES") for name, values in texts.items()]
answer = client.infer("penguins", inputs)
labels = [label.decode() for label in answer.as_numpy("label")]
for label, row in zip(labels, answer.as_numpy("probabilities")):
    print(f"{label}: {100 * row.max():.1f} %")

try:
    client.infer("iris", [tensor("measurements", flowers[:, :3], "FP32")])
except InferenceServerException as error:
    print(error.status(), error.message())
