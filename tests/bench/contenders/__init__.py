"""The servers in the comparison, each started as a process of its own."""
