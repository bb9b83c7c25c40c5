"""What looks like personal data or a secret in a text that redaction let through.

Each detector is a pattern that finds candidates and a test that chance seldom passes: a card has its check
digit (ISO/IEC 7812-1, Luhn), an IBAN its country's length and remainder (ISO 13616, ISO 7064 mod 97-10), and
a number is a telephone's with its country code (ITU-T E.164) or in the usual American form. Keys are known by
the prefixes that their issuers document for secret scanning.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

# Longer texts are scanned up to here; the rest is told as not scanned.
LONGEST_TEXT = 1_000_000

# Characters of an IBAN by country, from the registry of ISO 13616 (SWIFT, release 99).
_IBAN_LENGTHS = {
    "AD": 24,
    "AE": 23,
    "AL": 28,
    "AT": 20,
    "AZ": 28,
    "BA": 20,
    "BE": 16,
    "BG": 22,
    "BH": 22,
    "BR": 29,
    "BY": 28,
    "CH": 21,
    "CR": 22,
    "CY": 28,
    "CZ": 24,
    "DE": 22,
    "DK": 18,
    "DO": 28,
    "EE": 20,
    "EG": 29,
    "ES": 24,
    "FI": 18,
    "FO": 18,
    "FR": 27,
    "GB": 22,
    "GE": 22,
    "GI": 23,
    "GL": 18,
    "GR": 27,
    "GT": 28,
    "HR": 21,
    "HU": 28,
    "IE": 22,
    "IL": 23,
    "IQ": 23,
    "IS": 26,
    "IT": 27,
    "JO": 30,
    "KW": 30,
    "KZ": 20,
    "LB": 28,
    "LI": 21,
    "LT": 20,
    "LU": 20,
    "LV": 21,
    "MC": 27,
    "MD": 24,
    "ME": 22,
    "MK": 19,
    "MR": 27,
    "MT": 31,
    "MU": 30,
    "NL": 18,
    "NO": 15,
    "PK": 24,
    "PL": 28,
    "PS": 29,
    "PT": 25,
    "QA": 29,
    "RO": 24,
    "RS": 22,
    "SA": 24,
    "SE": 24,
    "SI": 19,
    "SK": 24,
    "SM": 27,
    "TN": 24,
    "TR": 26,
    "UA": 29,
    "VA": 22,
}
# Those of which everything behind the country is digits, by the same registry.
_IBANS_OF_DIGITS = re.compile(
    "AE|AT|BA|BE|CZ|DE|DK|EE|EG|ES|FI|FO|GL|HR|HU|IL|IS|LT|ME|MR|NO|PL|PT|RS|SE|SI|SK|TN|VA"
)


@dataclass(frozen=True)
class Detector:
    """How one kind of personal data is found: candidates by `pattern`, and how much of one is real.

    `hint` is in the text around every candidate, in a form that RE2 takes, too: it has no look-around, so a
    database can tell at once which texts need no closer look. `real` gives a number of characters from the
    candidate's beginning, 0 where it is none.
    """

    name: str
    hint: str
    pattern: re.Pattern[str]
    real: Callable[[str], int]


@dataclass(frozen=True)
class Finding:
    """Where in a text something was found; never what. `start` and `end` count characters from 0."""

    detector: str
    start: int
    end: int


def find(text: str, detectors: Mapping[str, Detector] | None = None) -> list[Finding]:
    """Everything that the detectors find in the first LONGEST_TEXT characters, by place.

    Of findings that overlap the first detector's counts, in the order of DETECTORS.
    """
    taken: list[Finding] = []
    for detector in (DETECTORS if detectors is None else detectors).values():
        starts = [found.start for found in taken]
        free = [
            found
            for found in _matches(detector, text[:LONGEST_TEXT])
            if not (before := bisect_left(starts, found.end)) or taken[before - 1].end <= found.start
        ]
        taken = sorted([*taken, *free], key=lambda found: found.start)
    return taken


def fingerprint(value: str, key: bytes | None) -> str | None:
    """HMAC-SHA256 of a value in hex, so that the same one is known again; null without a key.

    Without a key a card or telephone number would be found by trying them all.
    """
    return None if key is None else hmac.new(key, value.encode(), hashlib.sha256).hexdigest()


def _matches(detector: Detector, text: str) -> Iterator[Finding]:
    for match in detector.pattern.finditer(text):
        if length := detector.real(match[0]):
            yield Finding(detector.name, match.start(), match.start() + length)


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _card(text: str) -> int:
    """A number of 13 to 19 digits, not one digit again and again, whose last is its check digit."""
    digits = _digits(text)
    if not 13 <= len(digits) <= 19 or len(set(digits)) == 1:
        return 0
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return len(text) if sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0 else 0


def _iban(text: str) -> int:
    """As long as its country's are, whatever follows, and 1 modulo 97 with its first four at the end."""
    places = [place for place, character in enumerate(text) if character.isalnum()]
    length = _IBAN_LENGTHS.get(text[:2].upper(), len(places) + 1)
    if len(places) < length:
        return 0
    end = places[length - 1] + 1
    if text[end : end + 1].isalnum():
        return 0
    characters = "".join(text[place] for place in places[:length])
    if _IBANS_OF_DIGITS.match(characters.upper()) and not characters[2:].isdecimal():
        return 0
    return end if int("".join(str(int(c, 36)) for c in characters[4:] + characters[:4])) % 97 == 1 else 0


