"""What is kept of a trained network, or of a fitted estimator, on request: enough to hear any sound with it again."""
