"""The trainer of a store: what `run --background` starts."""
