"""A day under way: the problem of what is left of it, its plan, and both put together. Never imports qgis."""
