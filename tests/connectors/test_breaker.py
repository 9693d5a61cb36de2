"""The circuit breaker: when it opens, what it lets through, when it closes; and that no interleaving confuses it."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, rule

from connectors.breaker import LONGEST_PAUSE, Attempt, Breaker
from connectors.errors import CircuitOpen

FAILURES, PAUSE = 3, 30.0


@dataclass(slots=True)
class Line:
    """A breaker with a clock of its own; `now` is moved by the test."""

    now: float = 1_000.0
    breaker: Breaker = field(init=False)

    def __post_init__(self) -> None:
        self.breaker = Breaker("Salesforce", lambda: self.now, FAILURES, PAUSE)

    def send(self, alive: bool | None) -> bool:
        """Send one request that ends as said; tells whether it was let through."""
        try:
            with self.breaker.attempt() as attempt:
                attempt.alive, attempt.why = alive, "GET /x was answered with 503"
        except CircuitOpen:
            return False
        return True

    def break_down(self) -> None:
        """Let as many requests fail as it takes."""
        assert all(self.send(alive=False) for _ in range(FAILURES))


@pytest.fixture
def line() -> Line:
    return Line()


def test_it_opens_after_so_many_failures_in_a_row_and_says_why_and_until_when(line: Line) -> None:
    line.break_down()
    with pytest.raises(CircuitOpen) as raised, line.breaker.attempt():
        pytest.fail("nothing may be sent")
    assert str(raised.value) == (
        "Salesforce is not asked before 1970-01-01 00:17:10 UTC: 3 requests in a row failed, "
        "the last one because GET /x was answered with 503. Run again later."
    )
    assert raised.value.at == 1_030


def test_one_success_in_between_begins_the_count_anew(line: Line) -> None:
    sent = [line.send(alive) for alive in (False, False, True, False, False)]
    assert sent == [True] * 5
    assert line.send(alive=True)


def test_what_tells_nothing_of_the_vendors_health_counts_neither_way(line: Line) -> None:
    assert [line.send(alive) for alive in (False, None, False, None, False)] == [True] * 5
    assert not line.send(alive=True)


def test_after_the_pause_one_trial_is_let_through_and_no_second_beside_it(line: Line) -> None:
    line.break_down()
    line.now += PAUSE
    with line.breaker.attempt() as trial:
        assert not line.send(alive=True)
        trial.alive = True
    assert line.send(alive=True)


def test_a_failed_trial_doubles_the_pause_up_to_its_limit(line: Line) -> None:
    line.break_down()
    pauses, pause = [], PAUSE
    for _ in range(7):
        line.now += pause
        assert line.send(alive=False)
        with pytest.raises(CircuitOpen) as raised, line.breaker.attempt():
            pass
        pause = float(raised.value.at or 0) - line.now
        pauses.append(pause)
    assert pauses == [60, 120, 240, 480, 900, 900, 900]
    assert pauses[-1] == LONGEST_PAUSE


def test_a_trial_that_tells_nothing_leaves_room_for_the_next(line: Line) -> None:
    line.break_down()
    line.now += PAUSE
    assert line.send(alive=None)
    assert line.send(alive=True)


def test_a_trial_whose_thread_dies_leaves_room_for_the_next(line: Line) -> None:
    line.break_down()
    line.now += PAUSE
    with pytest.raises(KeyboardInterrupt), line.breaker.attempt():
        raise KeyboardInterrupt
    assert line.send(alive=True)


def test_an_answer_that_comes_when_the_circuit_is_open_already_changes_nothing(line: Line) -> None:
    with line.breaker.attempt() as straggler:
        line.break_down()
        straggler.alive = True
    assert not line.send(alive=True)


def test_a_rest_that_the_vendor_asked_for_lasts_until_its_end(line: Line) -> None:
    line.breaker.rest(line.now + 500, "the account is being moved")
    with pytest.raises(CircuitOpen, match="the account is being moved") as raised, line.breaker.attempt():
        pass
    assert raised.value.at == 1_500
    line.now += 500
    assert line.send(alive=True)


class Circuit(RuleBasedStateMachine):
    """A circuit that opens at the first failure, beside what is expected of it, whatever begins and ends in whatever
    order: open, it lets nothing out before its time, then one trial; only the trial's end, or the end of a request that
    began while it was closed, moves it.
    """

    requests = Bundle("requests")

    @initialize()
    def begin(self) -> None:
        self.now = 1_000.0
        self.breaker = Breaker("HubSpot", lambda: self.now, 1, PAUSE)
        self.open_until: float | None = None
        self.trial: Attempt | None = None
        self.of_closed: list[Attempt] = []

    @rule(seconds=st.sampled_from([1.0, 29.0, 31.0, 1_000.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule(target=requests)
    def send(self) -> tuple[AbstractContextManager[Attempt], Attempt] | None:
        allowed = self.open_until is None or (self.trial is None and self.now >= self.open_until)
        context = self.breaker.attempt()
        try:
            attempt = context.__enter__()
        except CircuitOpen:
            assert not allowed
            return None
        assert allowed
        if self.open_until is None:
            self.of_closed.append(attempt)
        else:
            self.trial = attempt
        return context, attempt

    @rule(request=consumes(requests), alive=st.sampled_from([True, False, False, None]))
    def answer(self, request: tuple[AbstractContextManager[Attempt], Attempt] | None, alive: bool | None) -> None:
        if request is None:
            return
        context, attempt = request
        attempt.alive = alive
        context.__exit__(None, None, None)
        of_trial, of_closed = attempt is self.trial, any(attempt is one for one in self.of_closed)
        if of_trial:
            self.trial = None
        if of_trial and alive:
            self.open_until = None
        elif alive is False and (of_trial or (of_closed and self.open_until is None)):
            self.of_closed.clear()
            self.open_until = self._told()

    def _told(self) -> float:
        with pytest.raises(CircuitOpen) as raised, self.breaker.attempt():
            pass
        assert raised.value.at is not None
        assert self.now + PAUSE <= raised.value.at <= self.now + LONGEST_PAUSE
        return float(raised.value.at)


TestLawTheCircuit = Circuit.TestCase
TestLawTheCircuit.settings = settings(max_examples=80, stateful_step_count=30)
