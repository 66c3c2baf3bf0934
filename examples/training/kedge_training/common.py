"""What every model's training shares: export, the comparison with scikit-learn, and the held-out requests for the tests."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import skl2onnx

SEED = 20261123
OPSETS = {"": 18, "ai.onnx.ml": 3}
ABSOLUTE = 1e-5
RELATIVE = 1e-4


@dataclass
class Trained:
    """A trained model, what it takes, and what scikit-learn itself answers for rows that it never saw."""

    model: str
    version: int
    pipeline: object
    initial_types: list
    data: str
    doc: str
    # Held-out rows by input name, and scikit-learn's answers by output name.
    rows: dict[str, np.ndarray]
    expected: dict[str, np.ndarray]
    score: str
    # What the held-out rows really are, and what the gate wants: a metric and its bound, such as ("accuracy", "atLeast", 0.9).
    truth: np.ndarray
    # The rows that it was trained with, by input name: the reference of drift.
    training: dict[str, np.ndarray]
    bound: tuple[str, str, float]
    # Names of the columns where all are in one tensor; each input is a feature of its own where it is None.
    columns: list[str] | None = None
    options: dict = field(default_factory=dict)
    # A request from the training data, for models that zeros would not warm up properly.
    warmup: dict[str, np.ndarray] | None = None
    # Changes to the converted graph that scikit-learn has no word for.
    reshape: Callable[[onnx.ModelProto], None] | None = None


def export(trained: Trained, models: Path) -> Path:
    """Converts, names and checks the graph, compares it with scikit-learn row by row, and writes it into the repository."""
    graph = skl2onnx.to_onnx(
        trained.pipeline,
        initial_types=trained.initial_types,
        target_opset=OPSETS,
        options=trained.options or None,
        name=trained.model,
    )
    name_batch(graph)
    if trained.reshape is not None:
        trained.reshape(graph)
    graph.domain = "kedge.examples"
    graph.model_version = trained.version
    graph.doc_string = trained.doc
    onnx.helper.set_model_props(
        graph,
        {"training.data": trained.data, "training.seed": str(SEED), "training.score": trained.score},
    )
    onnx.checker.check_model(graph)
    compare(trained, graph.SerializeToString())
    folder = models / trained.model / str(trained.version)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "model.onnx"
    path.write_bytes(graph.SerializeToString(deterministic=True))
    if trained.warmup is not None:
        (folder / "warmup").mkdir(exist_ok=True)
        write_json(folder / "warmup" / "typical.json", {"inputs": v2_inputs(trained.warmup)})
    return path


def name_batch(graph: onnx.ModelProto) -> None:
    """One name for the batch dimension everywhere: it is how a server knows that rows in are rows out."""
    for value in [*graph.graph.input, *graph.graph.output]:
        value.type.tensor_type.shape.dim[0].dim_param = "batch"


def compare(trained: Trained, model: bytes) -> None:
    """Fails unless every held-out row gets scikit-learn's label and, within tolerance, its numbers."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    answers = dict(zip(names, session.run(names, trained.rows)))
    if set(answers) != set(trained.expected):
        raise SystemExit(f"{trained.model}: outputs {sorted(answers)}, expected {sorted(trained.expected)}")
    for name, expected in trained.expected.items():
        got = answers[name]
        if got.shape != expected.shape:
            raise SystemExit(f"{trained.model}: {name} has shape {got.shape}, expected {expected.shape}")
        same = np.isclose(got, expected, atol=ABSOLUTE, rtol=RELATIVE) if is_floating(expected) else got == expected
        wrong = np.flatnonzero(~same.reshape(len(expected), -1).all(axis=1))
        if len(wrong) > 0:
            raise SystemExit(f"{trained.model} version {trained.version}: {name} differs from scikit-learn in rows {wrong.tolist()}")


def write_heldout(trained: Trained, folder: Path) -> None:
    """A V2 request with all held-out rows, and what scikit-learn answers: the server's tests replay it over HTTP."""
    folder.mkdir(parents=True, exist_ok=True)
    expected = [{"name": name, "shape": list(values.shape), "data": plain(values)} for name, values in trained.expected.items()]
    case = {
        "model": trained.model,
        "version": str(trained.version),
        "absolute": ABSOLUTE,
        "relative": RELATIVE,
        "request": {"inputs": v2_inputs(trained.rows)},
        "expected": expected,
    }
    write_json(folder / f"{trained.model}-{trained.version}.json", case)


