"""Penguins: the species from numbers and texts of which some are missing; one input a feature."""

from __future__ import annotations

import numpy as np
import pandas as pd
from palmerpenguins import load_penguins
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from .common import SEED, Trained

DATA = "Palmer Penguins (Gorman, Williams and Fraser, 2014), CC0"
NUMBERS = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]
TEXTS = ["island", "sex"]


def train() -> list[Trained]:
    penguins = load_penguins()
    x = penguins[NUMBERS + TEXTS].copy()
    x[NUMBERS] = x[NUMBERS].astype(np.float32)
    # A text that is missing is an empty one: tensors of text know no other way.
    x[TEXTS] = x[TEXTS].astype(object).where(x[TEXTS].notna(), "")
    y = penguins["species"].astype(str).to_numpy(dtype=object)
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=110, stratify=y, random_state=SEED)
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    # An empty text is one more category, and one never seen is none of them.
    texts = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    columns = ColumnTransformer([("numbers", numbers, NUMBERS), ("texts", texts, TEXTS)])
    classifier = Pipeline([("columns", columns), ("regression", LogisticRegression(max_iter=1000, random_state=SEED))])
    classifier.fit(x_train, y_train)
    labels = classifier.predict(x_test)
    return [
        Trained(
            model="penguins",
            version=1,
            pipeline=classifier,
            initial_types=[(name, FloatTensorType([None, 1])) for name in NUMBERS]
            + [(name, StringTensorType([None, 1])) for name in TEXTS],
            data=DATA,
            doc="Logistic regression for the species of a penguin; missing values are allowed.",
            rows=inputs(x_test),
            expected={"label": labels, "probabilities": classifier.predict_proba(x_test).astype(np.float32)},
            score=f"accuracy {accuracy_score(y_test, labels):.3f} on {len(y_test)} held-out penguins",
            truth=y_test,
            training=inputs(x_train),
            bound=("macro-F1", "atLeast", 0.95),
            options={id(classifier): {"zipmap": False}},
            warmup=inputs(x_train.iloc[:2]),
        )
    ]


def inputs(rows: pd.DataFrame) -> dict[str, np.ndarray]:
    """One [N, 1] tensor a column."""
    numbers = {name: rows[[name]].to_numpy(dtype=np.float32) for name in NUMBERS}
    return numbers | {name: rows[[name]].to_numpy(dtype=object) for name in TEXTS}
