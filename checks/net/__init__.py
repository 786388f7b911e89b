"""The only sockets of the package. What goes wrong on the wire becomes `Unreachable` here, once."""
