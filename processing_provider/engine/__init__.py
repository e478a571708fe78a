"""Algorithms of the group Engine: what concerns the routing engine itself, not a plan."""
