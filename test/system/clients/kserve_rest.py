"""Drives Kedge with KServe's own client, in V1 and in V2: liveness, readiness and predictions. Prints one line a check."""

import asyncio
import sys

import httpx
import numpy as np
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig

address = sys.argv[1]
checks = 0
flowers = [[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3]]


def check(name: str, holds: bool) -> None:
    global checks
    checks += 1
    print(f"{'ok' if holds else 'not ok'} - {name}")
    if not holds:
        sys.exit(1)


async def refusal(answer) -> str:
    """What the client says of an answer that has to be an error."""
    try:
        await answer
    except httpx.HTTPStatusError as error:
        return str(error)
    return ""


async def v1(client: InferenceRESTClient) -> None:
    check("V1: server live", await client.is_server_live(address))
    check("V1: model ready", await client.is_model_ready(address, "iris"))
    check("V1: an unknown model", "'404 " in await refusal(client.is_model_ready(address, "nobody")))
    answer = await client.infer(address, {"instances": flowers}, model_name="iris")
    labels = [prediction["label"] for prediction in answer["predictions"]]
    check("V1: predictions", labels == [0, 2])
    said = await refusal(client.infer(address, {"instances": [flowers[0][:3]]}, model_name="iris"))
    check("V1: a wrong shape is refused, with words that the client passes on", "measurements" in said)
    said = await refusal(client.explain(address, "iris", {"instances": flowers}))
    check("V1: no explanations, with words that the client passes on", ":explain is not supported" in said)


def tensor(values: np.ndarray, binary: bool) -> InferRequest:
    wanted = InferInput("measurements", list(values.shape), "FP32")
    wanted.set_data_from_numpy(values, binary_data=binary)
    return InferRequest("iris", [wanted], request_id="flowers")


async def v2(client: InferenceRESTClient) -> None:
    check("V2: server live", await client.is_server_live(address))
    check("V2: server ready", await client.is_server_ready(address))
    check("V2: model ready", await client.is_model_ready(address, "iris"))
    check("V2: an unknown model is not ready", not await client.is_model_ready(address, "nobody"))
    values = np.array(flowers, dtype=np.float32)
    for binary in (False, True):
        form = "binary" if binary else "JSON"
        answer = await client.infer(address, tensor(values, binary), model_name="iris")
        check(f"V2: request id, {form}", answer.id == "flowers" and answer.model_name == "iris")
        outputs = {output.name: output.as_numpy() for output in answer.outputs}
        check(f"V2: labels, {form}", outputs["label"].tolist() == [0, 2])
        check(f"V2: probabilities, {form}", np.allclose(outputs["probabilities"].sum(axis=1), 1))
        said = await refusal(client.infer(address, tensor(values[:, :3], binary), model_name="iris"))
        check(f"V2: a wrong shape is refused, with words that the client passes on, {form}", "measurements" in said)


async def main() -> None:
    for protocol, drive in (("v1", v1), ("v2", v2)):
        async with InferenceRESTClient(RESTConfig(protocol=protocol, retries=0)) as client:
            await drive(client)


asyncio.run(main())
print(f"{checks} checks")
