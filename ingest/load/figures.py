"""What the bench reports; names bear their units."""

from __future__ import annotations

import msgspec

from ingest.load.usage import ProcessorPer1000


class Machine(msgspec.Struct):
    """Where the figures were measured."""

    cores: int
    processor: str
    memory_mb: int
    python: str
    file_system: str


class Setting(msgspec.Struct):
    """Broker, server and ingest as they ran."""

    broker: str
    broker_settings: dict[str, str]
    database: str
    database_edition: str
    database_settings: dict[str, str]
    ingest_settings: dict[str, str]


class Load(msgspec.Struct):
    """Who sends, and what."""

    gateways: int
    sensors_per_gateway: int
    spacing_s: float
    readings_in_a_message: int
    batches_in_flight_per_gateway: int
    payload_bytes_per_reading: float
    has_extras: bool


class Limit(msgspec.Struct):
    """The same rows by nothing but SQL into an equally empty table, readings a second."""

    copy_per_s: float
    copy_postgresql_s_per_1000: float | None
    copy_two_sessions_per_s: float
    unnest_per_s: float


class Latency(msgspec.Struct):
    """Of so many batches, seconds."""

    batches: int
    p50_s: float
    p99_s: float
    longest_s: float


class Disk(msgspec.Struct):
    """Of a vacuumed table, a reading's share; WAL of all that ingest writes meanwhile."""

    readings: int
    table_bytes_per_reading: float
    index_bytes_per_reading: float
    toast_bytes_per_reading: float
    total_bytes_per_reading: float
    wal_bytes_per_reading: float
    wal_bytes_per_reading_of_limit: float | None


class Steady(msgspec.Struct):
    """Medians of the rounds; `ratio_to_limit` is against COPY of the same rows in one session.

    `others_processor_pct…` is what everybody else on the machine took of all its cores.
    """

    workers: int
    rounds: int
    readings_in_a_round: int
    readings_per_s: float
    readings_per_s_of_rounds: list[float]
    others_processor_pct_of_rounds: list[float]
    limit: Limit | None
    ratio_to_limit: float | None
    ratio_to_two_sessions: float | None
    publish_to_receipt: Latency
    processor_per_1000: ProcessorPer1000
    ingest_peak_memory_mib: float
    hours_made_after_s: float
    disk: Disk
    sent_again: int
    lost: int
    duplicated: int


class Visible(msgspec.Struct):
    """From publishing to the API's answer, at a load far from the limit."""

    readings_per_s: float
    seconds: float
    asked_every_s: float
    publish_to_visible: Latency
    publish_to_receipt: Latency
    processor_per_1000: ProcessorPer1000
    lost: int
    duplicated: int


class OneByOneRate(msgspec.Struct):
    """Messages of one reading a second; `ingest_s` is the worker's time, whichever it is."""

    messages_per_s: float
    messages_per_s_of_rounds: list[float]
    processor_per_1000: ProcessorPer1000
    others_processor_pct: float
    peak_memory_mib: float


class OneByOneComparison(msgspec.Struct):
    """Ingest beside a plain worker of forty lines: broker, server, table and messages the same."""

    ingest: OneByOneRate
    baseline: OneByOneRate
    ratio_to_baseline: float
    processor_ratio_to_baseline: float


class OneByOne(msgspec.Struct):
    """`backlog` waits at the broker before the worker starts; `live` is published meanwhile."""

    messages: int
    rounds: int
    backlog: OneByOneComparison
    live: OneByOneComparison
    lost: int
    duplicated: int


class CatchUp(msgspec.Struct):
    """A long outage: every gateway sends what it has spooled.

    Of the hours of sensors some are made meanwhile and `hours_made_after` when all readings are in;
    of these `hour_…_ms` are the processor time of one.
    """

    readings: int
    gateways: int
    outage_h: float
    seconds: float
    readings_per_s: float
    limit_per_s: float
    ratio_to_limit: float
    processor_per_1000: ProcessorPer1000
    others_processor_pct: float
    ingest_peak_memory_mib: float
    ingest_memory_mib_of_quarters: list[float]
    hours_made: int
    hours_made_after_s: float
    hours_made_after: int
    hour_ingest_ms: float | None
    hour_postgresql_ms: float | None
    disk: Disk
    sent_again: int
    lost: int
    duplicated: int


class Workers(msgspec.Struct):
    """Two workers and one, the same load."""

    one_readings_per_s: float
    two_readings_per_s: float
    ratio: float
    two: Steady


class IngestFigures(msgspec.Struct):
    """One run; what was not asked for is None."""

    bench: str
    version: str
    date: str
    machine: Machine
    setting: Setting
    load: Load
    steady: Steady | None = None
    visible: Visible | None = None
    one_by_one: OneByOne | None = None
    catch_up: CatchUp | None = None
    workers: Workers | None = None
