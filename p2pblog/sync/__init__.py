"""What peers say to each other, as pure state machines: bytes and time in, bytes and events out."""
