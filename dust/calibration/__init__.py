"""How a sensor compares with a reference beside it: fits, performance against targets, drift.

Statistics are made in floats, because they estimate: their errors are far above a float's. What is
stored and applied to values afterwards are decimals with a stated number of digits.
"""
