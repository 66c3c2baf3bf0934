"""Diabetes: how far the disease has gone after a year, from ten measurements in their own units."""

from __future__ import annotations

import numpy as np
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import load_diabetes
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.metrics import mean_absolute_error, r2_score
from sklearn.model_selection import train_test_split

from .common import SEED, Trained

DATA = "Diabetes (B. Efron, T. Hastie, I. Johnstone and R. Tibshirani, 2004), as shipped with scikit-learn"


def train() -> list[Trained]:
    data = load_diabetes(scaled=False)
    x = data.data.astype(np.float32)
    x_train, x_test, y_train, y_test = train_test_split(x, data.target, test_size=110, random_state=SEED)
    regressor = GradientBoostingRegressor(n_estimators=120, max_depth=2, learning_rate=0.06, random_state=SEED)
    regressor.fit(x_train, y_train)
    predicted = regressor.predict(x_test)
    score = f"mean absolute error {mean_absolute_error(y_test, predicted):.1f}, R² {r2_score(y_test, predicted):.3f} on {len(y_test)} held-out patients"
    return [
        Trained(
            model="diabetes",
            version=1,
            pipeline=regressor,
            initial_types=[("measurements", FloatTensorType([None, 10]))],
            data=DATA,
            doc="Gradient boosting for the progression of diabetes one year after the measurements.",
            rows={"measurements": x_test},
            expected={"variable": predicted.astype(np.float32).reshape(-1, 1)},
            score=score,
            truth=y_test.astype(np.float32),
            training={"measurements": x_train},
            bound=("MAE", "atMost", 55),
            columns=["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"],
        )
    ]
