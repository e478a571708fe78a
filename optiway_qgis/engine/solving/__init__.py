"""Solving: engines propose who serves what in which order; schedule times it; check judges it."""
