"""The algorithms of the group Re-planning: a plan whose day may be under way."""
