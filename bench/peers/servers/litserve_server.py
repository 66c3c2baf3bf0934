"""LitServe. WORKERS inference workers and as many API servers; BATCH requests at most are put together; FAST for its ZeroMQ queue."""

import os

import litserve
import numpy as np

from onnx_model import SHAPE, OnnxModel


class Api(litserve.LitAPI):
    def setup(self, device):
        self._model = OnnxModel()

    def decode_request(self, request):
        x = np.asarray(request["data"], np.float32)
        return x.reshape(SHAPE[1:] if self.max_batch_size > 1 else SHAPE)

    def predict(self, x):
        return self._model.run(x)

    def encode_response(self, output):
        return {"outputs": output.ravel().tolist()}


if __name__ == "__main__":
    workers = int(os.environ["WORKERS"])
    batch = int(os.environ["BATCH"])
    server = litserve.LitServer(
        Api(max_batch_size=batch, batch_timeout=0.001 if batch > 1 else 0.0),
        accelerator="cpu",
        workers_per_device=workers,
        fast_queue=bool(os.environ["FAST"]),
        timeout=60,
    )
    server.run(
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        num_api_servers=workers,
        log_level="warning",
        access_log=False,
        generate_client_file=False,
        loop="uvloop",
        http="httptools",
    )
