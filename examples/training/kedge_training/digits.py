"""Digits: 8×8 images of handwritten figures, by a small neural network. The input is an image, not a list of columns."""

from __future__ import annotations

import numpy as np
import onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import load_digits
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler

from .common import SEED, Trained

DATA = "Optical recognition of handwritten digits (E. Alpaydin and C. Kaynak, 1998), CC BY 4.0, as shipped with scikit-learn"

# An image is long: these are enough for the gate.
GATE_ROWS = 100


def train() -> list[Trained]:
    data = load_digits()
    x = data.data.astype(np.float32)
    x_train, x_test, y_train, y_test = train_test_split(x, data.target, test_size=360, stratify=data.target, random_state=SEED)
    network = make_pipeline(
        FunctionTransformer(),
        MinMaxScaler(),
        MLPClassifier(hidden_layer_sizes=(48,), alpha=1e-3, max_iter=400, random_state=SEED),
    )
    network.fit(x_train, y_train)
    labels = network.predict(x_test)
    return [
        Trained(
            model="digits",
            version=1,
            pipeline=network,
            initial_types=[("image", FloatTensorType([None, 64]))],
            data=DATA,
            doc="A neural network of 48 hidden units for the digit on an 8×8 image of ink from 0 to 16.",
            rows={"image": x_test.reshape(-1, 8, 8)},
            expected={"label": labels.astype(np.int64), "probabilities": network.predict_proba(x_test).astype(np.float32)},
            score=f"accuracy {accuracy_score(y_test, labels):.3f} on {len(y_test)} held-out images",
            truth=y_test[:GATE_ROWS],
            training={"image": x_train.reshape(-1, 8, 8)},
            bound=("accuracy", "atLeast", 0.93),
            options={id(network): {"zipmap": False}},
            reshape=flatten_images,
        )
    ]


def flatten_images(model: onnx.ModelProto) -> None:
    """Lets the graph take [batch, 8, 8]: scikit-learn knows rows of 64 only, callers have images."""
    graph = model.graph
    [image] = graph.input
    for node in graph.node:
        node.input[:] = ["rows" if name == image.name else name for name in node.input]
    graph.node.insert(0, onnx.helper.make_node("Flatten", [image.name], ["rows"], name="flatten_images", axis=1))
    shape = image.type.tensor_type.shape
    shape.ClearField("dim")
    shape.dim.add().dim_param = "batch"
    shape.dim.add().dim_value = 8
    shape.dim.add().dim_value = 8
