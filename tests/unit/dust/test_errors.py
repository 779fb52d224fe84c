"""What errors tell."""

from __future__ import annotations

from dust.errors import BadFile, BadInput, DustError, Unavailable


def test_bad_input_names_field_value_and_what_is_allowed() -> None:
    error = BadInput("level", -1, "zero or more")

    assert "level = -1: allowed is zero or more" == str(error)
    assert ("level", -1, "zero or more") == (error.field, error.value, error.allowed)


def test_a_bad_file_names_the_file_as_well() -> None:
    error = BadFile("a.toml", "level", -1, "zero or more")

    assert "a.toml: level = -1: allowed is zero or more" == str(error)
    assert ("a.toml", None) == (error.path, error.line)


def test_a_bad_file_names_the_line_where_it_is_known() -> None:
    error = BadFile("a.toml", "level", -1, "zero or more", line=12)

    assert "a.toml:12: level = -1: allowed is zero or more" == str(error)
    assert 12 == error.line


def test_only_what_may_come_back_is_worth_trying_again() -> None:
    assert Unavailable.retryable
    assert not BadInput.retryable
    assert issubclass(Unavailable, DustError)
