"""FastAPI with the runtime called from the route, in the ways that people write it."""

import numpy as np
import orjson
from fastapi import FastAPI, Request, Response
from pydantic import BaseModel

from onnx_model import SHAPE, OnnxModel

app = FastAPI()
model = OnnxModel()


class Body(BaseModel):
    data: list[float]


class Answer(BaseModel):
    outputs: list[float]


@app.post("/pool")
def pool(body: Body) -> Answer:
    """As FastAPI's documentation has it for work that blocks: in the thread pool, the body checked."""
    return Answer(outputs=model.run_list(body.data).ravel().tolist())


@app.post("/validated")
async def validated(body: Body) -> Answer:
    """In the event loop, the body checked."""
    return Answer(outputs=model.run_list(body.data).ravel().tolist())


@app.post("/bare")
async def bare(request: Request) -> Response:
    """In the event loop, with orjson and no check: the least that FastAPI can do."""
    output = model.run_list(orjson.loads(await request.body())["data"])
    body = orjson.dumps({"outputs": output.ravel()}, option=orjson.OPT_SERIALIZE_NUMPY)
    return Response(body, media_type="application/json")


@app.post("/bytes")
async def raw(request: Request) -> Response:
    """The numbers as bytes instead of JSON, both ways."""
    output = model.run(np.frombuffer(await request.body(), np.float32).reshape(SHAPE))
    return Response(output.tobytes(), media_type="application/octet-stream")
