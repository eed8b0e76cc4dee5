"""What the bodies of entries say: the kinds, their fields, and rules for text.  Pure."""
