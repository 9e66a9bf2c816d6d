"""Links to files in the browser: what was set is told first, and a sentence stands where no file comes."""

import pytest

from tests.ui.front_end import in_node

PROGRAM = """
import { attend, leave } from "./links.js";
globalThis.window = new EventTarget();
const asked = [], went = [], told = [];
const answers = {};
let answer = { ok: true };
globalThis.fetch = async (address) => {
  asked.push(String(address));
  if (answer instanceof Error) throw answer;
  return answer;
};
const shown = new Map();
globalThis.document = {
  createElement: () => ({ setAttribute() {}, append(text) { this.text = text; }, remove() { shown.delete("told"); } }),
};
const link = {
  href: "http://127.0.0.1/eudscore/file/x?of=a%20b",
  attributes: {},
  getAttribute(name) { return this.attributes[name] ?? null; },
  setAttribute(name, value) { this.attributes[name] = value; },
  removeAttribute(name) { delete this.attributes[name]; },
  cloneNode: () => ({ click() { went.push(String(this.href)); } }),
  get nextElementSibling() { return shown.get("told"); },
  after(told) { shown.set("told", told); },
};
globalThis.setTimeout = (run) => later.push(run);
const later = [];
const pause = () => new Promise((done) => setImmediate(done));
let stopped = 0;
const press = async (on = link, times = 1) => {
  asked.length = went.length = stopped = 0;
  window.closest = (what) => (what === "a[download]" ? on : null);
  for (let time = 0; time < times; time += 1) {
    const event = new Event("click", { cancelable: true });
    window.dispatchEvent(event);
    stopped += event.defaultPrevented;
  }
  for (let time = 0; time < 8; time += 1) await pause();
  const busy = { ...link.attributes };
  return { asked: [...asked], went: [...went], stopped, sentence: shown.get("told")?.text, busy };
};

let settle;
const one = { settled: () => new Promise((done) => (settle = done)) };
attend(one);
answers.waits = await press();
settle(7);
for (let time = 0; time < 8; time += 1) await pause();
answers.comes = { asked: [...asked], went: [...went], busy: { ...link.attributes } };
one.settled = async () => undefined;
answers.untold = await press();
one.settled = async () => 8;
answers.twice = await press(link, 2);
answer = { ok: false, json: async () => ({ error: "It is gone." }) };
answers.refused = await press();
answer = new Error("fetch failed");
answers.silent = await press();
answer = { ok: false, json: async () => JSON.parse("<html>Bad gateway</html>") };
answers.between = await press();
answer = { ok: true };
answers.again = await press();
answer = { ok: false, json: async () => ({ error: "It is gone." }) };
await press();
later.forEach((run) => run());
answers.later = shown.size;
answer = { ok: true };
leave({});
answers.other = await press();
leave(one);
answers.left = await press();
answers.elsewhere = await press(null);
process.stdout.write(JSON.stringify(answers));
"""
LINK = "http://127.0.0.1/eudscore/file/x?of=a%20b"
TOLD = "http://127.0.0.1/eudscore/file/x?of=a+b&after="


@pytest.fixture(scope="module")
def answers() -> dict:
    return in_node(PROGRAM)


def test_a_press_waits_for_what_was_set_and_says_its_revision(answers):
    assert (answers["waits"]["asked"], answers["waits"]["went"], answers["waits"]["stopped"]) == ([], [], 1)
    assert answers["waits"]["busy"] == {"aria-busy": "true"}
    assert answers["comes"] == {"asked": [f"{TOLD}7&look="], "went": [f"{TOLD}7"], "busy": {}}


def test_where_nothing_was_told_the_link_is_followed_as_it_is(answers):
    assert answers["untold"]["went"] == [LINK]
    assert answers["left"]["went"] == [LINK]


def test_two_presses_at_once_bring_one_file(answers):
    assert answers["twice"]["went"] == [f"{TOLD}8"]
    assert answers["twice"]["stopped"] == 2


def test_where_no_file_comes_a_sentence_says_why_for_a_while(answers):
    assert (answers["refused"]["went"], answers["refused"]["sentence"]) == ([], "It is gone.")
    for case in ("silent", "between"):
        assert (answers[case]["went"], answers[case]["sentence"]) == ([], "The server does not answer: try again.")
    assert (answers["again"]["went"], answers["again"].get("sentence")) == ([f"{TOLD}8"], None)
    assert answers["later"] == 0


def test_a_component_that_leaves_takes_only_its_own_word_along(answers):
    assert answers["other"]["went"] == [f"{TOLD}8"]


def test_other_presses_are_left_alone(answers):
    assert answers["elsewhere"]["stopped"] == 0
