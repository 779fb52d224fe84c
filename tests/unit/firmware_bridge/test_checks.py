"""Check sums against the examples of the documents that define them."""

from __future__ import annotations

from firmware_bridge.sensors.base import signed_word, zero_sum
from firmware_bridge.sensors.modbus import crc16, modbus_request


def test_checks_are_those_of_the_documents() -> None:
    assert "0203000000018439" == modbus_request(2, 3, 0, 1).hex()
    assert crc16(bytes.fromhex("0203020025")) == int.from_bytes(bytes.fromhex("3D9F"), "little")
    assert 0xE1 == zero_sum(bytes.fromhex("11020B01"))
    assert [-1, 32_767, -32_768] == [signed_word(word) for word in (0xFFFF, 0x7FFF, 0x8000)]
