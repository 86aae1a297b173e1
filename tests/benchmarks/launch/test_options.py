"""Options behind a launcher's name: read by the types of their fields, and every mistake is one line."""

from dataclasses import dataclass
from typing import Annotated

import pytest
from pydantic import Field

from benchmarks.errors import InputError
from benchmarks.launch.launcher import launcher_named
from benchmarks.launch.options import Options, read_options
from benchmarks.launch.slurm import SlurmOptions


@dataclass(frozen=True)
class OfTrains(Options):
    station: str = ""
    wagons: Annotated[int, Field(ge=1)] = 1
    hours: float = 0.5


def test_options_have_the_types_of_their_fields():
    assert read_options(OfTrains, "station=north:2, wagons=3,hours=1.5", "train") == OfTrains("north:2", 3, 1.5)
    assert read_options(OfTrains, "wagons=2", "train") == OfTrains(wagons=2)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("", "'' is no KEY=VALUE"),
        ("north", "'north' is no KEY=VALUE"),
        ("wagon=2", r"unknown option 'wagon'; did you mean wagons, station\?"),
        ("x=2", "unknown option 'x'; known: station, wagons, hours"),
        ("wagons=two", "wagons: Input should be a valid integer"),
        ("wagons=0", "wagons: Input should be greater than or equal to 1"),
        ("wagons=1,wagons=2", "wagons is there twice"),
    ],
)
def test_what_does_not_fit_is_one_line(given, message):
    with pytest.raises(InputError, match=f"^--launcher train:{given}: {message}"):
        read_options(OfTrains, given, "train")


def test_a_launcher_is_found_with_its_options():
    assert launcher_named("slurm").options == SlurmOptions()
    assert launcher_named("slurm:partition=night,packed=2").options == SlurmOptions(partition="night", packed=2)
    with pytest.raises(InputError, match=r"^--launcher slurm:cores=2: unknown option 'cores'; did you mean "):
        launcher_named("slurm:cores=2")
