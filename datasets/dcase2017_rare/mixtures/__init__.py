"""What mixtures are made of, and how: sources, draws, recipes, mixing, all as the official synthesizer has it."""
