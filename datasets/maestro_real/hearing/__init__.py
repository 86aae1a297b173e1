"""How networks get to hear recordings otherwise: altered copies of them, and features of pretrained networks."""
