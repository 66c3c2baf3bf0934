"""Wine anomalies: an isolation forest that learned what ordinary wine is; nobody told it what is not."""

from __future__ import annotations

import numpy as np
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import load_wine
from sklearn.ensemble import IsolationForest
from sklearn.model_selection import train_test_split

from .common import SEED, Trained

DATA = "Wine recognition (M. Forina and others, 1991), CC BY 4.0, as shipped with scikit-learn"

WINE_COLUMNS = [
    "alcohol", "malic_acid", "ash", "alcalinity_of_ash", "magnesium", "total_phenols", "flavanoids", "nonflavanoid_phenols",
    "proanthocyanins", "color_intensity", "hue", "od280_od315", "proline",
]  # fmt: skip


def train() -> list[Trained]:
    data = load_wine()
    x = data.data.astype(np.float32)
    x_train, x_test = train_test_split(x, test_size=60, stratify=data.target, random_state=SEED)
    # Wines whose measurements are shuffled among each other: each value ordinary, the combination not.
    generator = np.random.default_rng(SEED)
    shuffled = np.stack([generator.permutation(column) for column in x_test.T], axis=1)
    forest = IsolationForest(n_estimators=30, contamination=0.05, random_state=SEED)
    forest.fit(x_train)
    rows = np.concatenate([x_test, shuffled * 1.3]).astype(np.float32)
    labels = forest.predict(rows)
    score = (
        f"{(labels[: len(x_test)] == -1).mean():.1%} of {len(x_test)} held-out wines and "
        f"{(labels[len(x_test) :] == -1).mean():.1%} of {len(shuffled)} made-up ones are called anomalies"
    )
    return [
        Trained(
            model="wine-anomaly",
            version=1,
            pipeline=forest,
            initial_types=[("measurements", FloatTensorType([None, 13]))],
            data=DATA,
            doc="Isolation forest over the chemistry of wine: label -1 and a negative score mark an anomaly.",
            rows={"measurements": rows},
            expected={
                "label": labels.astype(np.int64).reshape(-1, 1),
                "scores": forest.decision_function(rows).astype(np.float32).reshape(-1, 1),
            },
            score=score,
            truth=np.repeat([1, -1], len(x_test)),
            training={"measurements": x_train},
            bound=("accuracy", "atLeast", 0.8),
            columns=WINE_COLUMNS,
        )
    ]
