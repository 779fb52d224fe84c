"""The rule set that the network's averages are made by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dust.standards import default_rule_set, rule_set

if TYPE_CHECKING:
    from api.queries.database import Row
    from dust.standards import RuleSet


def rules_of(network: Row | None) -> RuleSet:
    """The network's own rule set, or the default where it names none."""
    named = network and network["rule_set"]
    return rule_set(named) if named else default_rule_set()
