"""How each authentication scheme puts credentials on a request; pure."""
