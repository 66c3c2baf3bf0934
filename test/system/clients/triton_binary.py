"""Sends every datatype as binary tensors with Triton's own HTTP client and expects them back bit for bit. One line a check."""

import sys

import numpy as np
import tritonclient.http as triton

client = triton.InferenceServerClient(sys.argv[1])
checks = 0


def check(name: str, holds: bool) -> None:
    global checks
    checks += 1
    print(f"{'ok' if holds else 'not ok'} - {name}")
    if not holds:
        sys.exit(1)


samples = {
    "BOOL": np.array([[True, False], [False, True]]),
    "UINT8": np.array([[0, 255], [1, 2]], dtype=np.uint8),
    "UINT16": np.array([[0, 65535], [1, 2]], dtype=np.uint16),
    "UINT32": np.array([[0, 2**32 - 1], [1, 2]], dtype=np.uint32),
    "UINT64": np.array([[0, 2**64 - 1], [2**53 + 1, 2]], dtype=np.uint64),
    "INT8": np.array([[-128, 127], [1, 2]], dtype=np.int8),
    "INT16": np.array([[-32768, 32767], [1, 2]], dtype=np.int16),
    "INT32": np.array([[-(2**31), 2**31 - 1], [1, 2]], dtype=np.int32),
    "INT64": np.array([[-(2**63), 2**63 - 1], [2**53 + 1, 2]], dtype=np.int64),
    "FP16": np.array([[0.1, -65504], [6e-8, np.inf]], dtype=np.float16),
    "FP32": np.array([[0.1, -3e38], [1e-45, np.nan]], dtype=np.float32),
    "FP64": np.array([[0.1, -1e308], [5e-324, -np.inf]], dtype=np.float64),
    "BYTES": np.array([["", "plain"], ["ü😀", '{"a": [1]}']], dtype=np.object_),
}

for datatype, values in samples.items():
    for binary_in in (True, False):
        # JSON has no way for FP16 that the client knows.
        if datatype == "FP16" and not binary_in:
            continue
        for binary_out in (True, False):
            if datatype == "FP16" and not binary_out:
                continue
            tensor = triton.InferInput("x", list(values.shape), datatype)
            tensor.set_data_from_numpy(values, binary_data=binary_in)
            wanted = [triton.InferRequestedOutput("y", binary_data=binary_out)]
            result = client.infer(datatype.lower(), [tensor], outputs=wanted).as_numpy("y")
            if datatype == "BYTES":
                got = [[text.decode() if isinstance(text, bytes) else text for text in row] for row in result.tolist()]
                same = got == values.tolist()
            elif binary_in and binary_out:
                same = result.dtype == values.dtype and result.tobytes() == values.tobytes()
            else:
                same = np.array_equal(result, values, equal_nan=datatype in ("FP32", "FP64"))
            check(f"{datatype} {'binary' if binary_in else 'JSON'} in, {'binary' if binary_out else 'JSON'} out", bool(same))

for algorithm in ("gzip", "deflate"):
    values = np.arange(20000, dtype=np.float32).reshape(10000, 2)
    tensor = triton.InferInput("x", list(values.shape), "FP32")
    tensor.set_data_from_numpy(values)
    result = client.infer(
        "fp32", [tensor], request_compression_algorithm=algorithm, response_compression_algorithm=algorithm
    )
    check(f"{algorithm} both ways", np.array_equal(result.as_numpy("y"), values))

flowers = np.array([[5.1, 3.5, 1.4, 0.2]], dtype=np.float32)
tensor = triton.InferInput("measurements", [1, 4], "FP32")
tensor.set_data_from_numpy(flowers)
top = client.infer("iris", [tensor], outputs=[triton.InferRequestedOutput("probabilities", class_count=2)])
check("classification", top.as_numpy("probabilities")[0][0].decode().endswith(":0:setosa"))

stats = client.get_inference_statistics("fp32")["model_stats"][0]
check("statistics", stats["inference_count"] > 0 and stats["inference_stats"]["success"]["ns"] > 0)

print(f"{checks} checks")
