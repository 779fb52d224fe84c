"""Who is told of what: the alert service's place in the layout; its rules come with step 6."""
