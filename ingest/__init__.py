"""From the broker to the database: lossless, idempotent, and the averages that follow."""
