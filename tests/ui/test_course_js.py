"""What counts of the choices that a person makes in a hurry: the newest, and every step through the past."""

import pytest

from tests.ui.front_end import in_node

PROGRAM = """
import { Course } from "./course.js";
const waiting = [];
let said = [];
const slow = () => new Promise((done, fail) => waiting.push({ done, fail }));
const hooks = { need: (where) => (where.slow ? slow() : undefined), shown: () => {}, say: (text) => said.push(text) };
const begun = () => new Course({ where: { step: 0 }, color: "a", row: null, camera: null }, hooks);
const calm = () => new Promise((done) => setTimeout(done));
const step = (course) => course.choice.where.step;
const answers = {};

async function walked(count, slowly) {
  const course = begun();
  for (let i = 1; i <= count; i += 1) {
    const done = course.pick({ step: i, slow: slowly });
    await calm();
    waiting.splice(0).forEach((one) => one.done());
    await done;
  }
  return course;
}
async function settled() {
  for (let i = 0; i < 12; i += 1) {
    waiting.splice(0).forEach((one) => one.done());
    await calm();
  }
}

for (const slowly of [false, true]) {
  const course = await walked(3, slowly);
  for (let i = 0; i < 3; i += 1) course.back("undo");
  await settled();
  const undone = step(course);
  for (let i = 0; i < 3; i += 1) course.back("redo");
  await settled();
  answers[slowly ? "slow" : "quick"] = [undone, step(course), course.past.behind.length, course.past.ahead.length];
}
{
  const course = await walked(3, true);
  for (let i = 0; i < 3; i += 1) course.back("undo");
  await calm();
  course.pick({ step: 9 });
  await settled();
  answers.overtaken = [step(course), course.past.behind.map(({ where }) => where.step), course.past.ahead.length];
}
{
  const course = await walked(2, true);
  course.back("undo");
  await calm();
  waiting.splice(0)[0].fail(new Error("Gone."));
  await calm();
  answers.failed = [step(course), course.past.behind.length, course.past.ahead.length, said.at(-1)];
}
{
  const course = await walked(1, false);
  course.pick({ step: 2, slow: true });
  course.back("undo");
  await calm();
  const given = step(course);
  await settled();
  answers.given = [given, step(course), course.past.behind.length];
}
{
  const course = begun();
  course.pick({ step: 1, slow: true });
  course.put({ color: "b", row: 7 });
  await settled();
  answers.merged = [step(course), course.choice.color, course.choice.row];
  course.put({ row: 8, camera: [1, 2, 3] });
  await course.back("undo");
  answers.kept = [step(course), course.choice.row, course.choice.camera];
}
{
  const course = await walked(1, false);
  course.back("undo");
  course.stop();
  await settled();
  answers.stopped = step(course);
}
process.stdout.write(JSON.stringify(answers));
"""


@pytest.fixture(scope="module")
def answers() -> dict:
    return in_node(PROGRAM)


@pytest.mark.parametrize("pace", ["quick", "slow"])
def test_three_steps_back_and_three_forth_lead_to_where_one_was(answers, pace):
    assert answers[pace] == [0, 3, 3, 0]


def test_what_is_done_anew_ends_the_steps_that_wait(answers):
    assert answers["overtaken"] == [9, [0, 1, 2, 3], 0]


def test_a_step_that_fails_is_told_and_costs_nothing(answers):
    assert answers["failed"] == [2, 2, 0, "Gone."]


def test_undoing_what_is_still_on_its_way_only_gives_that_up(answers):
    assert answers["given"] == [1, 1, 1]


def test_what_was_changed_while_rows_were_fetched_stays(answers):
    assert answers["merged"] == [1, "b", 7]


def test_a_step_back_leaves_the_pinned_row_and_the_map_where_they_are(answers):
    assert answers["kept"] == [0, 8, [1, 2, 3]]


def test_nothing_counts_after_the_end(answers):
    assert answers["stopped"] == 1
