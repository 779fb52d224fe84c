"""The gateway's durable memory: a reading is here from its making until its receipt.

A row is on the disk before anything is published, and it stays until ingest says that it is
committed. A PUBACK deletes nothing, because a killed broker lost 1000 of 1000 acknowledged messages
(measured; docs/decisions/0002-receipts.md). How it is kept: docs/decisions/0011-spool.md.
"""

from firmware_bridge.errors import SpoolError, SpoolFull
from firmware_bridge.spool.entry import Entry, Row
from firmware_bridge.spool.limits import SpoolLimits
from firmware_bridge.spool.spool import Spool

__all__ = ["Entry", "Row", "Spool", "SpoolError", "SpoolFull", "SpoolLimits"]
