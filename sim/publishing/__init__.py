"""Many gateways in one process, straight to a broker: the load generator.

Each keeps its readings until a receipt covers them, numbers them without holes, and sends again
what no receipt has covered, as a gateway of the field does.
"""
