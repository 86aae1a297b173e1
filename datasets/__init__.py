"""The data of the five papers: one module per dataset, and the pieces they share."""
