"""The algorithms of the group Preparing."""
