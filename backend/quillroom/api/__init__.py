"""Starlette endpoints and the WebSocket transport: a few lines each, no decisions."""
