"""Corrections in the database: added, withdrawn, never changed; and which one holds for a value.

Whatever adds or withdraws one marks the hours that it touches in the same transaction. It holds the
table against readers meanwhile: a worker that read the table before would otherwise make an hour
from a reading that the mark did not see yet.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from dust.claims import ClaimClass, claims_table
from dust.corrections import Correction, Formula, check
from dust.decimals import exact
from dust.errors import BadInput
from dust.pollutants import Pollutant
from dust.restatement import Reason
from dust.storage.dirty_marks import mark_sensor_hours

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime
    from decimal import Decimal

    from psycopg import Connection

_BOOK: Final = """
SELECT s.sensor_id AS of_sensor, c.correction_id, c.pollutant, c.formula, c.coefficients,
  c.valid_from, c.valid_to, c.claim_class
FROM corrections c JOIN sensors s ON c.sensor_id = s.sensor_id OR c.model = s.model
WHERE s.sensor_id = ANY(%s::integer[]) AND c.withdrawn_at IS NULL
ORDER BY c.sensor_id IS NULL, c.recorded_at DESC, c.correction_id DESC
"""
_ALL: Final = """
SELECT c.correction_id, c.pollutant, c.formula, c.coefficients, c.valid_from, c.valid_to,
  c.claim_class, s.code AS sensor, c.model, c.evidence, c.note, c.recorded_at, c.withdrawn_at
FROM corrections c LEFT JOIN sensors s USING (sensor_id)
ORDER BY c.correction_id
"""
# The clock, not the transaction's start: it may have waited for the lock, and the newest row wins.
_ADD: Final = """
INSERT INTO corrections (
  sensor_id, model, pollutant, formula, coefficients, valid_from, valid_to, claim_class, evidence,
  note, recorded_at
)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, clock_timestamp())
RETURNING correction_id
"""
# Newer than `added`, of the same sensor or model, and in force in a part of its span.
_PREFERRED: Final = """
SELECT c.correction_id FROM corrections c, corrections added
WHERE added.correction_id = %s AND c.withdrawn_at IS NULL AND c.pollutant = added.pollutant
  AND c.sensor_id IS NOT DISTINCT FROM added.sensor_id AND c.model IS NOT DISTINCT FROM added.model
  AND (c.recorded_at, c.correction_id) > (added.recorded_at, added.correction_id)
  AND tstzrange(c.valid_from, c.valid_to) && tstzrange(added.valid_from, added.valid_to)
