"""Words in the two languages of the system: Thai first, English beside it."""

from __future__ import annotations

from dust.toml_file import FileModel


class TwoLanguages(FileModel):
    """The same words in Thai and in English."""

    th: str
    en: str
