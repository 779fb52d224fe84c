"""What the gateway knows of the machine's serial ports; the machine is a folder of files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import pytest

from firmware_bridge.errors import PortUnavailable
from firmware_bridge.ports import Port, resolve, resolve_on, serial_ports, users_of

if TYPE_CHECKING:
    from pathlib import Path

FTDI: Final = {
    "idVendor": "0403",
    "idProduct": "6001",
    "serial": "A50285BI",
    "manufacturer": "FTDI",
    "product": "FT232R USB UART",
}
CP2102: Final = {"idVendor": "10c4", "idProduct": "ea60", "serial": "0001", "product": "CP2102"}
CH340: Final = {"idVendor": "1a86", "idProduct": "7523", "product": "USB Serial"}


class Machine:
    """The files that the kernel and udev keep of serial ports."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._write("sys/class/tty/tty0/dev", "4:0")  # a console: nothing is behind it

    def usb(self, name: str, socket: str, adapter: dict[str, str]) -> None:
        device = f"sys/devices/platform/usb1/{socket}"
        for file, content in adapter.items():
            self._write(f"{device}/{file}", content + "\n")
        interface = self.root / device / f"{socket}:1.0" / name
        interface.mkdir(parents=True)
        self._tty(name, interface)
        self.link(f"serial/by-path/platform-usb-0:{socket}:1.0-port0", name)

    def built_in(self, name: str, kind: str = "4") -> None:
        device = self.root / "sys/devices/platform/serial" / name
        device.mkdir(parents=True)
        self._tty(name, device)
        self._write(f"sys/class/tty/{name}/type", kind + "\n")

    def link(self, link: str, name: str) -> None:
        path = self.root / "dev" / link
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(f"../../{name}")

    def process(self, number: int, command: str, holds: str) -> None:
        self._write(f"proc/{number}/cmdline", command.replace(" ", "\0") + "\0")
        (self.root / f"proc/{number}/fd").mkdir()
        (self.root / f"proc/{number}/fd/3").symlink_to(self.root / holds[1:])

    def console(self, name: str) -> None:
        self._write("sys/class/tty/console/active", f"tty0 {name}\n")

    def _tty(self, name: str, device: Path) -> None:
        folder = self.root / "sys/class/tty" / name
        folder.mkdir(parents=True)
        (folder / "device").symlink_to(device)
        self._write(f"dev/{name}", "")

    def _write(self, path: str, content: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(content)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def only(machine: Machine) -> Port:
    (port,) = serial_ports(machine.root)
    return port


def test_a_machine_without_a_port_has_none(machine: Machine) -> None:
    assert [] == serial_ports(machine.root)


def test_an_adapter_is_told_by_everything_that_it_says_of_itself(machine: Machine) -> None:
    machine.usb("ttyUSB0", "1-1.2", FTDI)
    machine.link("serial/by-id/usb-FTDI_A50285BI-if00-port0", "ttyUSB0")
    machine.link("dust/pms-1", "ttyUSB0")

    expected = Port(
        path="/dev/ttyUSB0",
        by_id="/dev/serial/by-id/usb-FTDI_A50285BI-if00-port0",
        by_path="/dev/serial/by-path/platform-usb-0:1-1.2:1.0-port0",
        other_names=["/dev/dust/pms-1"],
        usb="0403:6001",
        serial_number="A50285BI",
        description="FTDI FT232R USB UART",
        used_by=[],
        may_open=True,
        write="/dev/serial/by-id/usb-FTDI_A50285BI-if00-port0",
    )
    assert expected == only(machine)


def test_where_udev_made_no_links_the_serial_number_is_written(machine: Machine) -> None:
    machine.usb("ttyACM0", "1-1.2", FTDI)

    assert "serial:A50285BI" == only(machine).write


@pytest.mark.parametrize("adapter", [CH340, CP2102])
def test_an_adapter_without_a_number_of_its_own_is_told_by_its_socket(
    machine: Machine, adapter: dict[str, str]
) -> None:
    machine.usb("ttyUSB0", "1-1.3", adapter)
    machine.link("serial/by-id/usb-1a86_USB_Serial-if00-port0", "ttyUSB0")

    assert "/dev/serial/by-path/platform-usb-0:1-1.3:1.0-port0" == only(machine).write


def test_adapters_that_bear_one_number_are_told_by_their_sockets(machine: Machine) -> None:
    machine.usb("ttyUSB0", "1-1.2", FTDI)
    machine.usb("ttyUSB1", "1-1.3", FTDI)

    assert [
        "/dev/serial/by-path/platform-usb-0:1-1.2:1.0-port0",
        "/dev/serial/by-path/platform-usb-0:1-1.3:1.0-port0",
    ] == [port.write for port in serial_ports(machine.root)]


def test_a_built_in_port_is_told_by_its_path(machine: Machine) -> None:
    machine.built_in("ttyAMA0")

    port = only(machine)

    assert ("/dev/ttyAMA0", None, "port of the board") == (port.write, port.usb, port.description)


def test_a_number_that_the_kernel_keeps_free_is_no_port(machine: Machine) -> None:
    machine.built_in("ttyS1", kind="0")

    assert [] == serial_ports(machine.root)


def test_ports_come_in_the_order_of_their_numbers(machine: Machine) -> None:
    for number in (10, 2, 0):
        machine.built_in(f"ttyS{number}")

    assert ["/dev/ttyS0", "/dev/ttyS2", "/dev/ttyS10"] == [
        port.path for port in serial_ports(machine.root)
    ]


def test_who_holds_a_port_is_named(machine: Machine) -> None:
    machine.usb("ttyUSB0", "1-1.2", FTDI)
    machine.process(812, "dust bridge --config g.toml", holds="/dev/ttyUSB0")
    machine.process(99, "cat", holds="/dev/null")

    assert ["dust bridge --config g.toml (process 812)"] == only(machine).used_by


def test_the_kernels_console_is_named(machine: Machine) -> None:
    machine.built_in("ttyAMA0")
    machine.console("ttyAMA0")

    assert ["the kernel's console"] == only(machine).used_by


def test_this_process_is_not_told_as_a_user(machine: Machine) -> None:
    machine.usb("ttyUSB0", "1-1.2", FTDI)
    machine.process(os.getpid(), "dust bridge --probe", holds="/dev/ttyUSB0")

    assert [] == users_of("/dev/ttyUSB0", machine.root)


def test_a_serial_number_leads_to_the_port_of_now(machine: Machine) -> None:
    machine.usb("ttyUSB3", "1-1.2", FTDI)

    assert "/dev/ttyUSB3" == resolve_on(machine.root, "serial:A50285BI")


@pytest.mark.parametrize("name", ["serial:A5", "serial:"])
def test_a_serial_number_that_is_not_there_may_come_back(machine: Machine, name: str) -> None:
    machine.usb("ttyUSB0", "1-1.2", FTDI)

    with pytest.raises(PortUnavailable, match=f"port {name}: no adapter with this serial number"):
        resolve_on(machine.root, name)


def test_a_serial_number_of_two_adapters_leads_nowhere(machine: Machine) -> None:
    machine.usb("ttyUSB0", "1-1.2", CP2102)
    machine.usb("ttyUSB1", "1-1.3", CP2102)

    with pytest.raises(PortUnavailable, match="/dev/ttyUSB0, /dev/ttyUSB1 bear this serial number"):
        resolve_on(machine.root, "serial:0001")


def test_any_other_name_is_left_as_it_is() -> None:
    assert "/dev/serial/by-id/x" == resolve("/dev/serial/by-id/x")
