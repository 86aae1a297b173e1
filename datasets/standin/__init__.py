"""Datasets in their real layouts, filled with real clips of other collections: what learning can be measured on."""
