"""The routes: one module per noun; each asks `queries` and answers with bytes."""
