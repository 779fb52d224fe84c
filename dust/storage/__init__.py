"""What services share of the database: connections, schema, TimescaleDB, the network's rows."""
