"""Golden cases: one operation each, with its SQL statements and the answers of three viewers."""
