"""The dialogues with the sensors, one module for each way of talking."""
