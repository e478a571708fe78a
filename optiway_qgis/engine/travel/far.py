"""Ways to places that the network does not reach, estimated: a provider around that of the network."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from optiway_qgis.engine.travel.estimate import Estimate
from optiway_qgis.engine.travel.provider import SNAP_OK, UNREACHABLE, Matrix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optiway_qgis.engine.travel.provider import Conditions, Coordinate, Line, Provider, Snap


def with_far_places(network: Provider, places: Sequence[Coordinate]) -> WithFarPlaces:
    """Return the network with ways to those of its places that are far, cut off or outside."""
    off = np.array([snap.status != SNAP_OK for snap in network.snap()], bool)
    return WithFarPlaces(network, network, Estimate(places), off[:, None] | off)


@dataclass
class WithFarPlaces:
    """A provider that estimates what its network has no way for, for pairs that `may_fill` allows.

    Where both ends met the `bare` network and there is still no way, there is none. Estimated ways are drawn
    straight and marked as an estimate. Weather and traffic in zones slow them; barriers and traffic on a
    class of road do not, and a barrier makes no place a far one.
    """

    bare: Provider
    network: Provider
    estimate: Provider
    may_fill: np.ndarray
    filled_metres: dict[tuple[int, int], tuple[np.ndarray, ...]] = field(default_factory=dict)
    source: str = field(init=False)

    def __post_init__(self) -> None:
        self.source = self.network.source
        self._filled: dict[str, tuple[Matrix, np.ndarray]] = {}

    def snap(self) -> list[Snap]:
        """Return how each place met the network."""
        return self.network.snap()

    def matrix(self, profile: str) -> Matrix:
        """Return times and distances, those of the network wherever it has a way."""
        return self._of(profile)[0]

    def lines(self, pairs: Sequence[tuple[int, int]], profile: str) -> list[Line]:
        """Return the way drawn for each pair."""
        estimated = self._of(profile)[1]
        on_network = iter(self.network.lines([pair for pair in pairs if not estimated[pair]], profile))
        straight = iter(self.estimate.lines([pair for pair in pairs if estimated[pair]], profile))
        return [next(straight if estimated[pair] else on_network) for pair in pairs]

    def under(self, conditions: Conditions) -> WithFarPlaces:
        """Return network and estimates under conditions; the same places are far."""
        rows = tuple(row for row in conditions.rows if not row.road_class)
        estimate = self.estimate.under(replace(conditions, rows=rows, barriers=()))
        return replace(self, network=self.bare.under(conditions), estimate=estimate)

    def _of(self, profile: str) -> tuple[Matrix, np.ndarray]:
        """Return the matrix of a profile, and where it is estimated."""
        if profile not in self._filled:
            known, guess = self.network.matrix(profile), self.estimate.matrix(profile)
            estimated = self.may_fill & (known.metres == UNREACHABLE)
            key = id(known.metres), id(guess.metres)
            if key not in self.filled_metres:
                # Both are kept beside what is made of them, as long as their identities are the key.
                metres = np.where(estimated, guess.metres, known.metres)
                self.filled_metres[key] = metres, known.metres, guess.metres
            seconds = np.where(estimated, guess.seconds, known.seconds)
            self._filled[profile] = Matrix(seconds, self.filled_metres[key][0]), estimated
        return self._filled[profile]
