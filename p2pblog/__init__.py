"""p2pblog: a microblog with nobody in the middle."""

__version__ = "0.1.0"
