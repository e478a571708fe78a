"""The algorithms of the group Workspace: a file to plan in, and one with a day to look at."""
