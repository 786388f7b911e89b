"""The demo: a workspace, a resolver and sample mails on this machine, and the real bot between them."""
