"""A check of Kedge's own for schemathesis: what fits the schema of a model's body is answered, or refused for what no schema can say."""

import schemathesis

# What is beyond JSON Schema: what was found, and the beginning of what was got.
BEYOND = [
    ("columns are lists of one length", ""),
    ("as in the inputs before it", ""),
    # The base64 of no text.
    ("the value does not fit the feature", "an object"),
    ("not a BYTES value", "an object"),
    ("does not match the data", ""),
    ("nested data does not match the shape", ""),
    ("the product of the sizes is too large", ""),
    # Bytes after the JSON.
    ("the header Inference-Header-Content-Length is missing", ""),
]


def is_beyond(detail: dict) -> bool:
    return any(text in detail["problem"] and detail.get("got", "").startswith(got) for text, got in BEYOND)


@schemathesis.check
def typed_body_acceptance(ctx, response, case) -> None:
    is_typed = "{" not in case.operation.path and case.method == "POST" and case.media_type == "application/json"
    is_positive = case.meta is not None and case.meta.generation.mode == schemathesis.GenerationMode.POSITIVE
    if not is_typed or not is_positive or response.status_code == 200:
        return
    error = response.json()
    details = error.get("details", [])
    unexplained = [detail for detail in details if not is_beyond(detail)]
    # Labels come and go; some models run on no rows and some do not.
    is_beyond_all = error["code"] == "LABEL_NOT_FOUND" or "cannot run on inputs without values" in error.get("error", "")
    if not is_beyond_all and (not details or unexplained):
        raise AssertionError(f"refused although it fits its schema: {unexplained or response.text}")
