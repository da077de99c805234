"""Brings green and yellow trips to one set of columns and drops the rides that cannot be true."""

import argparse
from pathlib import Path

import mlflow
import pandas as pd

# The two companies' names for the same things.
GREEN = {
    "lpepPickupDatetime": "pickup",
    "lpepDropoffDatetime": "dropoff",
    "pickupLongitude": "pickup_longitude",
    "pickupLatitude": "pickup_latitude",
    "dropoffLongitude": "dropoff_longitude",
    "dropoffLatitude": "dropoff_latitude",
}
YELLOW = {
    "tpepPickupDateTime": "pickup",
    "tpepDropoffDateTime": "dropoff",
    "startLon": "pickup_longitude",
    "startLat": "pickup_latitude",
    "endLon": "dropoff_longitude",
    "endLat": "dropoff_latitude",
}
BOTH = {
    "vendorID": "vendor",
    "passengerCount": "passengers",
    "tripDistance": "distance",
    "storeAndFwdFlag": "store_forward",
    "totalAmount": "cost",
}


def read(path, names):
    """One company's table with the common column names."""
    table = pd.read_csv(path)
    names = {**BOTH, **names}
    missing = sorted(set(names) - set(table.columns))
    if missing:
        raise SystemExit(f"{path.name} lacks the columns {', '.join(missing)}; it has {', '.join(table.columns)}")
    return table[list(names)].rename(columns=names)


def clean(trips):
    """Keeps rides that went somewhere, cost something and began in the city."""
    believable = (
        trips["distance"].between(0.1, 100)
        & trips["cost"].between(1, 500)
        & trips["pickup_longitude"].between(-74.5, -73.5)
        & trips["pickup_latitude"].between(40.4, 41.1)
    )
    return trips[believable].reset_index(drop=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--trips", type=Path, required=True, help="folder with green_trips.csv and yellow_trips.csv")
    parser.add_argument("--cleaned", type=Path, required=True, help="folder to write cleaned.csv to")
    arguments = parser.parse_args()

    trips = pd.concat(
        [read(arguments.trips / "green_trips.csv", GREEN), read(arguments.trips / "yellow_trips.csv", YELLOW)],
        ignore_index=True,
    )
    cleaned = clean(trips)

    arguments.cleaned.mkdir(parents=True, exist_ok=True)
    cleaned.to_csv(arguments.cleaned / "cleaned.csv", index=False)
    mlflow.log_metrics({"rows_read": len(trips), "rows_dropped": len(trips) - len(cleaned)})
    print(f"kept {len(cleaned)} of {len(trips)} trips")


if __name__ == "__main__":
    main()
