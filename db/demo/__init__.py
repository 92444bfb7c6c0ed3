"""The demo: a deterministic world of Belgian companies for a fresh database."""

from db.demo.load import load_demo

__all__ = ["load_demo"]
