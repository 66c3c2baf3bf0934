"""Trains every model that Kedge ships, checks each against scikit-learn row by row, and writes the repository.

    python train.py [--models DIR] [--heldout DIR] [--training DIR]
"""

from __future__ import annotations

import argparse
from pathlib import Path

from kedge_training import diabetes, digits, iris, penguins, wine_anomaly
from kedge_training.common import export, write_gate, write_heldout, write_training

HERE = Path(__file__).resolve().parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, default=HERE.parent.parent / "models", help="the repository to write")
    parser.add_argument("--heldout", type=Path, default=HERE / "heldout", help="where held-out requests and answers go")
    parser.add_argument("--training", type=Path, help="where the rows of the training go; nowhere by default")
    arguments = parser.parse_args()
    for module in (iris, penguins, digits, diabetes, wine_anomaly):
        for trained in module.train():
            path = export(trained, arguments.models)
            write_heldout(trained, arguments.heldout)
            write_gate(trained, arguments.models)
            if arguments.training is not None:
                write_training(trained, arguments.training)
            print(f"{trained.model} version {trained.version}: {trained.score}; {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
