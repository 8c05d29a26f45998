"""Quillroom: write documents together; what it says is saved, is."""

__version__ = "0.1.0"
