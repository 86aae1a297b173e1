"""From a sound file to what a network is given, with what a data module has measured and nothing else of its data."""
