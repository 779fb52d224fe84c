"""Was data lost? Every hole in numbers and in time, each with one cause."""
