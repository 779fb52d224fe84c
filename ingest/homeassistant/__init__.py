"""Stations told to Home Assistant (docs/home-assistant.md), by one worker at a time."""
