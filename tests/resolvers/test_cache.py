"""cache.py: what is used again stays, and weights are bounded."""

import pytest

from resolvers.cache import Cache


def test_a_flood_of_keys_used_once_pushes_out_nothing_that_was_used_twice() -> None:
    cache = Cache[str, int](100)
    hot = [f"hot{n}" for n in range(20)]
    for n, key in enumerate(hot):
        cache.put(key, n)
        cache.get(key)
    for n in range(10_000):
        cache.put(f"once{n}", n)
    assert [cache.get(key) for key in hot] == list(range(20))
    assert len(cache) == 20 + 25


def test_newcomers_leave_in_the_order_in_which_they_came() -> None:
    cache = Cache[int, int](8)
    for n in range(3):
        cache.put(n, n)
    assert [cache.get(n) for n in range(3)] == [None, 1, 2]


def test_what_falls_out_of_the_protected_segment_gets_a_second_chance() -> None:
    cache = Cache[int, int](8)
    for n in range(7):
        cache.put(n, n)
        cache.get(n)
    cache.put(7, 7)
    assert len(cache) == 8
    cache.put(8, 8)
    assert cache.get(0) is None
    assert all(cache.get(n) == n for n in (*range(1, 7), 7, 8)[1:])


@pytest.mark.parametrize(("weight", "kept"), [(25, True), (26, False)])
def test_one_item_may_weigh_as_much_as_the_newcomers_share(weight: int, kept: bool) -> None:
    cache = Cache[str, str](100)
    cache.put("a", "a", weight)
    assert (cache.get("a") == "a") is kept


def test_the_sum_of_weights_is_bounded_whatever_is_put() -> None:
    cache = Cache[int, int](100)
    weights = {n: 1 + n * 7 % 25 for n in range(500)}
    for n, weight in weights.items():
        cache.put(n, n, weight)
        if n % 3 == 0:
            cache.get(n)
        cache.put(n - n % 2, n, weights[n - n % 2])
        assert sum(weights[key] for key in weights if _holds(cache, key)) <= 100


def _holds(cache: Cache[int, int], key: int) -> bool:
    return any(key in segment for segment in cache._segments)  # pyright: ignore[reportPrivateUsage]


def test_an_item_that_is_put_again_is_counted_once() -> None:
    cache = Cache[str, int](8)
    for n in range(50):
        cache.put("a", n)
    cache.put("b", 1)
    assert (cache.get("a"), cache.get("b"), len(cache)) == (49, 1, 2)


def test_what_is_discarded_is_gone_from_either_segment() -> None:
    cache = Cache[str, int](8)
    cache.put("new", 1)
    cache.put("old", 1)
    cache.get("old")
    cache.discard("new")
    cache.discard("old")
    cache.discard("never there")
    assert len(cache) == 0
