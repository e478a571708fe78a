"""Travel on a road network given as lines: profiles, the graph, snapping, shortest paths, drawn ways."""
