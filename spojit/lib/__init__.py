"""Small library at the bottom: no models, no product words, one topic a file."""
