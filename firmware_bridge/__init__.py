"""The gateway: from the bytes on a serial line to readings that no outage can lose."""
