"""What the scenes of generated corpora are made of: parametric sounds, and mixtures of recordings."""
