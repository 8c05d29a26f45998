"""Bytes and JSON on the wire, and nothing else. Never trusts a length."""
