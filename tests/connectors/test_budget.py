"""The budget governor: how much of an allowance is ours, what is learnt from answers, and the law that it holds."""

import threading
from contextlib import AbstractContextManager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, precondition, rule

from connectors.budget import Allowance, Budget, Call, Terms
from connectors.errors import QuotaSpent


def governed(share: float = 0.2, reserve: int = 10, concurrent: int = 4, day: int = 1000, left: int = 1000) -> Budget:
    budget = Budget("Salesforce", Terms(share, reserve, concurrent))
    budget.learn(Allowance(day, left))
    return budget


def send(budget: Budget, told: Allowance | None = None) -> None:
    with budget.call() as call:
        call.answered, call.told = True, told


def sent_until_refused(budget: Budget, at_most: int = 5000) -> int:
    """Send calls until one is refused and tell how many went out."""
    for count in range(at_most):
        try:
            send(budget)
        except QuotaSpent:
            return count
    return at_most


@pytest.mark.parametrize(
    ("share", "reserve", "day", "left", "ours"),
    [
        (0.2, 10, 1000, 1000, 200),
        (0.2, 10, 1000, 150, 140),
        (1.0, 0, 1000, 1000, 1000),
        (1.0, 999, 1000, 1000, 1),
        (0.2, 1000, 1000, 1000, 0),
        (0.0015, 0, 1000, 1000, 1),
        (0.2, 10, 0, 0, 0),
    ],
)
def test_12_our_part_is_the_share_and_never_the_peoples_reserve(
    share: float, reserve: int, day: int, left: int, ours: int
) -> None:
    budget = governed(share, reserve, day=day, left=left)
    assert budget.left() == ours
    assert sent_until_refused(budget) == ours


def test_12_what_earlier_runs_of_the_day_sent_is_part_of_our_share() -> None:
    budget = governed()
    budget.spent_before(150)
    assert (budget.left(), budget.day()) == (50, 200)


def test_12_a_spent_share_says_how_much_it_was_and_which_setting_decides() -> None:
    budget = governed(share=0.002)
    send(budget)
    send(budget)
    with pytest.raises(QuotaSpent) as raised:
        send(budget)
    assert str(raised.value) == (
        "Our share of today's Salesforce calls is used up: 2 of 1,000 (budget.share). "
        "Run again later; what was read is kept."
    )


def test_12_a_reserve_that_would_be_touched_says_what_is_left_and_when_it_is_renewed() -> None:
    budget = Budget("HubSpot", Terms(0.2, 1000, 4))
    budget.learn(Allowance(250_000, 990, renewed_at=1_795_300_000))
    with pytest.raises(QuotaSpent) as raised:
        send(budget)
    assert str(raised.value).startswith(
        "HubSpot has 990 of 250,000 calls left today, and 1,000 are kept for people and other apps (budget.reserve)."
    )
    assert raised.value.at == 1_795_300_000


def test_as_long_as_the_vendor_names_no_allowance_nothing_is_held_back() -> None:
    budget = Budget("HubSpot", Terms(0.2, 1000, 4))
    assert budget.left() is None
    assert sent_until_refused(budget, 50) == 50


def test_what_others_use_meanwhile_is_learnt_from_the_next_answer() -> None:
    budget = governed(share=1.0, reserve=10)
    send(budget, Allowance(1000, 30))
    assert budget.left() == 20


def test_an_answer_to_an_earlier_call_does_not_overrule_that_to_a_later_one() -> None:
    budget = governed(share=1.0, reserve=0)
    first, second = budget.call(), budget.call()
    early, late = first.__enter__(), second.__enter__()
    late.answered, late.told = True, Allowance(1000, 500)
    second.__exit__(None, None, None)
    early.answered, early.told = True, Allowance(1000, 900)
    first.__exit__(None, None, None)
    assert budget.left() == 499  # the early call may not have been counted when the late one was answered


def test_whoever_begins_anew_learns_from_the_first_answer_that_there_is_a_new_day() -> None:
    budget = governed(share=1.0, left=10)
    with pytest.raises(QuotaSpent):
        send(budget)
    budget.ask_again()
    send(budget, Allowance(1000, 999))
    assert budget.left() == 989


def test_beginning_anew_does_not_give_a_spent_share_back() -> None:
    budget = governed(share=0.002)
    assert sent_until_refused(budget) == 2
    budget.ask_again()
    assert sent_until_refused(budget) == 0


def test_no_more_calls_are_under_way_than_the_settings_allow() -> None:
    budget = governed(concurrent=3)
    inside, most, lock, gate = 0, 0, threading.Lock(), threading.Event()

    def one() -> None:
        nonlocal inside, most
        with budget.call():
            with lock:
                inside += 1
                most = max(most, inside)
                if inside == 3:
                    gate.set()
            gate.wait(timeout=10)
            with lock:
                inside -= 1

    threads = [threading.Thread(target=one) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert most == 3


@given(st.floats(0.01, 1), st.integers(0, 50), st.integers(1, 60), st.integers(2, 8))
@settings(max_examples=20)
def test_law_threads_together_send_exactly_what_is_ours(share: float, reserve: int, day: int, threads: int) -> None:
    budget = governed(share, reserve, threads, day, day)
    sent, lock = [0], threading.Lock()

    def work() -> None:
        count = sent_until_refused(budget)
        with lock:
            sent[0] += count

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=20)
    assert sent[0] == max(0, min(int(day * share), day - reserve))


class Vendor(RuleBasedStateMachine):
    """A vendor that counts calls whenever it gets round to them and whose answers overtake each other.

    A call is let out, counted by the vendor, answered with the count of that moment, or lost after it was counted.
    """

    calls = Bundle("calls")

    @initialize(share=st.floats(0.05, 1), reserve=st.integers(0, 30), day=st.integers(0, 60), spent=st.integers(0, 20))
    def begin(self, share: float, reserve: int, day: int, spent: int) -> None:
        self.ours = min(int(day * share) - spent, day - reserve)
        self.day = self.left = day
        self.budget = governed(share, reserve, 100, day, day)
        self.budget.spent_before(spent)
        self.out = 0
        self.counted: dict[int, int] = {}

    @rule(target=calls)
    def let_out(self) -> tuple[AbstractContextManager[Call], Call] | None:
        context = self.budget.call()
        try:
            call = context.__enter__()
        except QuotaSpent:
            return None
        self.out += 1
        return context, call

    @rule(pair=calls)
    def count(self, pair: tuple[AbstractContextManager[Call], Call] | None) -> None:
        if pair and pair[1].number not in self.counted:
            self.left -= 1
            self.counted[pair[1].number] = self.left

    @rule(pair=consumes(calls), told=st.booleans())
    def answer(self, pair: tuple[AbstractContextManager[Call], Call] | None, told: bool) -> None:
        if pair:
            self.count(pair)
            context, call = pair
            call.answered = True
            call.told = Allowance(self.day, self.counted[call.number]) if told else None
            context.__exit__(None, None, None)

    @rule(pair=consumes(calls))
    def lose(self, pair: tuple[AbstractContextManager[Call], Call] | None) -> None:
        if pair:
            self.count(pair)
            pair[0].__exit__(None, None, None)

    @precondition(lambda self: hasattr(self, "budget"))
    @invariant()
    def never_more_than_ours(self) -> None:
        assert self.out <= max(0, self.ours)
        left = self.budget.left()
        assert left is not None
        assert self.out + left <= max(0, self.ours)


TestLawTheGovernorNeverLetsMoreOut = Vendor.TestCase
TestLawTheGovernorNeverLetsMoreOut.settings = settings(max_examples=60, stateful_step_count=40)
