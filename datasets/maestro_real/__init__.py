"""MAESTRO Real (Martín-Morató and Mesaros, 2023), the data of DCASE 2023 Task 4b."""

from datasets.maestro_real.dataset import MaestroReal

__all__ = ["MaestroReal"]
