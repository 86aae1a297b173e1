"""Getting datasets: downloads, archives, checksums, and what of a dataset is here."""