# Enough to tell a wrong export from a right one, few enough to read.
CASE_ROWS = 8


def write_gate(trained: Trained, models: Path) -> None:
    """Tests that a server runs before the version serves: scikit-learn's answers for a few rows, and a score on all held-out ones."""
    folder = models / trained.model / str(trained.version) / "gate"
    folder.mkdir(parents=True, exist_ok=True)
    some = {name: values[:CASE_ROWS] for name, values in trained.rows.items()}
    answers = {name: values[:CASE_ROWS] for name, values in trained.expected.items()}
    expected = [{"name": name, "shape": list(values.shape), "data": plain(values)} for name, values in answers.items()]
    case = {"request": {"inputs": v2_inputs(some)}, "expected": expected, "absolute": ABSOLUTE, "relative": RELATIVE}
    write_json(folder / "answers.json", case)
    metric, side, bound = trained.bound
    rows = records(trained, trained.rows, len(trained.truth))
    for row, truth in zip(rows, trained.truth):
        row["truth"] = cell(truth)
    data = f"held-out.{ending(rows)}"
    write_rows(folder / data, rows)
    lines = ["# Rows that training never saw.", f"data: {data}", "label: truth", f"metric: {metric}", f"{side}: {bound}"]
    (folder / "held-out.yaml").write_text("\n".join(lines) + "\n")


def write_training(trained: Trained, folder: Path) -> Path:
    """The rows of the training, a column a feature: what `kedge profile` makes the reference of drift from."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = records(trained, trained.training, len(next(iter(trained.training.values()))))
    path = folder / f"{trained.model}-{trained.version}.{ending(rows)}"
    write_rows(path, rows)
    return path


def ending(rows: list[dict]) -> str:
    """A whole tensor does not fit into a cell."""
    return "jsonl" if any(isinstance(value, list) for value in rows[0].values()) else "csv"


def records(trained: Trained, tensors: dict[str, np.ndarray], count: int) -> list[dict]:
    """The first `count` rows by feature."""
    rows: list[dict] = [{} for _ in range(count)]
    for name, values in tensors.items():
        if trained.columns is not None:
            for column, feature in enumerate(trained.columns):
                for row in range(count):
                    rows[row][feature] = cell(values[row, column])
        elif values.ndim == 2 and values.shape[1] == 1:
            for row in range(count):
                rows[row][name] = cell(values[row, 0])
        else:
            for row in range(count):
                rows[row][name] = np.vectorize(short, otypes=[object])(values[row]).tolist()
    return rows


def cell(value: object) -> object:
    if isinstance(value, (float, np.floating)):
        return None if np.isnan(value) else short(np.float32(value))
    return value.item() if isinstance(value, np.generic) else value


def write_rows(path: Path, rows: list[dict]) -> None:
    with path.open("w", newline="") as file:
        if path.suffix == ".jsonl":
            for row in rows:
                file.write(json.dumps(row, separators=(",", ":"), allow_nan=False) + "\n")
            return
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: "" if value is None else value for name, value in row.items()} for row in rows)


def v2_inputs(rows: dict[str, np.ndarray]) -> list[dict]:
    return [
        {"name": name, "shape": list(values.shape), "datatype": datatype(values), "data": plain(values)}
        for name, values in rows.items()
    ]


def datatype(values: np.ndarray) -> str:
    """The Open Inference Protocol's name of an array's type."""
    if values.dtype == np.float32:
        return "FP32"
    if values.dtype == np.int64:
        return "INT64"
    return "BYTES"


def plain(values: np.ndarray) -> list:
    """Flat and legal JSON: a missing number is the text "NaN"."""
    if not is_floating(values):
        return values.ravel().tolist()
    return ["NaN" if np.isnan(value) else short(value) for value in values.ravel()]


def short(value: np.floating) -> float | int:
    """The shortest number that is the same float32."""
    number = float(np.format_float_positional(np.float32(value), unique=True))
    return int(number) if number.is_integer() else number


def is_floating(values: np.ndarray) -> bool:
    return np.issubdtype(values.dtype, np.floating)


def write_json(path: Path, value: dict) -> None:
    path.write_text(json.dumps(value, separators=(",", ":"), allow_nan=False) + "\n")
