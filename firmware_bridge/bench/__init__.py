"""`dust bench gateway`: what a gateway costs and carries, measured on the machine at hand."""
