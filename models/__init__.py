"""The networks of the papers: a module or package per family, and what trains and scores them per kind of task."""
