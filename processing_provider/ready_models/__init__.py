"""The group Ready models of the toolbox."""
