"""The demo: a deterministic world of Belgian companies for a fresh database."""

from db.demo.load import DemoRefused, load_demo

__all__ = ["DemoRefused", "load_demo"]