def _phone(text: str) -> int:
    """Eight to fifteen digits after a plus, or ten in the American form."""
    digits = _digits(text)
    if text.startswith("+"):
        return len(text) if 8 <= len(digits) <= 15 else 0
    is_american = len(digits) == 10 and digits[0] in "23456789" and digits[3] in "23456789"
    return len(text) if is_american else 0


def _email(text: str) -> int:
    return 0 if ".." in text or text.startswith(".") else len(text)


_KEYS = (
    r"AKIA[0-9A-Z]{16}",  # AWS access key id
    r"gh[pousr]_[A-Za-z0-9]{36,251}",  # GitHub
    r"github_pat_[A-Za-z0-9_]{22,255}",
    r"glpat-[A-Za-z0-9_-]{20,}",  # GitLab
    r"sk-(?:ant-|proj-)?[A-Za-z0-9_-]{20,}",  # OpenAI, Anthropic
    r"[rs]k_live_[A-Za-z0-9]{16,}",  # Stripe
    r"xox[abprs]-[A-Za-z0-9-]{10,}",  # Slack
    r"AIza[0-9A-Za-z_-]{35}",  # Google
    # JSON Web Token, RFC 7519. From its first letter on, or each of many would be searched to the end.
    r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}",
    r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----",  # RFC 7468
)

DETECTORS: Mapping[str, Detector] = {
    detector.name: detector
    for detector in (
        Detector(
            "secret",
            r"AKIA[0-9A-Z]{16}|gh[pousr]_|github_pat_|glpat-|sk-[A-Za-z0-9_-]{20}|[rs]k_live_|xox[abprs]-|AIza"
            r"|eyJ[A-Za-z0-9_-]{8,}\.eyJ|PRIVATE KEY-----",
            re.compile(r"(?<![A-Za-z0-9])(?:" + "|".join(_KEYS) + ")"),
            len,
        ),
        Detector(
            "email",
            r"\S@[A-Za-z0-9][A-Za-z0-9-]*\.[A-Za-z0-9]",
            re.compile(
                r"(?<![\w.+-])[\w.+-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,24}(?![\w-])"
            ),
            _email,
        ),
        Detector(
            "iban",
            rf"(?i:(?:^|[^a-z0-9])(?:{'|'.join(_IBAN_LENGTHS)})\p{{Nd}}{{2}}(?:[ -]?[a-z0-9]){{11}})",
            re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}(?![A-Za-z0-9])"),
            _iban,
        ),
        Detector(
            "card",
            r"[3-6]\p{Nd}(?:[ -]?\p{Nd}){11}",
            re.compile(r"(?<![A-Za-z\d_.,-])[3-6]\d(?:[ -]?\d){11,17}(?![A-Za-z\d_-]|[.,]\d)"),
            _card,
        ),
        Detector(
            "phone",
            r"\+\p{Nd}{1,3}[ .-]?(?:\(\p{Nd}{1,4}\)[ .-]?)?\p{Nd}(?:[ .-]?\p{Nd}){5}"
            r"|\(\p{Nd}{3}\) ?\p{Nd}{3}[ .-]\p{Nd}{4}|\p{Nd}{3}[.-]\p{Nd}{3}[.-]\p{Nd}{4}",
            re.compile(
                r"(?<![\w+.-])(?:\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d(?:[ .-]?\d){5,13}"
                r"|\(\d{3}\) ?\d{3}[ .-]\d{4}|\d{3}[.-]\d{3}[.-]\d{4})(?![\w-]|\.\d)"
            ),
            _phone,
        ),
    )
}
