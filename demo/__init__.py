"""Everything on one machine: embedded database and broker, real services, real data, real bytes."""
