"""The Processing provider and its algorithms: one thin file each, in folders named like the groups."""
