"""Messages: a voice, an intent and the phrases of one situation make a message nobody else wrote."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from . import phrases, sentences, slips
from .decks import Deck, T
from .people import Habits, draw_habits, draw_slots

_GOODS = ("item", "breakable", "device", "textile", "wear", "furniture", "hard", "dish")
_NO_ORDER = {"product_question", "login_problem", "subscription_change"}
_CARELESS = {"terse", "casual", "angry"}
_VOICES = {"terse": 14, "casual": 18, "plain": 32, "polite": 19, "angry": 9, "story": 6, "form": 2}
_CLEAR_VOICES = {"casual": 18, "plain": 34, "polite": 22, "angry": 9, "story": 5}
# Nobody shouts over the size of a teapot.
_CALM = {"product_question": 0.0, "change_address": 0.0, "subscription_change": 0.2, "cancel_order": 0.25}
_MENTIONS = 0.17  # how often a message mentions some other matter
_TEST_EVERY = 5  # one phrase in five is kept for the test split


@dataclass(frozen=True)
class _Matter:
    happened: str
    details: Deck[str]
    requests: Deck[str]
    openers: Deck[str] | None


class Composer:
    """Writes the messages of one split; the same random stream gives the same messages in the same order.

    What a message is built around is used in one split only, so that a test text has no sibling in train.
    """

    def __init__(self, split: str, rng: Random) -> None:
        self._split = split
        self._rng = rng
        self._details = phrases.read_details()
        self._voices = {name: Deck(lines, rng) for name, lines in phrases.read_voices().items()}
        intents = {name: phrases.read_intent(name) for name in phrases.INTENTS}
        self._happened = {name: self._deck_of_matters(intent) for name, intent in intents.items()}
        self._short = {name: self._deck_of_shorts(intent) for name, intent in intents.items()}
        self._whole = {name: self._share(intent.whole, 1) for name, intent in intents.items()}
        self._mixed = Deck(self._share(phrases.read_mixed(), 0), rng)
        self._off_topic = Deck(phrases.read_off_topic(), rng)

    def _share(self, lines: Sequence[T], shift: int) -> list[T]:
        for_test = [(at + shift) % _TEST_EVERY == 0 for at in range(len(lines))]
        return [line for line, test in zip(lines, for_test, strict=True) if test == (self._split == "test")]

    def _deck_of_matters(self, intent: phrases.Intent) -> Deck[_Matter]:
        matters = []
        for number, situation in enumerate(intent.situations):
            details, requests = Deck(situation.details, self._rng), Deck(situation.requests, self._rng)
            openers = Deck(situation.openers, self._rng) if situation.openers else None
            happened = self._share(situation.happened, number)
            matters += [_Matter(line, details, requests, openers) for line in happened]
        return Deck(matters, self._rng)

    def _deck_of_shorts(self, intent: phrases.Intent) -> Deck[str]:
        openers = [opener for situation in intent.situations for opener in situation.openers]
        return Deck(self._share(intent.short, 0) + self._share(openers, 1), self._rng)

    def message(self, intent: str, *, clear: bool = False) -> str:
        """A message of one intent; a clear one names its matter in full and mentions no other."""
        whole = self._whole[intent]
        if whole and self._rng.random() < 0.05:
            phrase = whole.pop(self._rng.randrange(len(whole)))
            return self._typed(phrases.expand(phrase, self._slots(), self._rng), "whole")
        voice = self._voice(intent, clear=clear)
        if voice == "terse":
            return self._terse(intent)
        casual = voice == "casual"
        matter = self._happened[intent].draw(lambda m: casual or not m.happened[0].islower())
        slots = self._slots()
        if voice == "form" and intent not in _NO_ORDER:
            return self._typed(self._form(matter, slots), voice)
        opener = matter.openers.draw() if matter.openers and self._rng.random() < 0.12 else ""
        body = self._body(matter, opener, voice, slots)
        if not clear and voice != "angry" and self._rng.random() < _MENTIONS:
            body.insert(self._rng.choice((0, len(body))), self._past(intent, slots))
        letter = voice in ("polite", "story")
        text = self._letter(body, voice, slots) if letter else self._note(body, intent, slots)
        return self._typed(text, voice)

    def _voice(self, intent: str, *, clear: bool) -> str:
        chances = dict(_CLEAR_VOICES if clear else _VOICES)
        chances["angry"] = int(chances["angry"] * _CALM.get(intent, 1.0))
        return self._rng.choices(list(chances), list(chances.values()))[0]

    def mixed(self) -> tuple[str, tuple[str, ...]]:
        """A message that fits two or more intents equally well, and these."""
        message = self._mixed.draw()
        return self._wrapped(message.text), message.intents

    def off_topic(self) -> str:
        """A message that fits no intent."""
        phrase = self._off_topic.draw()
        text = phrases.expand(phrase, self._slots(), self._rng)
        return self._typed(text, "whole")

    def _wrapped(self, phrase: str) -> str:
        slots, rng = self._slots(), self._rng
        text = phrases.expand(phrase, slots, rng)
        voice = rng.choice(("whole", "plain", "casual", "polite"))
        if voice == "polite":
            text = self._letter([text], voice, slots)
        elif voice != "whole":
            text = self._note([text], "", slots)
        return self._typed(text, voice)

    def _slots(self) -> dict[str, str]:
        return draw_slots(self._details, self._rng)

    def _say(self, section: str, slots: dict[str, str]) -> str:
        return self._line(self._voices[section].draw(), slots)

    def _terse(self, intent: str) -> str:
        rng, slots = self._rng, self._slots()
        phrase = self._short[intent].draw()
        text = phrases.expand(phrase, slots, rng)
        if rng.random() < 0.25 and intent not in _NO_ORDER and slots["order"] not in text:
            text = rng.choice((f"{text} ({slots['order']})", f"{slots['order']}: {text}", f"{text} - {slots['order']}"))
        if rng.random() < 0.2:
            text = rng.choice(("hi, ", "Hi, ", "hello, ", "Hey, ", "hi ", "Hello - ")) + sentences.lower_first(text)
        if rng.random() < 0.25:
            text = sentences.tidy(text) + " " + self._voices["brief_thanks"].draw()
        return self._typed(text, "terse")

    def _body(self, matter: _Matter, opener: str, voice: str, slots: dict[str, str]) -> list[str]:
        rng = self._rng
        details = matter.details.hand(self._how_many_details(voice))
        told = [matter.happened, *details]
        if opener:
            told.insert(0, opener)
        elif rng.random() < 0.68:
            told.append(matter.requests.draw())
        pieces = [self._line(phrase, slots) for phrase in told]
        if opener:
            pieces[1] = sentences.referring_back(pieces[0], pieces[1], {slots[kind] for kind in _GOODS})
        if voice == "angry":
            pieces = self._angered(pieces, slots)
        elif rng.random() < 0.07:
            pieces.append(self._say("common", slots))
        return pieces

    def _how_many_details(self, voice: str) -> int:
        weights = {"story": (0, 3, 5, 3), "casual": (7, 3), "polite": (5, 5, 1), "angry": (5, 4, 1)}
        chances = weights.get(voice, (7, 4, 1))
        return self._rng.choices(range(len(chances)), chances)[0]

    def _past(self, intent: str, slots: dict[str, str]) -> str:
        """A remark about some other matter, long settled: what makes word counts go wrong."""
        other = self._rng.choice([name for name in phrases.INTENTS if name != intent])
        for _ in range(12):
            line = self._voices[f"past_{other}"].draw()
            fit, _, rest = line[1:].partition(" ") if line.startswith("@") else (intent, "", line)
            if intent in fit.split(","):
                return self._line(rest, slots)
            other = self._rng.choice([name for name in phrases.INTENTS if name != intent])
        return self._say("background", slots)

    def _angered(self, pieces: list[str], slots: dict[str, str]) -> list[str]:
        rng = self._rng
        if rng.random() < 0.5:
            pieces.insert(0, self._say("angry_open", slots))
        for phrase in self._voices["angry_line"].hand(rng.choice((0, 1, 1, 2))):
            pieces.insert(rng.randrange(1, len(pieces) + 1), self._line(phrase, slots))
        return [slips.shout(piece, rng) for piece in pieces]

    def _form(self, matter: _Matter, slots: dict[str, str]) -> str:
        """A message that looks like the form its writer would have liked to find."""
        rng = self._rng
        dash = rng.choice(("- ", "", "", "* "))
        named = [
            (rng.choice(("Order", "order no", "Order number", "Nr")), slots["order"]),
            (rng.choice(("Name", "Customer", "name")), slots["full"]),
            (rng.choice(("Bought", "Date", "ordered on")), slots["date"]),
        ]
        rows = rng.sample(named, rng.choice((1, 2, 2, 3)))
        rows.append(
            (
                rng.choice(("Problem", "Issue", "What it's about", "Reason")),
                self._line(matter.happened, slots),
            )
        )
        if rng.random() < 0.7:
            asked = self._line(matter.requests.draw(), slots)
            rows.append((rng.choice(("Question", "What I'd like", "Request", "so")), asked))
        return "\n".join(f"{dash}{head}: {value}" for head, value in rows)

    def _line(self, phrase: str, slots: dict[str, str]) -> str:
        return sentences.tidy(phrases.expand(phrase, slots, self._rng))

    def _letter(self, body: list[str], voice: str, slots: dict[str, str]) -> str:
        rng = self._rng
        greeting = phrases.expand(self._voices["greeting"].draw(), slots, rng) if rng.random() < 0.85 else ""
        before = [self._say("greeting_line", slots)] if rng.random() < 0.4 else []
        if voice == "story":
            before += self._background(slots)
        after = [self._say("polite_line", slots)] if rng.random() < 0.45 else []
        groups = [group for group in (before, body, after) if group]
        paragraphs = [sentences.join(group, run_on=False, rng=rng) for group in groups]
        closing = self._voices["closing"].draw()
        end = sentences.ending(closing, slots, rng) if rng.random() < 0.85 else ""
        if rng.random() < 0.1:
            end = f"{end}\n{phrases.expand(self._voices['tail'].draw(), slots, rng)}".strip()
        return sentences.letter(greeting, paragraphs, end, rng)

    def _background(self, slots: dict[str, str]) -> list[str]:
        if self._rng.random() < 0.4:
            return [self._say("long_background", slots)]
        lines = self._voices["background"].hand(self._rng.choice((1, 1, 2)))
        return [self._line(line, slots) for line in lines]

    def _note(self, body: list[str], intent: str, slots: dict[str, str]) -> str:
        rng = self._rng
        run_on = rng.random() < 0.35
        if intent and intent not in _NO_ORDER and rng.random() < 0.13 and slots["order"] not in " ".join(body):
            body.insert(rng.choice((0, len(body), len(body))), self._say("reference", slots))
        if rng.random() < 0.16:
            body.append(self._voices["brief_thanks"].draw())
        text = sentences.join(body, run_on=run_on, rng=rng)
        if rng.random() < 0.22:
            greeting = phrases.expand(self._voices["greeting"].draw(), slots, rng)
            text = f"{greeting} {sentences.lower_first(text)}"
        return text

    def _typed(self, text: str, voice: str) -> str:
        rng = self._rng
        habits: Habits = draw_habits(rng, careless=voice in _CARELESS)
        if habits.foreign and voice not in ("whole", "terse"):
            text = slips.foreign(text, rng)
        if voice == "casual":
            text = slips.hurry(text, rng)
            text = text.removesuffix(".") if rng.random() < 0.7 else text
        return slips.mistype(text, habits, rng)
