"""The course of a measurement, and its parts."""
