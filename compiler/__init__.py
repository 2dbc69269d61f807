"""From a document to a typed graph."""
