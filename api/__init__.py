"""What the numbers look like to people and programs: the API, the live stream and the page."""
