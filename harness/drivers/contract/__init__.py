"""The contract of a driver as functions, for the tests of every driver there is or will be.

Nothing is started: ``services`` is pure, and most of what a driver promises shows there. In a
test of your own::

    @pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
    def test_the_driver_keeps_its_promises(promise):
        promise(Candidate(NotesDriver()))

Each promise returns where it is kept and raises `BrokenPromise` where it is not.
"""

from __future__ import annotations

from collections.abc import Callable

from harness.drivers.contract.answered import (
    answers_for_every_version,
    answers_the_same_again,
    does_nothing_but_read,
    refuses_an_unknown_option,
    refuses_an_unknown_version,
)
from harness.drivers.contract.candidate import BrokenPromise, Candidate
from harness.drivers.contract.declared import (
    can_be_forked,
    has_every_method,
    has_its_product_file,
    names_functions,
)
from harness.drivers.contract.specified import (
    has_a_command,
    has_absolute_paths,
    has_valid_ports,
    names_roles,
    takes_secrets_from_the_plan,
)

Promise = Callable[[Candidate], None]

PROMISES: tuple[Promise, ...] = (
    has_its_product_file,
    has_every_method,
    names_functions,
    can_be_forked,
    answers_for_every_version,
    answers_the_same_again,
    does_nothing_but_read,
    refuses_an_unknown_option,
    refuses_an_unknown_version,
    names_roles,
    has_a_command,
    has_absolute_paths,
    has_valid_ports,
    takes_secrets_from_the_plan,
)
"""All that is promised, in the order in which a mistake is best found."""

__all__ = ["PROMISES", "BrokenPromise", "Candidate", "Promise"]
