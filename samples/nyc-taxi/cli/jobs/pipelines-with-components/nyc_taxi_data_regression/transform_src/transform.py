"""Turns times and places into numbers that a regression can use."""

import argparse
from pathlib import Path

import mlflow
import pandas as pd


def features(trips):
    """The model's inputs and, last, the fare that it is to predict."""
    pickup = pd.to_datetime(trips["pickup"])
    dropoff = pd.to_datetime(trips["dropoff"])
    return pd.DataFrame(
        {
            "vendor": trips["vendor"],
            "passengers": trips["passengers"],
            "distance": trips["distance"],
            "minutes": (dropoff - pickup).dt.total_seconds() / 60,
            "hour": pickup.dt.hour,
            "weekday": pickup.dt.weekday,
            "rush_hour": ((pickup.dt.weekday < 5) & pickup.dt.hour.isin([8, 9, 16, 17, 18])).astype(int),
            "night": ((pickup.dt.hour >= 20) | (pickup.dt.hour < 6)).astype(int),
            "stored": (trips["store_forward"] == "Y").astype(int),
            "east": trips["dropoff_longitude"] - trips["pickup_longitude"],
            "north": trips["dropoff_latitude"] - trips["pickup_latitude"],
            "cost": trips["cost"],
        }
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cleaned", type=Path, required=True, help="folder with cleaned.csv")
    parser.add_argument("--features", type=Path, required=True, help="folder to write features.csv to")
    arguments = parser.parse_args()

    table = features(pd.read_csv(arguments.cleaned / "cleaned.csv"))
    arguments.features.mkdir(parents=True, exist_ok=True)
    table.to_csv(arguments.features / "features.csv", index=False)
    mlflow.log_metric("columns", table.shape[1])
    print(f"wrote {table.shape[0]} rows of {table.shape[1]} columns")


if __name__ == "__main__":
    main()
