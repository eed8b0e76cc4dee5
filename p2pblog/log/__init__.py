"""Entries, segments and identities: what a log is and when it may be believed.  Pure."""
