"""Devices that speak their own formats: decoders, mapping, and what is done with strangers."""
