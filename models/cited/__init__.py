"""Networks that the papers' tables cite: after the code of their authors, or re-implementations, which say so."""
