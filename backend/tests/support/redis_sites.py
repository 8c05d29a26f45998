"""Redis as larger houses run it: with TLS, watched by a sentinel, in a cluster. All of it real and our own."""

import datetime
import ipaddress
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from support.ports import free_port
from support.redis_server import BINARY, RedisServer

SERVICE = "quill"


def wait(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it did not come to that"
        time.sleep(0.02)


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "quillroom tests")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)
    return folder / "cert.pem", folder / "key.pem"


@contextmanager
def tls_server(folder: Path) -> Iterator[tuple[RedisServer, Path]]:
    """A server that speaks TLS only, and whom to trust for it."""
    certificate, key = make_certificate(folder)
    options = ("--tls-cert-file", str(certificate), "--tls-key-file", str(key), "--tls-auth-clients", "no")
    with RedisServer(*options, scheme="rediss") as running:
        yield running, certificate


class Sentinel:
    """One sentinel, a master and a replica."""

    def __init__(self, folder: Path, ends: ExitStack) -> None:
        at_once = ("--repl-diskless-sync-delay", "0")
        self.master = ends.enter_context(RedisServer(*at_once))
        self.replica = ends.enter_context(RedisServer(*at_once, "--replicaof", "127.0.0.1", str(self.master.port)))
        wait(lambda: self.replica.figures("replication").get("master_link_status") == "up")
        self.port = free_port()
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "sentinel.conf"
        config.write_text(
            f"port {self.port}\nbind 127.0.0.1\ndir {folder}\n"
            f"sentinel monitor {SERVICE} 127.0.0.1 {self.master.port} 1\n"
            f"sentinel down-after-milliseconds {SERVICE} 500\nsentinel failover-timeout {SERVICE} 2000\n"
        )
        assert BINARY is not None
        command = [BINARY, str(config), "--sentinel", "--logfile", str(folder / "log")]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        ends.callback(process.wait)
        ends.callback(process.kill)
        wait(lambda: "slaves=1" in self._says("INFO", "sentinel"))

    @property
    def url(self) -> str:
        return f"redis+sentinel://127.0.0.1:{free_port()},127.0.0.1:{self.port}/{SERVICE}"  # the first one is not there

    def fails_over(self) -> None:
        """As an operator asks for it: the old master becomes a replica."""
        wait(lambda: self._says("SENTINEL", "FAILOVER", SERVICE) == "OK")

    def _says(self, *words: str) -> str:
        command = ["redis-cli", "-p", str(self.port), *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=10).stdout.strip()


class RedisCluster:
    """Three masters with a third of the slots each."""

    def __init__(self, ends: ExitStack) -> None:
        options = ("--cluster-enabled", "yes", "--cluster-node-timeout", "2000")
        buses = [str(free_port()) for _ in range(3)]
        self.nodes = [ends.enter_context(RedisServer(*options, "--cluster-port", bus)) for bus in buses]
        for place, node in enumerate(self.nodes):
            node.cli("CLUSTER", "ADDSLOTSRANGE", str(place * 5461), str(16383 if place == 2 else place * 5461 + 5460))
            node.cli("CLUSTER", "SET-CONFIG-EPOCH", str(place + 1))
        for node, bus in zip(self.nodes[1:], buses[1:], strict=True):
            self.nodes[0].cli("CLUSTER", "MEET", "127.0.0.1", str(node.port), bus)
        wait(lambda: all("cluster_state:ok" in node.cli("CLUSTER", "INFO") for node in self.nodes))
        wait(lambda: all(node.cli("CLUSTER", "SLOTS").count("\n") >= 11 for node in self.nodes))

    @property
    def url(self) -> str:
        return f"redis+cluster://127.0.0.1:{free_port()},127.0.0.1:{self.nodes[1].port}"  # the first one is not there

    def moves(self, slot: int, target: RedisServer) -> None:
        """A slot without keys goes to another master."""
        ids = {node.port: node.cli("CLUSTER", "MYID") for node in self.nodes}
        for node in [target, *self.nodes]:
            node.cli("CLUSTER", "SETSLOT", str(slot), "NODE", ids[target.port])

    def blinks(self, slot: int) -> None:
        """The owner of a slot gives it away and takes it back at once: whoever listened there does so no more."""
        place = min(slot // 5461, 2)
        own, other = (self.nodes[each].cli("CLUSTER", "MYID") for each in (place, (place + 1) % 3))
        said = f"CLUSTER SETSLOT {slot} NODE {other}\nCLUSTER SETSLOT {slot} NODE {own}\n"
        command = ["redis-cli", "-p", str(self.nodes[place].port)]
        subprocess.run(
            command, input=f"MULTI\n{said}EXEC\n", text=True, stdout=subprocess.DEVNULL, check=True, timeout=10
        )
