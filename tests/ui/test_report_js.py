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
answers.said = [await report.settled(), await new Report(() => []).settled()];
const slow = new Report((choice) => [String(choice.at)]);
const late = [];
slow.send = ({ at, revision }) => late.push([at, revision]);
slow.during(pause(30).then(() => slow.tell({ at: 1 })));
slow.during(pause(90).then(() => slow.tell({ at: 2 })));
slow.during(Promise.reject(new Error("not to be had")));
answers.settled = await slow.settled();
answers.late = [...late];
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


def test_what_is_under_way_is_told_at_its_end_and_before_anybody_goes_by_it(answers):
    assert [at for at, _ in answers["late"]] == [1, 2]
    assert answers["settled"] == answers["late"][-1][1]
    assert isinstance(answers["said"][0], int)
    assert answers["said"][1] is None  # as JSON has it
