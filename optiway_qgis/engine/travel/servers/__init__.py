"""Routing servers over HTTP: one file per server, what they share in tables.py, the requests in http.py.

Nothing is asked of a server but the tables and the lines a job needs.
"""
