"""The image and the composition, without Docker: every command in them is run, and what they claim is looked at."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest
import yaml  # type: ignore[import-untyped]
from redis import AuthenticationError, Redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from deploy.dockerfile import PYTHON, ROOT, Stage, at_home, build
from quillroom import __main__ as program
from store.cluster import Cluster
from support.ports import free_port
from support.redis_server import RedisServer
from support.server import READY

DEPLOY = ROOT / "deploy"
NOBODY = 10001


@pytest.fixture(scope="module")
def work() -> Iterator[Path]:
    """A folder that anybody may look into: what runs in the image is not who runs the tests."""
    with TemporaryDirectory(prefix="quillroom-image-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="module")
def image(work: Path) -> Stage:
    """Built as Docker would; packages that were fetched and a page that was built before are taken from here."""

    def brings(folder: Path, command: str) -> None:
        if command == "scripts/install page" and (ROOT / "node_modules" / ".installed").exists():
            (folder / "node_modules").symlink_to(ROOT / "node_modules")
        if command == "scripts/build" and (ROOT / "frontend" / "dist").exists():
            shutil.copytree(ROOT / "frontend" / "dist", folder / "frontend" / "dist", dirs_exist_ok=True)

    try:
        return build(DEPLOY / "Dockerfile", work, brings)
    except subprocess.CalledProcessError:
        if not _is_index_there(work):
            pytest.skip("the packages of the image cannot be fetched: no package index is reachable")
        raise


def _is_index_there(work: Path) -> bool:
    asks = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--no-cache-dir",
        "-d",
        str(work),
        "uvicorn",
    ]
    return subprocess.run(asks, capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module")
def composition() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return read


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make-secrets` makes."""
    folder = tmp_path_factory.mktemp("deploy")
    shutil.copy2(DEPLOY / "make-secrets", folder)
    subprocess.run([folder / "make-secrets"], check=True)
    return folder / "secrets"


class Container:
    """A process of the image, as nobody in particular, who may write to the data folder and /tmp only."""

    def __init__(self, image: Stage, command: list[str], environment: dict[str, str]) -> None:
        words = [at_home(word, image) for word in [*image.entrypoint, *command]]
        variables = {"PATH": os.environ["PATH"], **image.environment, **environment}
        self.environment = {name: at_home(value, image) for name, value in variables.items()}
        may_be_another = os.getuid() == 0 and PYTHON
        who: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if may_be_another else {}
        self.process = subprocess.Popen(
            words,
            cwd=image.folder,
            env=self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **who,
        )

    def says(self) -> str:
        assert self.process.stdout is not None
        line: str = self.process.stdout.readline()
        return line

    def ends(self) -> tuple[int, str]:
        self.process.send_signal(signal.SIGTERM)
        _, errors = self.process.communicate(timeout=30)
        return self.process.returncode, errors


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    """One of our own."""
    if not RedisServer.is_installed():
        pytest.skip("redis-server is not installed: scripts/install-test-tools does it")
    with RedisServer() as running:
        yield running


@pytest.fixture
def serving(
    image: Stage, work: Path, composition: dict[str, Any], cluster: Cluster, redis: RedisServer
) -> Iterator[Container]:
    """A server as compose.yaml starts it; only the addresses are of this machine."""
    place = work / "secrets"
    place.mkdir()
    (place / "database").write_text(cluster.create_database() + "\n")
    (place / "redis").write_text(f"{redis.url}\n")
    service = composition["services"]["server-1"]
    set_there = {
        name: _compose(value).replace("/run/secrets", str(place)) for name, value in service["environment"].items()
    }
    port = free_port()
    container = Container(image, service["command"], {**set_there, "QUILLROOM_PORT": str(port)})
    yield container
    container.process.kill()
    container.process.communicate()


def _compose(value: str) -> str:
    """`${NAME:?…}` and `$$`, as Compose reads them."""
    return re.sub(r"\$\{QUILLROOM_SITE[^}]*\}", "docs.example.org", value).replace("$$", "$")


@pytest.mark.nightly
def test_the_image_serves_as_nobody_and_lets_go_of_its_port_in_peace(image: Stage, serving: Container) -> None:
    line = serving.says()
    assert line.startswith(READY), serving.process.communicate()
    port = serving.environment["QUILLROOM_PORT"]
    url = f"http://127.0.0.1:{port}"
    assert httpx.get(f"{url}/health/ready").json()["status"] == "ok"
    page = httpx.get(url)
    assert page.status_code == 200
    assert "<script" in page.text
    assert _is_healthy(image, port)
    code, errors = serving.ends()
    assert (code, errors) == (0, "")
    assert not _is_healthy(image, port)


def _is_healthy(image: Stage, port: str) -> bool:
    check = [word.replace("8000", port) for word in image.healthcheck]
    return subprocess.run(check, cwd=image.folder, check=False, capture_output=True).returncode == 0


