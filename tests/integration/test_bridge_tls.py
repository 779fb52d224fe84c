"""A gateway and a broker that know each other by certificates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trustme
from fixtures.broker import Mosquitto, mosquitto_program
from fixtures.ports import wait_until
from integration.gateway import Gateway

from dust.clock import ReplayClockHand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fixtures.pty import PseudoTerminal

T = 1_768_003_200_000


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    """A folder with an authority, a broker's certificate and gateways' own ones."""
    folder = tmp_path / "certificates"
    folder.mkdir()
    authority, stranger = trustme.CA(), trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    holders = {
        "broker": authority.issue_cert("127.0.0.1"),
        "gateway": authority.issue_cert("gw-1@example.org"),
        "stranger": stranger.issue_cert("gw-1@example.org"),
    }
    for name, holder in holders.items():
        holder.cert_chain_pems[0].write_to_path(folder / f"{name}.pem")
        holder.private_key_pem.write_to_path(folder / f"{name}.key")
        for file in folder.iterdir():
            file.chmod(0o644)
    return folder


@pytest.fixture
def strict_broker(tmp_path: Path, certificates: Path) -> Iterator[Mosquitto]:
    """A broker that lets in nobody without a certificate of its authority."""
    folder = tmp_path / "broker"
    folder.mkdir()
    broker = Mosquitto(
        mosquitto_program(),
        folder,
        f"cafile {certificates / 'ca.pem'}\n"
        f"certfile {certificates / 'broker.pem'}\n"
        f"keyfile {certificates / 'broker.key'}\n"
        "require_certificate true\n",
    )
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def gateway(
    tmp_path: Path, strict_broker: Mosquitto, pseudo_terminal: Callable[[], PseudoTerminal]
) -> Gateway:
    ReplayClockHand(tmp_path / "clock", T)
    return Gateway(tmp_path, strict_broker, pseudo_terminal)


def tls(certificates: Path, holder: str | None) -> dict[str, str]:
    """The variables that tell a bridge its certificates."""
    given = {"DUST_MQTT__CA_FILE": str(certificates / "ca.pem")}
    if holder is None:
        return given
    return given | {
        "DUST_MQTT__CERT_FILE": str(certificates / f"{holder}.pem"),
        "DUST_MQTT__KEY_FILE": str(certificates / f"{holder}.key"),
    }


def test_a_gateway_with_a_certificate_of_the_authority_is_let_in(
    gateway: Gateway, certificates: Path
) -> None:
    with gateway.bridge(environment=tls(certificates, "gateway")) as service:
        service.wait_for("broker_connected")


@pytest.mark.parametrize("holder", [None, "stranger"])
def test_a_gateway_without_one_is_not_and_keeps_its_readings(
    gateway: Gateway, certificates: Path, strict_broker: Mosquitto, holder: str | None
) -> None:
    with gateway.bridge(environment=tls(certificates, holder)) as service:
        gateway.say(10, 20)
        gateway.wait_for_depth(2)
        wait_until(
            lambda: strict_broker.log.read_text().count("certificate") >= 2,
            "the broker to refuse it again and again",
        )
        service.wait_for("broker_hangs_up")

        assert [] == service.events("broker_connected")
        assert service.is_running()
