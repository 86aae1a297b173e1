"""The command that asks a trained network about sounds, and the forms of its answers."""
