"""What all tests share: nobody reads or writes the cache of whoever runs them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import rich.console  # noqa: F401  (loaded late it draws a random number, and Hypothesis, which loads what is lazy, objects)


@pytest.fixture(scope="session", autouse=True)
def cache_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A cache for the whole run; where it matters, a test has one of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("user-cache")))
        yield
