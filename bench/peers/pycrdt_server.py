"""pycrdt-websocket behind uvicorn with uvloop, as its documentation shows; runs in its own venv."""

import socket

import uvicorn
import uvloop
from pycrdt.websocket import ASGIServer, WebsocketServer


async def main() -> None:
    documents = WebsocketServer()
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    config = uvicorn.Config(ASGIServer(documents), log_level="warning", lifespan="off")
    async with documents:
        print(f"ready on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        await uvicorn.Server(config).serve([listener])


if __name__ == "__main__":
    uvloop.run(main())
