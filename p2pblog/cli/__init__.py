"""The command line: each command is one short conversation with the node."""
