"""Travel: where points lie on the network, how long and how far it is between them, and the way drawn.

One provider per source (see provider.py); nothing here knows vehicles' loads, windows or orders.
"""
