"""Word of a component to the server: not too often, and all of it before a press leads elsewhere."""

import pytest

from tests.ui.front_end import in_node

PROGRAM = """
import { Report } from "./report.js";
globalThis.window = new EventTarget();
const answers = {};
const report = new Report((choice) => [String(choice.at)]);
const sent = [];
report.send = ({ at }) => sent.push(at);
const pause = (wait) => new Promise((done) => setTimeout(done, wait));
const press = (type, key) => window.dispatchEvent(Object.assign(new Event(type), key && { key }));

report.tell({ at: 0 });
await pause(20);
for (let at = 1; at <= 30; at += 1) report.tell({ at });
answers.hurried = [...sent];
await pause(200);
answers.calm = [...sent];

report.tell({ at: 31 });
press("keydown", "ArrowLeft");
answers.steered = [...sent];
press("pointerdown");
answers.pressed = [...sent];
await pause(200);
answers.once = [...sent];

report.tell({ at: 32 });
press("click");
report.tell({ at: 33 });
press("keydown", "Enter");
answers.entered = [...sent];
report.tell({ at: 34 });
report.end();
press("pointerdown");
await pause(200);
answers.stopped = [...sent];
const link = { href: "http://127.0.0.1/eudscore/file/x?of=recipe" };
window.closest = (what) => (what === "a[download]" ? link : null);
const pressed = () => {
  press("pointerdown");
  press("click");
  return new URL(link.href).searchParams.getAll("after").map(Number);
};
answers.ended = pressed();
const next = new Report(() => []);
const told = [];
next.send = ({ revision }) => told.push(revision);
answers.fresh = pressed();
next.tell({});
answers.first = [pressed(), [...told]];
next.tell({});
answers.second = [pressed(), told.slice(-1)];
window.closest = () => null;
press("click");
answers.echoes = [report.echoes("33"), report.echoes("34")];
process.stdout.write(JSON.stringify(answers));
"""


@pytest.fixture(scope="module")
def answers() -> dict:
    return in_node(PROGRAM)


def test_of_many_words_at_once_the_first_and_the_last_are_sent(answers):
    assert answers["hurried"] == [0]
    assert answers["calm"] == [0, 30]


def test_what_waits_is_sent_before_a_press_leads_elsewhere_and_only_once(answers):
    assert answers["pressed"] == answers["once"] == [0, 30, 31]
    assert answers["entered"] == [0, 30, 31, 32, 33]


def test_a_key_that_steers_sends_no_more_often_than_ever(answers):
    assert answers["steered"] == [0, 30]


def test_nothing_is_sent_after_the_end(answers):
    assert answers["stopped"] == [0, 30, 31, 32, 33]
    assert answers["echoes"] == [True, False]


def test_a_link_to_a_file_says_the_last_word_before_its_press(answers):
    assert answers["ended"] == answers["fresh"] == []
    for said, told in (answers["first"], answers["second"]):
        assert said == told
        assert len(said) == 1
    assert answers["second"] > answers["first"]
