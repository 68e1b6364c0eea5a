"""Pages of connections and connectors, one topic a file."""
