"""Drive any implementation of the protocol through its vectors and a live exchange.

The line protocol is specified in protocol/conformance.md.  A top layer beside the faces: it may
import everything below, and nothing imports it.
"""
