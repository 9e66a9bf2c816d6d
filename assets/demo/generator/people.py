"""Who writes: how a person writes numbers and dates, how carefully, and the details of the matter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTH_LENGTH = 28  # every date exists in every month
_SHE = {"my mum", "my sister", "my wife", "my girlfriend", "my daughter", "my aunt", "my gran"}
_HE = {"my brother", "my dad", "my husband", "my uncle"}


@dataclass(frozen=True)
class Habits:
    """How one person types.

    Attributes:
        slip_rate: chance that a word is mistyped.
        misspells: writes the words many people misspell the way they do.
        no_apostrophes: writes dont and cant.
        small_i: writes i for I.
        foreign: English is a second language, and it shows.
        gap_before_marks: puts a space before question and exclamation marks.
        run_on: joins sentences by commas.
    """

    slip_rate: float
    misspells: bool
    no_apostrophes: bool
    small_i: bool
    foreign: bool
    gap_before_marks: bool
    run_on: bool


def draw_habits(rng: Random, *, careless: bool) -> Habits:
    """Habits of one person; a careless one is in a hurry or in a rage."""
    rates = (0.0, 0.012, 0.035, 0.08)
    weights = (30, 40, 22, 8) if careless else (62, 28, 8, 2)
    return Habits(
        slip_rate=rng.choices(rates, weights)[0],
        misspells=rng.random() < (0.3 if careless else 0.12),
        no_apostrophes=rng.random() < (0.5 if careless else 0.05),
        small_i=rng.random() < (0.5 if careless else 0.06),
        foreign=rng.random() < 0.06,
        gap_before_marks=rng.random() < 0.03,
        run_on=rng.random() < (0.5 if careless else 0.15),
    )


def draw_slots(details: Mapping[str, Sequence[str]], rng: Random) -> dict[str, str]:
    """Everything a phrase can ask for, drawn once, so that a message does not contradict itself."""
    slots = {kind: rng.choice(values) for kind, values in details.items()}
    slots["item"], slots["item2"] = rng.sample(_goods(details), 2)
    for kind in ("colour", "city", "plan"):
        slots[kind], slots[f"{kind}2"] = rng.sample(details[kind], 2)
    slots["day"] = rng.choice(_DAYS)
    if slots["code"][-2:].isdigit():
        slots["pct"] = slots["code"][-2:]
    slots["poss"] = "her" if slots["who"] in _SHE else "his" if slots["who"] in _HE else "their"
    return slots | _names(details, rng) | _places(details, rng) | _numbers(rng) | _money(rng) | _dates(rng)


def _goods(details: Mapping[str, Sequence[str]]) -> list[str]:
    return [good for kind in ("breakable", "textile", "wear", "device", "other") for good in details[kind]]


def _names(details: Mapping[str, Sequence[str]], rng: Random) -> dict[str, str]:
    first, first2 = rng.sample(details["first"], 2)
    last, last2 = rng.sample(details["last"], 2)
    return {
        "name": first,
        "name2": first2,
        "last": last,
        "full": f"{first} {last}",
        "full2": f"{first2} {last2}",
    }


def _places(details: Mapping[str, Sequence[str]], rng: Random) -> dict[str, str]:
    street, street2 = rng.sample(details["street_name"], 2)
    house, house2 = rng.sample(range(2, 149), 2)
    return {
        "street": f"{house} {street}",
        "street2": f"{house2} {street2}",
        "house": str(house),
        "house2": str(house2),
    }


def _numbers(rng: Random) -> dict[str, str]:
    number = rng.randrange(2_100_000, 9_900_000)
    formats = (f"HP-{number}", f"HP{number}", f"#{number}", f"{number}", f"HP {number}", f"hp-{number}")
    return {
        "order": rng.choice(formats),
        "ticket": str(rng.randrange(100_000, 999_999)),
        "last4": str(rng.randrange(1001, 9999)),
        "n": str(rng.randrange(6, 10)),
        "kid": str(rng.randrange(4, 10)),
    }


def _money(rng: Random) -> dict[str, str]:
    sign, unit = rng.choices((("£", "penny"), ("€", "cent")), (4, 1))[0]
    style = rng.choice(("{s}{v:.2f}", "{s}{v:.2f}", "{v:.2f} {s}", "{v:.2f}", "{s}{v:.0f}"))
    amount = rng.randrange(19, 160) + rng.choice((0.5, 0.9, 0.95, 0.99, 0.0))
    price = rng.randrange(22, 39) + 0.9
    values = {
        "amount": amount,
        "amount2": round(amount * rng.uniform(0.25, 0.75)) + 0.5,
        "fee": rng.choice((3.5, 3.95, 4.9, 4.95, 5.9, 6.5, 7.95, 8.5, 9.9, 12.5)),
        "price": price,
        "price2": price - rng.randrange(3, 9),
    }
    money = {slot: style.format(s=sign, v=value) for slot, value in values.items()}
    return money | {"round": f"{sign}{rng.choice((25, 30, 40, 50, 75))}", "unit": unit}


def _dates(rng: Random) -> dict[str, str]:
    style = rng.randrange(6)
    month, day = rng.randrange(12), rng.randrange(1, _MONTH_LENGTH + 1)
    later = day + rng.randrange(4, 20)
    month_late = month if later <= _MONTH_LENGTH else (month + 1) % 12
    elsewhere = rng.randrange(12)
    return {
        "date": _date(style, month, day),
        "date2": _date(style, month_late, (later - 1) % _MONTH_LENGTH + 1),
        "month": _MONTHS[elsewhere],
        "month2": _MONTHS[(elsewhere + rng.randrange(1, 4)) % 12],
        "nth": _ordinal(rng.randrange(3, 25)),
    }


def _date(style: int, month: int, day: int) -> str:
    name = _MONTHS[month]
    styles = (
        f"{day} {name}",
        f"{name} {day}",
        f"{_ordinal(day)} {name}",
        f"the {_ordinal(day)} of {name}",
        f"{day:02d}/{month + 1:02d}",
        f"{day} {name[:3]}",
    )
    return styles[style]


def _ordinal(day: int) -> str:
    ending = "th" if 10 < day % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"
