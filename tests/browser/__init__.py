"""What people do in a browser, against the running installation."""
