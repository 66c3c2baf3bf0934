"""Iris: three species from four measurements, once by logistic regression and once by a random forest."""

from __future__ import annotations

import numpy as np
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from .common import SEED, Trained

DATA = "Iris (R. A. Fisher, 1936), as shipped with scikit-learn"


def train() -> list[Trained]:
    data = load_iris()
    # float32 from the start: trees then split where the served model, which sees float32, splits too.
    x = data.data.astype(np.float32)
    x_train, x_test, y_train, y_test = train_test_split(x, data.target, test_size=50, stratify=data.target, random_state=SEED)
    regression = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500, random_state=SEED))
    forest = RandomForestClassifier(n_estimators=30, max_depth=4, random_state=SEED)
    trained = []
    for version, (classifier, doc) in enumerate([(regression, "Logistic regression"), (forest, "Random forest of 30 trees")], start=1):
        classifier.fit(x_train, y_train)
        labels = classifier.predict(x_test)
        trained.append(
            Trained(
                model="iris",
                version=version,
                pipeline=classifier,
                initial_types=[("measurements", FloatTensorType([None, 4]))],
                data=DATA,
                doc=f"{doc} for the species of an iris flower.",
                rows={"measurements": x_test},
                expected={"label": labels.astype(np.int64), "probabilities": classifier.predict_proba(x_test).astype(np.float32)},
                score=f"accuracy {accuracy_score(y_test, labels):.3f} on {len(y_test)} held-out flowers",
                truth=y_test,
                training={"measurements": x_train},
                bound=("accuracy", "atLeast", 0.9),
                columns=["sepal_length", "sepal_width", "petal_length", "petal_width"],
                options={id(classifier): {"zipmap": False}},
            )
        )
    return trained
