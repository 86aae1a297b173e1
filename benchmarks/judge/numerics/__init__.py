"""Whether runs in other numerics say what runs in float32 say, and so may stand for them."""
