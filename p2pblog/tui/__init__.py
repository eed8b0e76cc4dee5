"""The Textual client: a face of the node, which knows nothing but the local API."""
