"""The bottom layer: errors, limits, encoding, crypto and the text form of keys."""
