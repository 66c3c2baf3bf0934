"""The model that every peer serves: MODEL is its file, SHAPE that of its input, THREADS those of the session."""

import os

import numpy as np
import onnxruntime

SHAPE = [int(size) for size in os.environ["SHAPE"].split(",")]


class OnnxModel:
    def __init__(self) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = int(os.environ["THREADS"])
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            os.environ["MODEL"], options, providers=["CPUExecutionProvider"]
        )
        self._input = self._session.get_inputs()[0].name

    def run(self, x: np.ndarray) -> np.ndarray:
        return self._session.run(None, {self._input: x})[0]

    def run_list(self, data: list) -> np.ndarray:
        """A flat list of the numbers of one request."""
        return self.run(np.asarray(data, np.float32).reshape(SHAPE))
