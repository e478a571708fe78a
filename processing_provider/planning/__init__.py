"""The algorithms of the group Planning."""
