"""The simulator: real sensor bytes on pseudo-terminals, and what the system must make of them.

It drives the gateways' clock in lock-step with the bytes, records every frame that must count, and
from that record an oracle that shares no code with the system computes the expected figures.
"""
