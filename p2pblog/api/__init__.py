"""The local API: its frames, the socket they travel on, and the face's end (docs/api.md)."""
