"""`dust bench ingest`: what the way from a gateway's message to the database carries and costs."""
