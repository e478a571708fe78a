"""The QGIS side of a job: layers to model, plan to layers, and the engine environment and process.

Importing this package does not import qgis: engine_install.py runs as a plain script too.
"""
