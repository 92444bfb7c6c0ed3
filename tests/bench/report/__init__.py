"""Figures of measurements: their estimates, tables, the chart, and the README's table."""
