"""The algorithms of the group Dispatch: what drivers and others are given of a plan."""
