"""How runs reach the nodes of a cluster and come home: with benchmarks.launch.ray, which is the launcher."""
