"""What a study has found so far, read from its folder: light enough for the app's server."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from eudscore.errors import InputError
from eudscore.jobs.folder import RunFolder, RunStatus
from eudscore.records import JsonDict, RunState
from eudscore.selection.strategies import reads_labels
from eudscore.store.documents import read_json
from eudscore.study.comparison import Arm, Comparison, Cost, compare, cost_of
from eudscore.study.recalls import PREFIX as RECALL
from eudscore.study.results import Cell
from eudscore.study.verdict import Verdict, verdict
from eudscore.workflow.study_plan import RS2, VERSION, Planned, Regime, StudyRequest, all_arms, planned

STUDY, RESULTS = "study.json", "results.json"
METRICS = ("accuracy", "macro_f1", "nll", "ece")
_REMEDY = "run the study again"


@dataclass(frozen=True, eq=False)
class Study:
    """A study and what there is of it.

    Attributes:
        folder: where it is.
        about: what was written when it was begun.
        request: what it compares.
        cells: what its finished trainings gave.
        done: how many trainings are finished.
    """

    folder: Path
    about: JsonDict
    request: StudyRequest
    cells: Sequence[Cell]
    done: int

    @property
    def total(self) -> int:
        """How many trainings it holds."""
        return len(planned(self.request))

    def compared(self, metric: str = "accuracy") -> Comparison:
        """All arms by one metric, as far as they are trained."""
        return compare(self.cells, metric)

    @property
    def collapsed(self) -> int:
        """How many finished trainings answer every test row with one and the same class."""
        recalls: dict[tuple[object, ...], list[float]] = {}
        place: dict[tuple[object, ...], int] = {}
        for cell in self.cells:  # the metrics of one training stand together, those of the next draw begin anew
            arm = (cell.strategy, cell.budget, cell.seed)
            if cell.metric == METRICS[0]:
                place[arm] = place.get(arm, 0) + 1
            elif cell.metric.startswith(RECALL):
                recalls.setdefault((*arm, place.get(arm, 0)), []).append(cell.value)
        return sum(sorted(found)[-2:] == [0.0, 1.0] for found in recalls.values())

    def labels(self, arm: Arm) -> float:
        """How many labels an arm needs: those of all rows where its choice reads them, else those it trains on."""
        chosen_by = all_arms(self.request).get(arm.strategy)
        return float(self.about["pool_rows"]) if chosen_by and reads_labels(chosen_by) else arm.n_train

    def cost(self, comparison: Comparison, arm: Arm) -> Cost | None:
        """What an arm costs; None where it is not known what its scores took."""
        scoring = self.about["scoring_seconds"].get(arm.strategy)
        if arm.budget is None or scoring is None:
            return None
        return cost_of(
            comparison, arm.strategy, arm.budget, selection=self.about["selection_seconds"][arm.strategy],
            scoring=scoring, epochs=self.request.epochs if self.request.regime is Regime.EPOCHS else None,
        )  # fmt: skip

    def verdicts(self, metric: str = "accuracy") -> Iterator[tuple[Arm, Verdict]]:
        """What can be said of every arm that was asked for, budget by budget."""
        comparison = self.compared(metric)
        for arm in comparison.arms:
            if arm.budget is not None and arm.strategy in self.request.arms:
                cost = self.cost(comparison, arm)
                named = len(self.request.arms) > 1
                yield arm, verdict(comparison, arm.strategy, arm.budget, cost=cost, named=named)


def open_study(folder: Path) -> Study:
    """A study as far as it is.

    Raises:
        InputError: there is none.
    """
    if not (folder / STUDY).exists():
        raise InputError(f"{folder} holds no study: give a folder that `eudscore study` wrote.")
    about = read_json(folder / STUDY, version=VERSION, remedy=_REMEDY)
    request = StudyRequest.from_json(about["request"])
    finished = [(one, status) for one, status in statuses(folder, request) if status.state is RunState.DONE]
    cells = [cell for one, status in finished for cell in _cells(request, one, status.result)]
    return Study(folder, about, request, cells, len(finished))


def statuses(folder: Path, request: StudyRequest) -> Iterator[tuple[Planned, RunStatus]]:
    """The trainings of a study that were begun, and where they are."""
    for one in planned(request):
        run = RunFolder(folder / "runs" / one.name)
        if (run.path / "status.json").exists():
            yield one, run.read_status()


def _cells(request: StudyRequest, one: Planned, result: JsonDict) -> Iterator[Cell]:
    seen = result["steps"] * request.options.batch_size  # of all rows, rs2 may not come to see each once
    rows = min(result["train_rows"], seen) if one.strategy == RS2 else result["train_rows"]
    recalls = {f"{RECALL}{name}": value for name, value in (result.get("recall") or {}).items()}
    for metric, value in {**{name: result.get(name) for name in METRICS}, **recalls}.items():
        if value is not None:
            yield Cell(
                one.strategy, one.budget, one.seed, metric, value, rows, result["steps"],
                result["seconds"],
            )  # fmt: skip
