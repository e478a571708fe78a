"""The problem, the plan and the words both sides use for them. Standard library only.

Shared by QGIS and by the engine process: Python 3.9 syntax, no third-party import.
Units inside: integer seconds from midnight of the plan date in the plan's time zone, metres,
degrees WGS 84, loads in thousandths of the user's unit, money in the user's currency.
"""
