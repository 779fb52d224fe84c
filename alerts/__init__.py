"""The place of the alert service in the layout; there are no alerts yet."""
