"""Networks of nodes in one process, whose clock jumps: real sessions over simulated links."""
