"""Hourly history of the reference station (PCD Air4Thai) as readings of a sensor `air4thai`."""
