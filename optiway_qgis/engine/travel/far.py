"""Ways to places that the network does not reach, estimated: a provider around that of the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optiway_qgis.engine.travel.estimate import Estimate
from optiway_qgis.engine.travel.provider import SNAP_OK, UNREACHABLE, Matrix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optiway_qgis.engine.travel.provider import Coordinate, Line, Provider, Snap


class WithFarPlaces:
    """A provider that estimates what its network has no way for, where an end is far, cut off or outside.

    Where both ends met the network and there is still no way, there is none. Estimated ways are drawn
    straight and marked as an estimate.
    """

    def __init__(self, network: Provider, places: Sequence[Coordinate]):
        self.source = network.source
        self._network = network
        self._estimate = Estimate(places)
        off = np.array([snap.status != SNAP_OK for snap in network.snap()], bool)
        self._may_fill = off[:, None] | off
        self._filled: dict[str, tuple[Matrix, np.ndarray]] = {}

    def snap(self) -> list[Snap]:
        """Return how each place met the network."""
        return self._network.snap()

    def matrix(self, profile: str) -> Matrix:
        """Return times and distances, those of the network wherever it has a way."""
        return self._of(profile)[0]

    def lines(self, pairs: Sequence[tuple[int, int]], profile: str) -> list[Line]:
        """Return the way drawn for each pair."""
        estimated = self._of(profile)[1]
        on_network = iter(self._network.lines([pair for pair in pairs if not estimated[pair]], profile))
        straight = iter(self._estimate.lines([pair for pair in pairs if estimated[pair]], profile))
        return [next(straight if estimated[pair] else on_network) for pair in pairs]

    def _of(self, profile: str) -> tuple[Matrix, np.ndarray]:
        """Return the matrix of a profile, and where it is estimated."""
        if profile not in self._filled:
            known, guess = self._network.matrix(profile), self._estimate.matrix(profile)
            estimated = self._may_fill & (known.seconds == UNREACHABLE)
            filled = Matrix(
                np.where(estimated, guess.seconds, known.seconds),
                np.where(estimated, guess.metres, known.metres),
            )
            self._filled[profile] = filled, estimated
        return self._filled[profile]
