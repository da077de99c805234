"""Makes the sample's taxi trips: two CSV files of plausible, wholly invented rides.

The same seed gives the same bytes on every Python from 3.8 on: only `random.random()` is drawn from the generator (its
sequence is fixed by the language), and only sums and products are taken of the draws.

    python3 make_data.py                  # rewrites the files beside the pipeline
    python3 make_data.py --output /tmp/x  # writes them elsewhere
"""

import argparse
import csv
import random
from datetime import datetime, timedelta
from pathlib import Path

FOLDER = Path(__file__).parent / "cli/jobs/pipelines-with-components/nyc_taxi_data_regression/data"

GREEN_COLUMNS = [
    "vendorID", "lpepPickupDatetime", "lpepDropoffDatetime", "passengerCount", "tripDistance",
    "pickupLongitude", "pickupLatitude", "dropoffLongitude", "dropoffLatitude", "rateCodeID",
    "storeAndFwdFlag", "tripType", "totalAmount",
]
YELLOW_COLUMNS = [
    "vendorID", "tpepPickupDateTime", "tpepDropoffDateTime", "passengerCount", "tripDistance",
    "startLon", "startLat", "endLon", "endLat", "rateCodeId",
    "storeAndFwdFlag", "totalAmount",
]


def spread(draw):
    """A bell-shaped number around 0, mostly within -1 and 1: the sum of four even draws."""
    return sum(draw.random() for _ in range(4)) - 2


def trip(draw, start, centre):
    """One ride: when, where, how far, for how many people and at what price."""
    pickup = start + timedelta(seconds=int(draw.random() * 28 * 24 * 3600))
    longitude = centre[0] + spread(draw) * 0.03
    latitude = centre[1] + spread(draw) * 0.03
    distance = 0.6 + 7.5 * draw.random() * draw.random() + 4 * draw.random() * draw.random() * draw.random()
    rush = pickup.weekday() < 5 and pickup.hour in (8, 9, 16, 17, 18)
    night = pickup.hour >= 20 or pickup.hour < 6
    minutes = 2 + distance * ((5.2 if rush else 3.6) + 0.6 * spread(draw))
    fare = 3 + 2.1 * distance + 0.35 * minutes + (1 if rush else 0) + (0.5 if night else 0) + 0.8 * spread(draw)
    east, north = (draw.random() - 0.5) * 2, (draw.random() - 0.5) * 2
    return {
        "vendor": 1 if draw.random() < 0.45 else 2,
        "pickup": pickup,
        "dropoff": pickup + timedelta(seconds=int(minutes * 60)),
        "passengers": 1 + int(draw.random() * draw.random() * 6),
        "distance": distance,
        "from": (longitude, latitude),
        "to": (longitude + east * distance * 0.012, latitude + north * distance * 0.009),
        "stored": "Y" if draw.random() < 0.02 else "N",
        "fare": max(fare, 3.5),
    }


def spoil(draw, ride):
    """A few rides in a hundred are broken, as in life: no distance, a negative price, or a place far out at sea."""
    fault = draw.random()
    if fault < 0.01:
        ride["distance"] = 0.0
    elif fault < 0.02:
        ride["fare"] = -ride["fare"]
    elif fault < 0.03:
        ride["from"] = (0.0, 0.0)
    return ride


def cells(ride, trip_type):
    """The ride as a row; green taxis also say how they were hailed."""
    times = [ride[name].strftime("%Y-%m-%d %H:%M:%S") for name in ("pickup", "dropoff")]
    places = ["%.5f" % value for value in ride["from"] + ride["to"]]
    tail = [ride["stored"]] + ([] if trip_type is None else [trip_type]) + ["%.2f" % ride["fare"]]
    return [ride["vendor"], *times, ride["passengers"], "%.2f" % ride["distance"], *places, 1, *tail]


def write(path, columns, seed, count, centre, green):
    draw = random.Random(seed)
    rides = [spoil(draw, trip(draw, datetime(2016, 1, 4), centre)) for _ in range(count)]
    rides.sort(key=lambda ride: ride["pickup"])
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(columns)
        for ride in rides:
            table.writerow(cells(ride, (1 if draw.random() < 0.9 else 2) if green else None))


def main():
    parser = argparse.ArgumentParser(description="Make the sample's synthetic taxi trips.")
    parser.add_argument("--output", type=Path, default=FOLDER, help="folder to write to (default: the pipeline's data)")
    folder = parser.parse_args().output
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "green_trips.csv", GREEN_COLUMNS, 2016, 1200, (-73.95, 40.79), green=True)
    write(folder / "yellow_trips.csv", YELLOW_COLUMNS, 1916, 1800, (-73.98, 40.75), green=False)


if __name__ == "__main__":
    main()
