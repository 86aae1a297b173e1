"""The networks of the five papers: one module per family, and the Lightning modules per kind of task."""
