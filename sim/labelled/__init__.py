"""The labelled set: weeks of readings in which every plume and every fault is known.

Quality control that throws away a quarry's plume is worse than none. This package makes the air and
the sensors, says of every value what it is, lets rules judge, and scores them
(docs/plumes-and-faults.md).
"""
