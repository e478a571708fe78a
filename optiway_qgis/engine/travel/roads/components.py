"""Which junctions belong to a main network, from each of which every other can be reached; numpy only."""

from __future__ import annotations

import numpy as np

MAIN_SHARE = 0.1
"""A connected part with this share of the largest part's length is a network of its own, not an island."""

TRIALS = 60
"""How many parts are looked at, largest first: real networks have one large part and thousands of stubs."""


def main_network(count: int, tail: np.ndarray, head: np.ndarray, metres: np.ndarray) -> np.ndarray:
    """Return for each junction the number of its main network, -1 where it is in none.

    A main network is a strongly connected part whose arcs are long enough together.
    """
    network = np.full(count, -1)
    left = np.ones(count, dtype=bool)
    longest = 0.0
    if not len(tail):
        return network
    for number in range(TRIALS):
        inside = left[tail] & left[head]
        label = _weak_labels(count, tail[inside], head[inside])
        length = np.bincount(label[tail[inside]], weights=metres[inside], minlength=count)
        part = int(length.argmax())
        if length[part] <= MAIN_SHARE * longest:
            break
        inside &= label[tail] == part
        arms = np.bincount(tail[inside], minlength=count) * np.bincount(head[inside], minlength=count)
        pivot = int(arms.argmax())
        strong = _reached(pivot, tail[inside], head[inside], count)
        strong &= _reached(pivot, head[inside], tail[inside], count)
        left &= ~strong
        within = inside & strong[tail] & strong[head]
        own = float(metres[within].sum())
        network[strong] = np.where(own > 0, number, -1)
        if own > 0:
            longest = max(longest, own)
    lengths = np.zeros(TRIALS + 1)
    same = (network[tail] == network[head]) & (network[tail] >= 0)
    np.add.at(lengths, network[tail[same]], metres[same])
    return np.where(lengths[network] >= MAIN_SHARE * longest, network, -1)


def _weak_labels(count: int, tail: np.ndarray, head: np.ndarray) -> np.ndarray:
    """Return for each junction the smallest junction it hangs together with, directions aside."""
    label = np.arange(count)
    while True:
        low = np.minimum(label[tail], label[head])
        hooked = label.copy()
        np.minimum.at(hooked, label[tail], low)
        np.minimum.at(hooked, label[head], low)
        while not np.array_equal(hooked, hooked[hooked]):
            hooked = hooked[hooked]
        if np.array_equal(hooked, label):
            return label
        label = hooked


def _reached(start: int, tail: np.ndarray, head: np.ndarray, count: int) -> np.ndarray:
    """Return which junctions can be reached from one."""
    order = np.argsort(tail, kind="stable")
    to = head[order]
    first = np.concatenate([[0], np.cumsum(np.bincount(tail, minlength=count))])
    seen = np.zeros(count, dtype=bool)
    seen[start] = True
    front = np.array([start])
    while len(front):
        further = to[ranges(first[front], first[front + 1])]
        front = np.unique(further[~seen[further]])
        seen[front] = True
    return seen


def ranges(first: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return all whole numbers from each first up to before its end, one after the other."""
    size = end - first
    return np.arange(size.sum()) + np.repeat(first - (np.cumsum(size) - size), size)
