"""Figures of networks: how they learn, what they get, attend to and say."""
