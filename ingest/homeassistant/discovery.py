"""The discovery payload of a station: one device and its components, keys abbreviated.

Device discovery, Home Assistant 2024.11 or later (home-assistant.io/integrations/mqtt, "Device
discovery payload"; required: a device with an identifier, an origin with a name, and of each
component its platform and unique id). A component that is only a platform is one that Home
Assistant forgets: what a station has not is named so, and nobody needs to remember what it had.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dust.claims import Judgement, claims_table, judgement_of
from dust.pollutants import Pollutant
from ingest.homeassistant.names import HOUR, HUMIDITY, NEWEST, OVER, POLLUTANTS, TEMPERATURE, word
from ingest.homeassistant.said import JUDGED, claim_lately

if TYPE_CHECKING:
    from collections.abc import Collection

    from dust.indicators.newest import PollutantFigures, StationFigures
    from dust.languages import TwoLanguages
    from ingest.homeassistant.place import Place
    from ingest.homeassistant.settings import HomeAssistantSettings

Payload = dict[str, Any]
# U+00B5, the micro sign: newer versions read it as their own U+03BC, older ones know only this one.
_UGM3: Final = "\u00b5g/m³"
_SENSOR: Final = "sensor"
_BINARY: Final = "binary_sensor"
# Home Assistant has no device class for TSP.
_DEVICE_CLASSES: Final = {Pollutant.PM1: "pm1", Pollutant.PM25: "pm25", Pollutant.PM10: "pm10"}
_WEATHER: Final[tuple[tuple[str, TwoLanguages, str, str], ...]] = (
    ("t_c", TEMPERATURE, "temperature", "°C"),
    ("rh", HUMIDITY, "humidity", "%"),
)


def config_of(
    place: Place,
    station: StationFigures,
    weather: Collection[str],
    settings: HomeAssistantSettings,
    version: str,
) -> Payload:
    """What is published, retained, on the station's discovery topic.

    Args:
        place: the topics and the identity.
        station: says the name, the makers and which pollutants there are.
        weather: which of `t_c` and `rh` the station has ever told.
        settings: language and how long a value holds.
        version: of this program.
    """
    models = [claims_table().models[identifier] for identifier in station.models]
    return {
        "dev": {
            "ids": [place.identity],
            "name": word(station.name, settings.language),
            "mf": _listed(model.maker for model in models),
            "mdl": _listed(model.name for model in models),
            "sw": version,
        },
        "o": {"name": "dust-watch", "sw": version},
        "cmps": _components(place, station, weather, settings),
        "stat_t": place.state_topic,
        "avty_t": place.availability_topic,
        "pl_avail": "online",
        "pl_not_avail": "offline",
    }


def _components(
    place: Place,
    station: StationFigures,
    weather: Collection[str],
    settings: HomeAssistantSettings,
) -> dict[str, Payload]:
    made: dict[str, Payload] = {}
    for pollutant in Pollutant:
        figures = station.pollutants.get(pollutant)
        made |= _pollutant(pollutant, figures, settings.language)
    for name, words, device_class, unit in _WEATHER:
        made[name] = (
            _measured(word(words, settings.language), device_class, unit)
            if name in weather
            else {"p": _SENSOR}
        )
    return {
        key: _told(place, key, component, settings) if len(component) > 1 else component
        for key, component in made.items()
    }


def _pollutant(
    pollutant: Pollutant, figures: PollutantFigures | None, language: str
) -> dict[str, Payload]:
    newest, hour, over = f"{pollutant}_newest", f"{pollutant}_hour", f"{pollutant}_over"
    if figures is None:
        nothing: dict[str, Payload] = {newest: {"p": _SENSOR}, hour: {"p": _SENSOR}}
        return nothing | ({over: {"p": _BINARY}} if pollutant in JUDGED else {})
    name, device_class = POLLUTANTS[pollutant], _DEVICE_CLASSES.get(pollutant)
    made = {
        newest: _measured(f"{name} {word(NEWEST, language)}", device_class, _UGM3),
        hour: _measured(f"{name} {word(HOUR, language)}", device_class, _UGM3),
    }
    if pollutant in JUDGED:
        made[over] = _over(name, figures, language)
    return made


def _measured(name: str, device_class: str | None, unit: str) -> Payload:
    component = {"p": _SENSOR, "name": name, "stat_cla": "measurement", "unit_of_meas": unit}
    return component | {"sug_dsp_prc": 1} | ({"dev_cla": device_class} if device_class else {})


def _over(name: str, figures: PollutantFigures, language: str) -> Payload:
    """Whether a limit is exceeded, worded as the claim class allows; hidden where it never is."""
    judgement = judgement_of(claim_lately(figures))
    return {
        "p": _BINARY,
        "name": f"{name} {word(OVER[judgement], language)}",
        "dev_cla": "problem",
        "en": judgement is not Judgement.NOT_JUDGED,
    }


def _told(place: Place, key: str, component: Payload, settings: HomeAssistantSettings) -> Payload:
    """What every component has: identity, where its value stands, how long it holds."""
    return component | {
        "uniq_id": f"{place.identity}_{key}",
        "def_ent_id": place.entity_id(component["p"], key),
        "val_tpl": f"{{{{ value_json.{key}.value }}}}",
        "json_attr_t": place.state_topic,
        "json_attr_tpl": f"{{{{ value_json.{key}.attributes | tojson }}}}",
        "exp_aft": settings.expire_after_s,
        "qos": 1,
    }


def _listed(words: Any) -> str:  # noqa: ANN401
    return ", ".join(dict.fromkeys(words))
