"""The real nginx and the real Caddy, set up by the files of `deploy/`: only addresses, ports and paths are put in."""

import datetime
import ipaddress
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from support.ports import free_port, free_ports

DEPLOY = Path(__file__).resolve().parents[3] / "deploy"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:" + os.environ.get("PATH", ""))
CADDY = shutil.which("caddy")
START_SECONDS = 15.0


class Proxy:
    """`starts` in front of servers; `url` is where people come, `sync` and `database` as a server has them."""

    url: str

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def sync(self) -> str:
        return self.url.replace("http", "ws", 1) + "/sync"

    def stops(self) -> None:
        """Idempotent."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(30)
            self._process = None

    def _runs(self, command: Sequence[str], environment: dict[str, str], ports: Sequence[int]) -> None:
        with (self.folder / "said").open("wb") as said:
            self._process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=said, stderr=said)
        until = time.monotonic() + START_SECONDS
        while not all(map(_takes_connections, ports)):
            is_hopeless = self._process.poll() is not None or time.monotonic() > until
            assert not is_hopeless, (self.folder / "said").read_text()
            time.sleep(0.02)


class Nginx(Proxy):
    """Behind TLS, with a certificate that it signed itself: `certificate` is whom to believe."""

    def starts(self, *servers: int) -> "Nginx":
        """In front of the servers on these ports of this machine."""
        assert NGINX is not None
        plain, tls = free_ports(2)
        self.url, self.plain = f"https://127.0.0.1:{tls}", f"http://127.0.0.1:{plain}"
        self.certificate, key = _certificate(self.folder)
        site = (DEPLOY / "nginx.conf").read_text()
        upstream = r"    server 127\.0\.0\.1:8001 (.*);\n    server 127\.0\.0\.1:8002 \1;\n"
        site = _replaced(
            upstream, site, lambda found: "".join(f"    server 127.0.0.1:{port} {found[1]};\n" for port in servers)
        )
        for line in ("listen [::]:80;", "listen [::]:443 ssl http2;"):
            assert line in site
            site = site.replace(line, "")
        site = _replaced(r"listen 80;", site, lambda found: f"listen 127.0.0.1:{plain};")
        site = _replaced(r"listen 443 ", site, lambda found: f"listen 127.0.0.1:{tls} ")
        site = _replaced(r"/etc/ssl/certs/docs\.example\.org\.pem", site, lambda found: str(self.certificate))
        site = _replaced(r"/etc/ssl/private/docs\.example\.org\.key", site, lambda found: str(key))
        (self.folder / "site.conf").write_text(site)
        (self.folder / "nginx.conf").write_text(self._main())
        self._runs([NGINX, "-p", str(self.folder), "-c", "nginx.conf"], {}, [plain, tls])
        return self

    def _main(self) -> str:
        """What a distribution has in /etc/nginx/nginx.conf, for a folder of our own."""
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        paths = " ".join(f"{kind}_temp_path {kind};" for kind in kinds)
        user = "user root;" if os.getuid() == 0 else ""
        return (
            f"{user} daemon off; pid nginx.pid; error_log stderr; worker_processes 2; events {{}}\n"
            f"http {{ access_log off; {paths} include site.conf; }}\n"
        )


class Caddy(Proxy):
    """Without TLS, as behind another one that ends it."""

    def starts(self, *servers: int) -> "Caddy":
        """In front of the servers on these ports of this machine."""
        assert CADDY is not None
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        environment = {
            "QUILLROOM_SITE": self.url,
            "QUILLROOM_SERVERS": " ".join(f"127.0.0.1:{each}" for each in servers),
            "HOME": str(self.folder),
        }
        file = str(DEPLOY / "Caddyfile")
        self._runs([CADDY, "run", "--adapter", "caddyfile", "--config", file], environment, [port])
        return self


def _takes_connections(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def _replaced(pattern: str, text: str, by: Callable[[re.Match[str]], str]) -> str:
    changed, number = re.subn(pattern, by, text)
    assert number == 1, f"{pattern} stands {number} times in the file"
    return changed


def _certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine, and its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Quillroom's tests")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, private
