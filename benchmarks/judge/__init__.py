"""From stored scores to evidence, verdicts, tested claims and comparisons."""
