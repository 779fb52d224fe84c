"""All SQL of the API: one module per noun; rows are dictionaries, instants are aware UTC."""
