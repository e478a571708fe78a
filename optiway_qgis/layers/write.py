"""Writes a plan to the sinks of a Processing algorithm, and counts afterwards that all of it arrived.

What the fields are called is output_fields.py's, how the layers look is styles.py's.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Counts:
    """The numbers an algorithm returns, and how many features each sink was given."""

    stops: int
    routes: int
    assigned: int
    unassigned: int
    rejected: int
    late: int
    distance_km: float
    drive_min: float
    cost: float
    violations: int
    features: dict[str, int] = field(default_factory=dict)

    def numbers(self) -> dict[str, float]:
        """The numbers under their public output names."""
        return {
            "STOP_COUNT": self.stops,
            "ROUTE_COUNT": self.routes,
            "ASSIGNED_COUNT": self.assigned,
            "UNASSIGNED_COUNT": self.unassigned,
            "REJECTED_COUNT": self.rejected,
            "LATE_COUNT": self.late,
            "DISTANCE_KM": self.distance_km,
            "DRIVE_MIN": self.drive_min,
            "COST": self.cost,
            "VIOLATION_COUNT": self.violations,
        }
