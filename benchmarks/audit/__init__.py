"""What can be checked without training: sizes and costs of networks, printed averages, the tables' inner identities."""
