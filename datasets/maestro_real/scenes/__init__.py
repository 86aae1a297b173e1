"""What generated corpora are made of: what is heard when, parametric sounds, and simulated annotators."""
