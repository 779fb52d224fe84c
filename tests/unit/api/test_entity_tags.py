"""Entity tags: what changes them, what names them, and answers that are never held back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from api.entity_tags import MOST_BYTES, EntityTags, entity_tag, is_named

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

JSON = (b"content-type", b"application/json")


def start(*headers: tuple[bytes, bytes], status: int = 200) -> Message:
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


def part(body: bytes, *, more: bool = False) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}


def passed(*answer: Message, asked: str = "", **scope: Any) -> list[list[Message]]:
    """What the layer has let through after each message of an answer."""
    after: list[list[Message]] = []
    sent: list[Message] = []

    async def route(_: Scope, __: Receive, send: Send) -> None:
        for message in answer:
            await send(message)
            after.append(list(sent))

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        raise AssertionError("no layer reads the request")

    fields = [(b"if-none-match", asked.encode())] if asked else []
    whole = {
        "type": "http",
        "method": "GET",
        "path": "/api/v1/stations",
        "headers": fields,
        **scope,
    }
    asyncio.run(EntityTags(route)(whole, receive, send))
    return after


def fields(message: Message) -> dict[bytes, bytes]:
    return dict(message["headers"])


# --- The tag --------------------------------------------------------------------------------------
def test_a_tag_is_weak_and_of_the_body() -> None:
    assert entity_tag(b'{"a":1}').startswith('W/"')
    assert entity_tag(b'{"a":1}') == entity_tag(b'{"a":1}')
    assert entity_tag(b'{"a":1}') != entity_tag(b'{"a":2}')


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'{"generated_at":"2024-01-16T05:30:00Z","n":1}', b'{"generated_at":"2024","n":1}'),
        (b'{"n":1,"generated_at":"2024-01-16T05:30:00.125Z"}', b'{"n":1,"generated_at":""}'),
        (b'{"now":{"age_s":60,"n":1}}', b'{"now":{"age_s":61,"n":1}}'),
    ],
)
def test_what_only_follows_the_clock_is_not_in_it(before: bytes, after: bytes) -> None:
    assert entity_tag(before) == entity_tag(after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'{"age_s":null}', b'{"age_s":1}'),
        (b'{"age_s":1,"is_fresh":true}', b'{"age_s":1,"is_fresh":false}'),
        (b'{"mean_age_s":1}', b'{"mean_age_s":2}'),
        (rb'{"name":"\"generated_at\":\"A\""}', rb'{"name":"\"generated_at\":\"B\""}'),
        (rb'{"name":"\"age_s\":1"}', rb'{"name":"\"age_s\":2"}'),
    ],
)
def test_everything_else_is_in_it_also_words_that_look_like_the_clock(
    before: bytes, after: bytes
) -> None:
    assert entity_tag(before) != entity_tag(after)


@pytest.mark.parametrize(
    "field", ['W/"a"', '"a"', '"b", W/"a"', 'W/"b","a"', '"b,c" , "a"', "*", " * "]
)
def test_a_tag_is_named_alone_in_a_list_or_by_a_star(field: str) -> None:
    assert is_named(field, 'W/"a"')


@pytest.mark.parametrize("field", ["", "a", '"ab"', '"b"', 'W/"', '"*"', '"b, a"', "'a'"])
def test_nothing_else_names_it(field: str) -> None:
    assert not is_named(field, 'W/"a"')


# --- The layer ------------------------------------------------------------------------------------
def test_an_answer_is_tagged_and_asked_about_each_time() -> None:
    head, body = passed(start(JSON), part(b"{}"))[-1]

    assert (200, b"{}") == (head["status"], body["body"])
    assert {
        b"content-type": b"application/json",
        b"etag": entity_tag(b"{}").encode(),
        b"cache-control": b"no-cache",
    } == fields(head)


def test_what_a_route_says_of_keeping_stays_also_with_304() -> None:
    kept = (b"cache-control", b"max-age=60")

    answers = [
        passed(start(JSON, kept, (b"content-length", b"2")), part(b"{}"), asked=asked)[-1]
        for asked in ('"other"', "*")
    ]

    assert [200, 304] == [head["status"] for head, _ in answers]
    assert [b"max-age=60"] * 2 == [fields(head)[b"cache-control"] for head, _ in answers]


def test_a_304_has_no_body_and_nothing_said_of_one() -> None:
    answer = (start(JSON, (b"content-length", b"2")), part(b"{}"))

    head, body = passed(*answer, asked=entity_tag(b"{}"))[-1]

    assert (304, b"") == (head["status"], body["body"])
    assert {b"etag", b"cache-control", b"vary"} == fields(head).keys()


def test_geojson_is_tagged_too() -> None:
    head, _ = passed(start((b"content-type", b"application/geo+json; x=1")), part(b"{}"))[-1]

    assert b"etag" in fields(head)


@pytest.mark.parametrize(
    ("head", "scope"),
    [
        (start(JSON, status=404), {}),
        (start((b"content-type", b"text/csv")), {}),
        (start(JSON, (b"cache-control", b"no-store")), {}),
        (start(), {}),
        (start(JSON), {"method": "POST"}),
        (start(JSON), {"path": "/healthz"}),
        (start(JSON), {"path": "/api/v1"}),
        (start(JSON), {"type": "websocket"}),
    ],
)
def test_what_is_no_good_json_of_the_api_passes_as_it_is(
    head: Message, scope: dict[str, str]
) -> None:
    body = part(b"{}")

    assert [[head], [head, body]] == passed(head, body, asked="*", **scope)


def test_a_tag_of_the_routes_own_stays() -> None:
    head = start(JSON, (b"etag", b'"own"'))

    assert [head] == passed(head, part(b"{}"))[0]


def test_an_event_stream_is_never_held_back() -> None:
    messages = (
        start((b"content-type", b"text/event-stream; charset=utf-8")),
        part(b"event: hello\n\n", more=True),
        part(b": keep-alive\n\n", more=True),
    )

    after = passed(*messages, asked="*", path="/api/v1/live")

    assert [list(messages[:n]) for n in (1, 2, 3)] == after


def test_an_answer_in_parts_is_passed_on_part_by_part() -> None:
    messages = (start(JSON), part(b"[1,", more=True), part(b"2]"))

    after = passed(*messages, asked="*")

    assert [0, 2, 3] == [len(sent) for sent in after]
    assert list(messages) == after[-1]


def test_an_answer_above_the_bound_is_passed_on_without_a_tag() -> None:
    large, largest = (part(b"0" * (MOST_BYTES + more)) for more in (1, 0))

    assert b"etag" not in fields(passed(start(JSON), large, asked="*")[-1][0])
    assert b"etag" in fields(passed(start(JSON), largest)[-1][0])