@pytest.mark.nightly
def test_nothing_of_the_image_but_its_data_can_be_written_by_who_runs_it(image: Stage) -> None:
    assert image.user == f"{NOBODY}:{NOBODY}"
    assert image.volumes == ["/app/data"]
    assert image.environment["QUILLROOM_DATA"] == "/app/data"
    if os.getuid() == 0:
        mine = [each for each in image.folder.rglob("*") if not each.is_symlink() and each.stat().st_uid == NOBODY]
        assert mine == [image.folder / "data"]
    others = [
        each
        for each in image.folder.rglob("*")
        if not each.is_symlink() and each.stat().st_mode & 0o002 and each.exists()
    ]
    assert others == []


@pytest.mark.nightly
def test_other_commands_run_in_it_too(image: Stage, cluster: Cluster) -> None:
    url = cluster.create_database()
    for command, said in ((["migrate"], ""), (["verify"], "0 documents, 0 rows, 0 problems.\n")):
        container = Container(image, command, {"QUILLROOM_DATABASE": url})
        output, errors = container.process.communicate(timeout=60)
        assert (container.process.returncode, output, errors) == (0, said, "")


@pytest.mark.nightly
def test_what_the_page_was_built_with_is_not_in_it(image: Stage) -> None:
    assert not (image.folder / "node_modules").exists()
    assert not (image.folder / "frontend" / "src").exists()
    assert not (image.folder / "backend" / "tests").exists()
    installed = {each.name for each in image.folder.glob(".venv/lib/python3*/site-packages/*")}
    assert "uvicorn" in installed
    assert "pytest" not in installed


def test_every_setting_of_the_composition_is_one_that_the_program_knows(composition: dict[str, Any]) -> None:
    source = Path(program.__file__).read_text()
    known = set(re.findall(r'_env\("([A-Z_]+)"', source)) | {f"OIDC_{part.upper()}" for part in program.OIDC_PARTS}
    assert {"DATABASE", "REDIS", "URL", "TRUSTED_PROXY"} <= known
    for name in ("server-1", "server-2"):
        service = composition["services"][name]
        for variable in service["environment"]:
            assert variable.removeprefix("QUILLROOM_").removesuffix("_FILE") in known
        assert service["image"] == "quillroom"
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["volumes"] == ["data:/app/data"]
    mine = set(re.findall(r"QUILLROOM_([A-Z_]+)=", (DEPLOY / "quillroom.service").read_text()))
    assert mine <= known


def test_the_parts_of_the_composition_fit_each_other(composition: dict[str, Any], secrets: Path) -> None:
    services = composition["services"]
    assert {each.name for each in secrets.iterdir()} == set(composition["secrets"])
    for name, found in composition["secrets"].items():
        assert found == {"file": f"./secrets/{name}"}
    servers = services["proxy"]["environment"]["QUILLROOM_SERVERS"].split()
    assert servers == [f"{name}:8000" for name in services if name.startswith("server-")]
    for service in services.values():
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            assert source in composition["volumes"] or (DEPLOY / source).is_file()
        assert set(service["networks"]) <= set(composition["networks"])
        assert set(service.get("secrets", [])) <= set(composition["secrets"])
    # Only the proxy is reached from outside, and only those it may speak to can say that they are a proxy.
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    subnet = composition["networks"]["front"]["ipam"]["config"][0]["subnet"]
    assert services["server-1"]["environment"]["QUILLROOM_TRUSTED_PROXY"] == subnet
    assert not {"postgres", "redis"} & {name for name, each in services.items() if "front" in each["networks"]}
    password = (secrets / "postgres_password").read_text()
    assert (secrets / "database").read_text() == f"postgresql://quillroom:{password}@postgres/quillroom"
    assert len(password) == 48


def test_secrets_are_made_once_and_are_closed_to_others(secrets: Path) -> None:
    before = {each.name: each.read_text() for each in secrets.iterdir()}
    subprocess.run([secrets.parent / "make-secrets"], check=True)
    assert {each.name: each.read_text() for each in secrets.iterdir()} == before
    assert secrets.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not installed")
def test_redis_starts_by_its_command_and_wants_the_password(composition: dict[str, Any], secrets: Path) -> None:
    port = free_port()
    shell, flag, line = composition["services"]["redis"]["command"]
    line = _compose(line).replace("/run/secrets", str(secrets)) + f" --port {port} --bind 127.0.0.1"
    with subprocess.Popen([shell, flag, line], stdout=subprocess.DEVNULL, cwd=secrets.parent) as process:
        try:
            address = (secrets / "redis").read_text().replace("redis:6379", f"127.0.0.1:{port}")
            waits = Retry(ConstantBackoff(0.05), 200)
            with Redis.from_url(address, retry=waits) as ours, Redis.from_url(f"redis://127.0.0.1:{port}") as other:
                assert ours.ping()
                with pytest.raises(AuthenticationError):
                    other.ping()
        finally:
            process.kill()
