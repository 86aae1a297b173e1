"""The data of the papers: one package per dataset, and what they share."""
