"""The commands: their options and help texts. The product is imported when a command runs, not when it is declared."""
