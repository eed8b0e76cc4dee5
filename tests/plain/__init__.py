"""The protocol a second time: plain, slow, written from protocol/ alone, free of p2pblog."""
