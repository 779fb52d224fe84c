"""The vocabulary of Dust Watch: what every service means by station, reading and exceedance.

Pure domain at the bottom, the wire above it, storage and commands on top. No service is imported
from here; services meet only in MQTT messages (`dust.wire`) and in tables (`dust.storage`).
"""