ORDER BY 1
"""
_WITHDRAW: Final = """
UPDATE corrections SET withdrawn_at = clock_timestamp()
WHERE correction_id = %s AND withdrawn_at IS NULL
RETURNING sensor_id, model, valid_from, valid_to
"""
_BUDDHIST_ERA_FROM: Final = 2400
_GRANTED: Final = (ClaimClass.INDICATIVE, ClaimClass.SCREENING)


@dataclass(frozen=True, slots=True)
class NewCorrection:
    """What a correction is made of: for one sensor (its code) or for all of a model."""

    pollutant: Pollutant
    formula: Formula
    coefficients: Mapping[str, Decimal]
    valid_from: datetime
    valid_to: datetime | None = None
    sensor: str | None = None
    model: str | None = None
    claim_class: ClaimClass | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""


class StoredCorrection(NamedTuple):
    """A row: the correction, whose it is, why, and whether it is withdrawn."""

    correction: Correction
    sensor: str | None
    model: str | None
    evidence: Mapping[str, Any]
    note: str
    recorded_at: datetime
    withdrawn_at: datetime | None


class Marked(NamedTuple):
    """A change that was made, and how many hours of readings must be made again for it."""

    correction_id: int
    n_hours: int


class Standing(NamedTuple):
    """A correction that stood already, and newer ones that go before it in a part of its span."""

    correction_id: int
    preferred: tuple[int, ...]


class CorrectionBook:
    """Which correction holds for a sensor's pollutant at an instant.

    Args:
        rows: for each sensor its corrections, those preferred first.
    """

    def __init__(self, rows: Iterable[tuple[int, Correction]]) -> None:
        preferred = defaultdict[tuple[int, Pollutant], list[Correction]](list)
        for sensor_id, correction in rows:
            preferred[sensor_id, correction.pollutant].append(correction)
        self._spans = {key: _spans_of(found) for key, found in preferred.items()}

    def knows(self, sensor_id: int, pollutant: Pollutant) -> bool:
        """Whether any correction holds at some time; where none does, raw values can be summed."""
        return (sensor_id, pollutant) in self._spans

    def at(self, sensor_id: int, pollutant: Pollutant, instant: datetime) -> Correction | None:
        """The correction in force, or None where the raw value is the told one."""
        spans = self._spans.get((sensor_id, pollutant))
        if spans is None:
            return None
        starts, winners = spans
        return winners[bisect_right(starts, instant)]


def _spans_of(preferred: list[Correction]) -> tuple[list[datetime], list[Correction | None]]:
    """The instants at which another correction may win, and who wins before and after each."""
    ends = (end for correction in preferred if (end := correction.valid_to) is not None)
    starts = sorted({*(correction.valid_from for correction in preferred), *ends})
    winners = [next((each for each in preferred if each.holds_at(at)), None) for at in starts]
    return starts, [None, *winners]


def load_book(connection: Connection, sensor_ids: Collection[int]) -> CorrectionBook:
    """The corrections of these sensors; read it in the transaction that makes the hours.

    A sensor's own row is preferred to its model's, then the newest that is not withdrawn.
    """
    cursor = connection.cursor(row_factory=dict_row)
    rows = cursor.execute(_BOOK.encode(), (list(sensor_ids),))
    return CorrectionBook((row["of_sensor"], _correction(row)) for row in rows)


def stored_corrections(connection: Connection) -> list[StoredCorrection]:
    """Every correction that was ever recorded, the oldest first."""
    cursor = connection.cursor(row_factory=dict_row)
    return [
        StoredCorrection(_correction(row), *(row[name] for name in StoredCorrection._fields[1:]))
        for row in cursor.execute(_ALL.encode())
    ]


def add(connection: Connection, new: NewCorrection) -> Marked:
    """Record a correction and mark the hours that it touches, in one transaction.

    Raises `BadInput` for an unknown sensor or model, a pollutant that it does not measure, a wrong
    coefficient, an empty span, and a claim class that no correction can give.
    """
    _check(new)
    with connection.transaction():
        connection.execute("LOCK TABLE corrections IN ACCESS EXCLUSIVE MODE")
        sensor_id = None if new.sensor is None else _sensor_id(connection, new)
        row = connection.execute(_ADD, (sensor_id, *_values(new))).fetchone()
        (correction_id,) = row or (0,)
        n_hours = _mark(connection, sensor_id, new.model, (new.valid_from, new.valid_to))
    return Marked(correction_id, n_hours)


def add_once(connection: Connection, new: NewCorrection) -> Marked | Standing:
    """As `add`, unless the same correction stands already: then nothing is added.

    The same is whose sensor or model, pollutant, formula, coefficients and span are, and whose
    claim class is not worse.
    """
    _check(new)
    with connection.transaction():
        connection.execute("LOCK TABLE corrections IN ACCESS EXCLUSIVE MODE")
        standing = next((old for old in stored_corrections(connection) if _says(old, new)), None)
        if standing is None:
            return add(connection, new)
        number = standing.correction.correction_id
        preferred = tuple(row[0] for row in connection.execute(_PREFERRED, (number,)))
    return Standing(number, preferred)


def withdraw(connection: Connection, correction_id: int) -> Marked:
    """Withdraw a correction and mark the hours that it touched, in one transaction.

    Raises `BadInput` where there is none of that number or it is withdrawn already.
    """
    with connection.transaction():
        connection.execute("LOCK TABLE corrections IN ACCESS EXCLUSIVE MODE")
        row = connection.execute(_WITHDRAW, (correction_id,)).fetchone()
        if row is None:
            raise BadInput("correction", correction_id, _that_can_be_withdrawn(connection))
        sensor_id, model, valid_from, valid_to = row
        n_hours = _mark(connection, sensor_id, model, (valid_from, valid_to))
    return Marked(correction_id, n_hours)


def sensor_model(connection: Connection, code: str) -> str:
    """The model of the sensor with this code; a `BadInput` lists the sensors that there are."""
    found = connection.execute("SELECT model FROM sensors WHERE code = %s", (code,)).fetchone()
    if found is None:
        known = [row[0] for row in connection.execute("SELECT code FROM sensors ORDER BY code")]
        raise BadInput("sensor", code, "one of " + (", ".join(known) or "none: there is no sensor"))
    return str(found[0])


def _check(new: NewCorrection) -> None:
    if (new.sensor is None) == (new.model is None):
        raise BadInput("sensor, model", f"{new.sensor}, {new.model}", "one of the two")
    for field_, instant in (("valid_from", new.valid_from), ("valid_to", new.valid_to)):
        if instant is not None and instant.year >= _BUDDHIST_ERA_FROM:
            allowed = f"a year of the common era: B.E. {instant.year} is {instant.year - 543}"
            raise BadInput(field_, instant.isoformat(), allowed)
    if new.valid_to is not None and new.valid_to <= new.valid_from:
        allowed = f"an instant after valid_from ({new.valid_from.isoformat()})"
        raise BadInput("valid_to", new.valid_to.isoformat(), allowed)
    if new.claim_class is not None and new.claim_class not in _GRANTED:
        raise BadInput("claim_class", str(new.claim_class), " or ".join(_GRANTED) + ", or none")
    if new.model is not None:
        _check_measured(new.model, new.pollutant)
    check(new.pollutant, new.formula, new.coefficients)


def _says(old: StoredCorrection, new: NewCorrection) -> bool:
    """Whether the old row stands and says all that the new one would."""
    held, span = old.correction, (new.valid_from, new.valid_to)
    return (
        old.withdrawn_at is None
        and (old.sensor, old.model) == (new.sensor, new.model)
        and (held.pollutant, held.formula) == (new.pollutant, new.formula)
        and held.coefficients == new.coefficients
        and (held.valid_from, held.valid_to) == span
        and new.claim_class in {None, held.claim_class}
    )


def _check_measured(model: str, pollutant: Pollutant) -> None:
    measured = claims_table().model(model).pollutants
    if pollutant not in measured:
        allowed = f"what a {model} measures: " + (", ".join(measured) or "no pollutant")
        raise BadInput("pollutant", str(pollutant), allowed)


def _sensor_id(connection: Connection, new: NewCorrection) -> int:
    _check_measured(sensor_model(connection, str(new.sensor)), new.pollutant)
    asked = "SELECT sensor_id FROM sensors WHERE code = %s"
    (sensor_id,) = connection.execute(asked, (new.sensor,)).fetchone() or (0,)
    return int(sensor_id)


def _values(new: NewCorrection) -> tuple[Any, ...]:
    """The columns of `_ADD` behind `sensor_id`; coefficients as text, so that no digit is lost."""
    return (
        new.model,
        str(new.pollutant),
        str(new.formula),
        Jsonb({name: str(value) for name, value in new.coefficients.items()}),
        new.valid_from,
        new.valid_to,
        None if new.claim_class is None else str(new.claim_class),
        Jsonb(dict(new.evidence), dumps=msgspec.json.encode),
        new.note,
    )


def _mark(
    connection: Connection,
    sensor_id: int | None,
    model: str | None,
    span: tuple[datetime, datetime | None],
) -> int:
    asked = "SELECT sensor_id FROM sensors WHERE sensor_id = %s OR model = %s"
    touched = [row[0] for row in connection.execute(asked, (sensor_id, model))]
    return mark_sensor_hours(connection, touched, *span, Reason.CORRECTION)


def _that_can_be_withdrawn(connection: Connection) -> str:
    asked = "SELECT correction_id FROM corrections WHERE withdrawn_at IS NULL ORDER BY 1"
    known = [str(row[0]) for row in connection.execute(asked)]
    return "one not withdrawn: " + (", ".join(known) or "there is none")


def _correction(row: Mapping[str, Any]) -> Correction:
    """Raises `BadInput` that names the row where somebody else wrote what cannot be."""
    try:
        return Correction(
            row["correction_id"],
            Pollutant(row["pollutant"]),
            Formula(row["formula"]),
            {name: exact(value) for name, value in row["coefficients"].items()},
            row["valid_from"],
            row["valid_to"],
            None if row["claim_class"] is None else ClaimClass(row["claim_class"]),
        )
    except BadInput as error:
        field_ = f"corrections.{row['correction_id']}.{error.field}"
        raise BadInput(field_, error.value, error.allowed) from None
    except (ValueError, ArithmeticError) as error:
        allowed = "what this version knows: a formula, a pollutant and numbers"
        raise BadInput(f"corrections.{row['correction_id']}", str(error), allowed) from error
