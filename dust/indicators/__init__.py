"""What people are told from the numbers: pure functions of averages and instants."""
