"""The six laws of a plan, as properties over random wishes, human acts, faults and moments of death."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from connectors.memory import Fault, ProcessKilledError
from sync.changes import SetField, Why
from sync.memory import same
from tests.sync.world import DAY, DUE, GRACE, Gap, KilledError, Record, World

LAW = settings(
    max_examples=10,
    phases=[Phase.explicit, Phase.generate],  # an example takes half a second: shrinking would take minutes
    suppress_health_check=[HealthCheck.too_slow],
)

ANN, BOB, GLOBEX = ("contact", "c1"), ("contact", "c2"), ("account", "a1")

VALUES: dict[str, dict[str, list[str | None]]] = {
    "contact": {
        "roles": [None, "buyer", "champion", "buyer;user"],
        "depth": [None, "0", "3", "5"],
        "counted": [None, "false", "true"],
    },
    "account": {"coverage_score": [None, "10", "90"], "missing_text": [None, "1 buyer", "2 champions"]},
}
PLACES = [(record, name) for record in (ANN, BOB, GLOBEX) for name in VALUES[record[0]]]
GAPS = [Gap("k1", 90), Gap("k2", 80), Gap("k3", 70), Gap("k4", 60, owner_id="u2")]

Place = tuple[Record, str]
Wishes = dict[Place, str | None]


@dataclass(frozen=True)
class Edit:
    """Somebody sets one of our fields by hand."""

    place: Place
    value: str | None


@dataclass(frozen=True)
class Act:
    """Somebody finishes, reopens, removes, snoozes, moves or gives away a task, when it is there."""

    what: str
    key: str


@dataclass(frozen=True)
class Round:
    """What happens before a run: people act, time passes, the rules come to want something."""

    wishes: Wishes
    gaps: frozenset[int]
    edits: tuple[Edit, ...] = ()
    acts: tuple[Act, ...] = ()
    days: int = 0


def values(place: Place) -> st.SearchStrategy[str | None]:
    (object_name, _), name = place
    return st.sampled_from(VALUES[object_name][name])


wishes = st.fixed_dictionaries({}, optional={place: values(place) for place in PLACES})
edits = st.sampled_from(PLACES).flatmap(lambda place: st.builds(Edit, st.just(place), values(place)))
HANDS = ("finish", "reopen", "remove", "snooze", "postpone", "give away", "give back")
acts = st.builds(Act, st.sampled_from(HANDS), st.sampled_from([gap.key for gap in GAPS]))
LATER = DUE + GRACE + DAY
"""Seconds after which a task is overdue past its grace."""
rounds = st.builds(
    Round,
    wishes,
    st.frozensets(st.integers(0, len(GAPS) - 1)),
    st.lists(edits, max_size=3).map(tuple),
    st.lists(acts, max_size=2).map(tuple),
    st.sampled_from([0, 1, LATER // DAY]),
)
stories = st.lists(rounds, min_size=1, max_size=3)


def prepare(world: World, part: Round) -> None:
    """Let happen what happens before a run."""
    for edit in part.edits:
        world.crm.edit(*edit.place[0], edit.place[1], edit.value)
    for act in part.acts:
        do(world, act)
    for _ in range(part.days):
        world.next_day()
    wish(world, part)


def wish(world: World, part: Round) -> None:
    world.wanted = {record: {} for record, _ in part.wishes}
    for (record, name), value in part.wishes.items():
        world.wanted[record][name] = value
    world.gaps = [gap for number, gap in enumerate(GAPS) if number in part.gaps]


def do(world: World, act: Act) -> None:
    task_id = next((task.id for task in world.crm.tasks.values() if task.key == act.key), None)
    if task_id is None:
        return
    soon = world.crm.now - world.crm.now % DAY + 2 * DAY
    hands: dict[str, Callable[[str], None]] = {
        "finish": world.crm.finish_task,
        "reopen": world.crm.reopen_task,
        "remove": world.crm.remove_task,
        "snooze": lambda task: world.crm.snooze_task(task, soon),
        "postpone": lambda task: world.crm.postpone_task(task, soon),
        "give away": lambda task: world.crm.assign_task(task, "u7"),
        "give back": lambda task: world.crm.assign_task(task, "u1"),
    }
    hands[act.what](task_id)


def fields(world: World) -> dict[Place, str | None]:
    """Read every field a story touches; an untouched checkbox is false."""
    return {
        (record, name): "false" if name == "counted" and world.held(record, name) is None else world.held(record, name)
        for record, name in PLACES
    }


def tasks(world: World) -> list[tuple[str, bool, str | None, int | None]]:
    """Read key, state, owner and due date of every task."""
    return sorted((task.key, task.open, task.owner_id, task.due_at) for task in world.crm.tasks.values())


@LAW
@given(stories)
def test_law_1_deterministic_same_stage_memory_rules_and_moment_give_the_same_digest(story: list[Round]) -> None:
    digests = []
    for page_size, turn in ((500, 1), (1, -1)):
        with World(page_size=page_size) as world:
            for part in story:
                prepare(world, part)
                world.wanted = dict(list(world.wanted.items())[::turn])
                world.gaps = world.gaps[::turn]
                digests.append((world.plan().digest, world.run().digest))
    half = len(digests) // 2
    assert digests[:half] == digests[half:]
    assert all(shown == written for shown, written in digests)


@LAW
@given(stories)
def test_law_2_convergent_after_an_applied_plan_the_next_is_empty(story: list[Round]) -> None:
    with World() as world:
        for part in story:
            prepare(world, part)
            world.run()
            assert world.plan().status == "nothing"


@LAW
@given(st.lists(st.tuples(st.integers(0, 100), st.sampled_from(["steady", "fading"])), min_size=1, max_size=6))
def test_law_2_convergent_numbers_that_drift_stay_within_their_band_and_hide_nothing(
    days: list[tuple[int, str]],
) -> None:
    with World() as world:
        for strength, trend in days:
            told, band = world.held(ANN, "trend"), world.bands["contact", "tie_strength"]
            world.want(ANN, tie_strength=str(strength), trend=trend)
            world.run()
            assert world.plan().status == "nothing"
            held = int(world.held(ANN, "tie_strength") or "-1")
            assert world.held(ANN, "trend") == trend
            assert abs(held - strength) < band if told == trend else held == strength


@LAW
@given(stories)
def test_law_3_explained_every_wish_is_met_changed_with_a_reason_or_skipped_with_one(story: list[Round]) -> None:
    with World() as world:
        for part in story:
            prepare(world, part)
            world.plan()
            planned = {
                ((change.ref.object, change.ref.id), change.field): change
                for change in world.changes()
                if isinstance(change, SetField)
            }
            skipped = {((skip.ref.object, skip.ref.id), skip.field): skip for skip in world.skips()}
            for (record, name), value in part.wishes.items():
                if same(record[0], name, value, None) or world.holds(record, name, value):
                    continue
                assert ((record, name) in planned) != ((record, name) in skipped)
            assert all(change.reason for change in world.changes())
            assert all(world.holds(record, name, change.before) for (record, name), change in planned.items())
            opened = {change.key for change in world.changes() if not isinstance(change, SetField)}
            left = {skip.field for skip in world.skips() if skip.ref.object == "task"}
            for gap in world.gaps:
                assert (gap.key in world.open_keys()) or (gap.key in opened) != (gap.key in left)
            world.run()


@LAW
@given(stories)
def test_law_4_polite_a_value_we_did_not_write_is_never_overwritten(story: list[Round]) -> None:
    ours: dict[Place, set[str | None]] = {place: set() for place in PLACES}
    theirs: dict[Place, str | None] = {}
    with World() as world:
        for part in story:
            for edit in part.edits:
                by_hand(world, edit, ours[edit.place], theirs)
            wish(world, part)
            before = fields(world)
            world.run()
            for place, value in fields(world).items():
                if value != before[place]:
                    ours[place].add(value)
            assert {place: fields(world)[place] for place in theirs} == theirs


def by_hand(world: World, edit: Edit, ours: set[str | None], theirs: dict[Place, str | None]) -> None:
    """Edit, and note the value as theirs, unless we wrote it there once or it empties what nobody ever filled."""
    (record, name), empty = edit.place, "false" if edit.place[1] == "counted" else None
    value = empty if edit.value is None else edit.value
    if world.holds(record, name, value):
        return
    world.crm.edit(*record, name, edit.value)
    if value in ours or (value == empty and not ours):
        theirs.pop(edit.place, None)
    else:
        theirs[edit.place] = value


@LAW
@given(stories)
def test_law_4_polite_a_task_a_human_closed_stays_closed_while_its_gap_is_there(story: list[Round]) -> None:
    with World() as world:
        world.gaps = GAPS[:2]
        world.run()
        world.crm.finish_task(world.task_id("k1"))
        world.crm.remove_task(world.task_id("k2"))
        for part in story:
            wish(world, part)
            world.gaps = [*GAPS[:2], *world.gaps[:0]]
            world.next_day()
            world.run()
            assert world.open_keys() == []


@LAW
@given(stories)
def test_law_4_polite_a_task_a_human_gave_away_is_never_given_to_anybody_else(story: list[Round]) -> None:
    with World() as world:
        world.gaps = GAPS[:1]
        world.run()
        task_id = world.task_id("k1")
        world.crm.assign_task(task_id, "u7")
        for part in story:
            prepare(world, replace(part, acts=tuple(act for act in part.acts if act.what in ("finish", "reopen"))))
            world.run()
            assert world.crm.tasks[task_id].owner_id == "u7"


faults = st.dictionaries(
    st.integers(0, 12),
    st.sampled_from([fault for fault in Fault if fault is not Fault.REJECTED]),
    min_size=1,
    max_size=3,
)


def run_until_done(world: World) -> None:
    """Run as an operator would: again after each death, lost answer or quota, until nothing is open."""
    for _ in range(12):
        try:
            report = world.run()
        except (ProcessKilledError, KilledError):
            continue
        if report.status in ("ok", "nothing"):
            return
    raise AssertionError("the run never came to an end")


@LAW
@given(stories, faults, st.integers(1, 4))
def test_law_5_crash_safe_faults_in_writing_change_nothing_in_the_end(
    story: list[Round], faulty: dict[int, Fault], batch: int
) -> None:
    with World() as smooth, World(batch=batch) as rough:
        rough.crm.faults = dict(faulty)
        for part in story:
            for world in (smooth, rough):
                prepare(world, part)
                run_until_done(world)
        assert fields(rough) == fields(smooth)
        assert tasks(rough) == tasks(smooth)
        assert len({task[0] for task in tasks(rough)}) == len(tasks(rough))


@LAW
@given(stories, st.integers(0, 40), st.booleans())
def test_law_5_crash_safe_death_at_any_step_changes_nothing_in_the_end(
    story: list[Round], moment: int, stage_lost: bool
) -> None:
    with World() as smooth, World(batch=2) as rough:
        rough.stop_at = moment
        for part in story:
            for world in (smooth, rough):
                prepare(world, part)
                try:
                    world.run()
                except KilledError:
                    world.stop_at = None
                    if stage_lost:
                        world.stage.forget("crm")
                    run_until_done(world)
        assert (fields(rough), tasks(rough)) == (fields(smooth), tasks(smooth))


@LAW
@given(stories, st.lists(edits, max_size=3))
def test_law_6_reversible_undo_restores_what_nobody_touched_since(story: list[Round], later: list[Edit]) -> None:
    with World() as world:
        for part in story[:-1]:
            prepare(world, part)
            world.run()
        prepare(world, story[-1])
        before, tasks_before = fields(world), tasks(world)
        number = world.run().number
        wrote = fields(world)
        for edit in later:
            world.crm.edit(*edit.place[0], edit.place[1], edit.value)
        touched = {place for place, value in fields(world).items() if value != wrote[place]}
        expected = {place: fields(world)[place] if place in touched else value for place, value in before.items()}
        world.undo(number)
        assert fields(world) == expected
        assert tasks(world) == tasks_before
        assert {skip.why for skip in world.skips()} <= {Why.CHANGED_SINCE}


@LAW
@given(stories)
def test_law_6_reversible_an_undo_can_be_undone(story: list[Round]) -> None:
    with World() as world:
        for part in story:
            prepare(world, part)
            number = world.run().number
        after = fields(world)
        back = world.undo(number).number
        world.undo(back)
        assert fields(world) == after
