"""BentoML: a service with WORKERS processes."""

import os
from typing import Annotated

import bentoml
import numpy as np
from bentoml.validators import DType

from onnx_model import SHAPE, OnnxModel


@bentoml.service(
    workers=int(os.environ["WORKERS"]),
    traffic={"timeout": 60},
    logging={"access": {"enabled": False}},
)
class Model:
    def __init__(self) -> None:
        self._model = OnnxModel()

    @bentoml.api
    async def inline(self, data: list[float]) -> list[float]:
        """In the event loop."""
        return self._model.run_list(data).ravel().tolist()

    @bentoml.api
    def pool(self, data: list[float]) -> list[float]:
        """As BentoML's documentation has it for work that blocks: in the thread pool."""
        return self._model.run_list(data).ravel().tolist()

    @bentoml.api(batchable=True, max_batch_size=64, max_latency_ms=1000)
    def batched(self, data: Annotated[np.ndarray, DType("float32")]) -> np.ndarray:
        """Requests put together by BentoML's adaptive batching."""
        return self._model.run(data.reshape([-1, *SHAPE[1:]]))
