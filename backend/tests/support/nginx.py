"""A real nginx in front of several servers: round robin, nothing sticky, nothing buffered."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from support.ports import answers, free_port

BINARY = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")

CONFIGURATION = """
daemon off;
master_process off;
pid {folder}/pid;
error_log stderr crit;
events {{ worker_connections 8192; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  client_max_body_size 0;
  map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
  # Each is asked again at once: one that was killed a moment ago may be back.
  upstream quillroom {{
{upstream}
    keepalive 32;
  }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{
      proxy_pass http://quillroom;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_buffering off;
      proxy_request_buffering off;
      proxy_read_timeout 3600s;
      proxy_send_timeout 3600s;
    }}
  }}
}}
"""


class Nginx:
    """One port for the servers behind it."""

    def __init__(self) -> None:
        self.port = 0
        self._folder = Path(tempfile.mkdtemp(prefix="quillroom-nginx-"))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, ports: Sequence[int]) -> "Nginx":
        """Returns when it takes connections."""
        assert BINARY is not None
        self.port = self.port or free_port()
        upstream = "\n".join(f"    server 127.0.0.1:{each} max_fails=0;" for each in ports)
        written = CONFIGURATION.format(folder=self._folder, upstream=upstream, port=self.port)
        (self._folder / "nginx.conf").write_text(written)
        self._process = subprocess.Popen([BINARY, "-p", self._folder, "-c", self._folder / "nginx.conf"])
        answers(self.port, self._process)
        return self

    def stop(self) -> None:
        """End it and delete its files; idempotent."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None
        shutil.rmtree(self._folder, ignore_errors=True)
