"""The made world: the sky over all stations and the dust at each of them.

Every signal is a pure function of the seed and the instant: asked in any order, it says the same.
"""
