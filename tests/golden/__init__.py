"""Golden cases: one operation each, with the statement that it becomes and what three viewers get."""
