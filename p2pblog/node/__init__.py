"""The node: the one process of a home that owns its keys, its store and its links."""
