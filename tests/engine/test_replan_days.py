"""Whole days at random: time goes on, stops come, go and move, vehicles are lost or late, all is replanned.

Whatever happens in whatever order, nothing is lost, nothing is doubled, and what is done stays done.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from optiway_qgis.engine.solving.objective import importance
from optiway_qgis.model.day import (
    GOODS,
    SCOPE_FREE,
    SCOPE_INSERT,
    SCOPE_ROUTES,
    SCOPE_SEQUENCE,
    SCOPE_TIMES,
    SCOPES,
    Progress,
)
from optiway_qgis.model.edits import ADD, LOCK, MOVE, REMOVE, UPDATE, Edit, Edited, applied
from optiway_qgis.model.plan import VISIT_BREAK, VISIT_START
from optiway_qgis.model.problem import Break, Goals, Stop, Window
from tests.engine.cases import HOUR, MINUTE, VAN, a_depot, a_problem, a_stop, at
from tests.engine.days import Today, along_the_road
from tests.engine.plannable import EXAMPLES, examples, planned, seldom

if TYPE_CHECKING:
    from optiway_qgis.model.plan import Route
    from optiway_qgis.model.problem import Problem, Vehicle

_ITERATIONS = 15
_LATE = {"time_window", "shift"}

_moments = st.integers(at("08:00"), at("13:00"))
_windows = seldom(_moments.map(lambda start: (Window(start, start + HOUR),)), ())


@st.composite
def _stops(draw: st.DrawFn, name: str) -> Stop:
    return a_stop(
        name,
        draw(st.integers(-50, 50)) / 10,
        service=draw(st.sampled_from((0, 300, 900))),
        windows=draw(_windows),
        delivery=(draw(st.sampled_from((0, 1000, 2000))),),
        penalty=draw(seldom(st.sampled_from((5.0, 50.0)))),
        vehicle_id=draw(seldom(st.sampled_from(("V1", "V2")), "")),
        skills=draw(seldom(st.just(("lift",)), ())),
        priority=draw(st.sampled_from((0, 0, 50))),
    )


@st.composite
def _vehicles(draw: st.DrawFn, name: str) -> Vehicle:
    lunch = Break("lunch", 30 * MINUTE, window=Window(at("10:00"), at("11:00")))
    return replace(
        VAN,
        id=name,
        end_depot=draw(st.sampled_from(("D1", "D1", None))),
        capacity=(draw(st.sampled_from((4000, 8000))),),
        skills=draw(st.sampled_from(((), ("lift",)))),
        max_trips=draw(st.sampled_from((1, 1, 2))),
        max_work=draw(seldom(st.just(6 * HOUR))),
        breaks=draw(seldom(st.just((lunch,)), ())),
    )


@st.composite
def _problems(draw: st.DrawFn) -> Problem:
    """A few stops along a road, some of them pairs, and three vans."""
    stops = [draw(_stops(f"S{number}")) for number in range(draw(st.integers(3, 7)))]
    if len(stops) > 3 and draw(st.booleans()):
        goods = {"delivery": (1000,), "pickup": (), "vehicle_id": ""}
        stops[0] = replace(stops[0], **{**goods, "delivery": (), "pickup": (1000,)})
        stops[1] = replace(stops[1], **goods, picked_up_at="S0", ride_max=draw(st.sampled_from((None, HOUR))))
    vehicles = [draw(_vehicles(f"V{number}")) for number in (1, 2, 3)]
    prices = st.sampled_from((0.0, 0.0, 5.0))
    goals = draw(
        st.builds(Goals, vehicle_change_price=prices, position_change_price=prices, promise_price=prices)
    )
    return replace(a_problem(stops, [a_depot("D1", 0), a_depot("D2", 3)], vehicles), goals=goals)


def _to_do(today: Today, route: Route) -> list[str]:
    return [stop for stop in route.stop_ids if stop not in today.done]


class Days(RuleBasedStateMachine):
    """One day from its plan on."""

    @initialize(problem=_problems(), goods=st.sampled_from(GOODS))
    def plan(self, problem: Problem, goods: str) -> None:
        self.today = Today(problem, planned(problem, along_the_road(problem), _ITERATIONS), goods=goods)
        self.expected = {stop.id for stop in problem.stops}
        self.news = 0

    @rule(minutes=st.integers(30, 150))
    def begin(self, minutes: int) -> None:
        self.today = self.today.at(max(self.now, at("08:00")) + minutes * MINUTE)

    @property
    def now(self) -> int:
        return self.today.now or at("07:30")

    def _goes_on(self, data: st.DataObject, **what: Any) -> Today:
        """Return the day some time later."""
        return self.today.at(self.now + data.draw(st.sampled_from((0, 7, 20, 60))) * MINUTE, **what)

    @rule(data=st.data(), minutes=st.integers(1, 60))
    def be_late(self, data: st.DataObject, minutes: int) -> None:
        who = data.draw(st.sampled_from([vehicle.id for vehicle in self.today.problem.vehicles]))
        self._replan(data, self._goes_on(data, late={who: minutes * MINUTE}))

    @precondition(lambda self: len(self.today.lost) < 2)
    @rule(data=st.data())
    def lose_a_vehicle(self, data: st.DataObject) -> None:
        there = [one.id for one in self.today.problem.vehicles if one.id not in self.today.lost]
        self._replan(data, self._goes_on(data, lost={data.draw(st.sampled_from(there)): self.now}))

    @rule(data=st.data())
    def add(self, data: st.DataObject) -> None:
        self.news += 1
        name = f"N{self.news}"
        edit = Edit(ADD, name, data.draw(_stops(name)), vehicle_id=data.draw(st.sampled_from(("", "V3"))))
        self._edit(data, edit)

    @rule(data=st.data(), action=st.sampled_from((REMOVE, MOVE, UPDATE, LOCK)))
    def edit(self, data: st.DataObject, action: str) -> None:
        name = data.draw(st.sampled_from([stop.id for stop in self.today.problem.stops] or ["S0"]))
        members: dict[str, Any] = {}
        if action == UPDATE:
            members = data.draw(
                st.sampled_from(({"windows": (Window(at("09:00"), at("10:00")),)}, {"service": 600}))
            )
        if action == LOCK and name in self.today.served:
            members = {"vehicle_id": self.today.served[name]}
        vehicle_id = data.draw(st.sampled_from(("", "V1", "V2"))) if action == MOVE else ""
        place = data.draw(st.sampled_from((None, 0, 1))) if vehicle_id else None
        self._edit(data, Edit(action, name, members=members, vehicle_id=vehicle_id, place=place))

    @rule(data=st.data())
    def replan(self, data: st.DataObject) -> None:
        self._replan(data, self._goes_on(data))

    def _edit(self, data: st.DataObject, edit: Edit) -> None:
        today, scope = self._goes_on(data), data.draw(st.sampled_from(SCOPES))
        edited = applied(today.known(), today.sequences, [edit], today.day, scope != SCOPE_TIMES)
        if edited.faults:
            assert (edited.problem, edited.sequences) == (today.known(), today.sequences)
            return
        self.expected = {stop.id for stop in edited.problem.stops}
        assert self.expected == (
            {stop.id for stop in today.problem.stops} | ({edit.stop_id} if edit.action == ADD else set())
        ) - set(edited.removed)
        self._take(today, edited, today.replanned(scope, iterations=_ITERATIONS, edited=edited), scope)

    def _replan(self, data: st.DataObject, today: Today) -> None:
        """Plan the rest in any scope; what is on no route may be loose."""
        scope = data.draw(st.sampled_from(SCOPES))
        waiting = [stop.id for stop in today.problem.stops if stop.id not in today.served]
        loose = tuple(waiting) if data.draw(st.booleans()) else ()
        edited = Edited(today.known(), today.sequences, loose)
        serve_late = data.draw(st.booleans())
        after = today.replanned(scope, iterations=_ITERATIONS, edited=edited, serve_late=serve_late)
        if scope not in (SCOPE_TIMES, SCOPE_INSERT):
            self._breaks_no_more_than(after, _LATE if serve_late else set())
        self._take(today, edited, after, scope)

    def _breaks_no_more_than(self, after: Today, codes: set[str]) -> None:
        """Rules that routes with stops still to do break; ways home take as long as they take."""
        at_work = {route.vehicle_id for route in after.plan.routes if _to_do(after, route)}
        told = {one.code for one in after.plan.violations if one.vehicle_id in at_work}
        assert told <= codes

    def _take(self, before: Today, edited: Edited, after: Today, scope: str) -> None:
        """Hold the new plan against the one before, and go on with it."""
        plan = after.plan
        assert (plan.version, plan.parent_version) == (before.plan.version + 1, before.plan.version)
        assert plan.plan_id == before.plan.plan_id
        routes = {route.vehicle_id: route for route in plan.routes}
        for one in before.progress:
            if one.visits:
                assert routes[one.vehicle_id].visits[: len(one.visits)] == one.visits
                assert routes[one.vehicle_id].legs[: len(one.legs)] == one.legs
            elif one.lost:
                assert one.vehicle_id not in routes
        for route in plan.routes:
            self._follows(before, route)
        self._keeps_what_is_promised(before, edited, after, scope)
        self.today = after

    def _follows(self, before: Today, route: Route) -> None:
        """Each visit begins when the one before is over, and nothing new before now."""
        one = next((one for one in before.progress if one.vehicle_id == route.vehicle_id), Progress(""))
        ahead = route.visits[len(one.visits) :]
        assert [visit.sequence for visit in ahead[1:]] == [visit.sequence + 1 for visit in ahead[:-1]]
        way = one.way_drive if ahead and ahead[0].type == VISIT_BREAK else 0
        for this, other in zip(ahead, ahead[1:]):
            on_leg = way if other.type != VISIT_BREAK else 0
            assert other.arrival == this.end + other.drive - on_leg
            way -= on_leg
        if ahead and before.now is not None:
            first = ahead[0]
            is_there = one.reached is not None and first.id == one.heading
            assert first.start >= before.now
            assert first.type == VISIT_START or first.arrival >= (one.reached if is_there else before.now)

    def _keeps_what_is_promised(self, before: Today, edited: Edited, after: Today, scope: str) -> None:
        routes = {route.vehicle_id: _to_do(after, route) for route in after.plan.routes}
        loose = {
            *edited.loose,
            *(stop for one in edited.sequences if one.vehicle_id in before.lost for stop in one.stops),
        }
        for entry in edited.sequences:
            if entry.vehicle_id in before.lost:
                assert not routes.get(entry.vehicle_id)
            elif scope in (SCOPE_TIMES, SCOPE_INSERT):
                kept = [stop for stop in routes.get(entry.vehicle_id, ()) if stop not in loose]
                assert kept == list(entry.stops)
            elif scope == SCOPE_SEQUENCE:
                elsewhere = {
                    stop for name, stops in routes.items() if name != entry.vehicle_id for stop in stops
                }
                assert not elsewhere.intersection(entry.stops)
        if scope == SCOPE_TIMES:
            assert not loose.intersection(stop for stops in routes.values() for stop in stops)

    @invariant()
    def nothing_is_lost_or_doubled(self) -> None:
        served = [stop for route in self.today.plan.routes for stop in route.stop_ids]
        left = [one.stop_id for one in self.today.plan.unassigned]
        assert sorted(served + left) == sorted(self.expected)


TestDays = Days.TestCase
TestDays.settings = settings(
    max_examples=60 * EXAMPLES,
    stateful_step_count=10,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def _worth(before: Today, after: Today) -> tuple[float, ...]:
    """What is compared: what the plan before serves left out, lateness, what is new left out, money."""
    known = {stop.id: stop for stop in before.known().stops}
    left = [known[one.stop_id] for one in after.plan.unassigned]
    required = [stop for stop in left if stop.penalty is None]
    at_work = {route.vehicle_id for route in after.plan.routes if _to_do(after, route)}
    late = [one for one in after.plan.violations if one.vehicle_id in at_work]
    assert {one.code for one in late} <= _LATE
    return (
        sum(importance(stop) for stop in required if stop.planned),
        sum(one.amount for one in late),
        sum(importance(stop) for stop in required if not stop.planned),
        round(after.plan.cost + sum(stop.penalty for stop in left if stop.penalty is not None), 2),
    )


@examples(25)
@given(
    _problems(),
    st.sampled_from(GOODS),
    st.integers(0, 180),
    st.sampled_from((0, 0, 25)),
    st.sampled_from((SCOPE_SEQUENCE, SCOPE_ROUTES, SCOPE_FREE)),
)
def test_search_is_never_worse_than_the_plan_as_it_stands(problem, goods, minutes, late, scope):
    """The order so far, with what is loose put in, is always one of the answers."""
    problem = replace(problem, goals=Goals())
    today = Today(problem, planned(problem, along_the_road(problem), _ITERATIONS), goods=goods)
    today = today.at(at("07:50") + minutes * MINUTE, late={"V1": late * MINUTE})
    waiting = tuple(stop.id for stop in problem.stops if stop.id not in today.served)
    edited = Edited(today.known(), today.sequences, waiting)
    found, inserted = (
        today.replanned(one, iterations=_ITERATIONS, edited=edited) for one in (scope, SCOPE_INSERT)
    )
    worth = _worth(today, found), _worth(today, inserted)
    assert worth[0][:3] <= worth[1][:3]
    if worth[0][:3] == worth[1][:3]:
        assert worth[0][3] <= worth[1][3] + 0.05
