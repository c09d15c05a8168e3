"""pytest under Tidemark:

tidemark record -- python3 -m pytest -p tidemark.pytest_plugin pytest_example.py
"""
import pytest


@pytest.mark.limit_rss("64 MiB")
def test_a_basket_is_small():
    assert len(["apple"] * 1000) == 1000


@pytest.mark.limit_leak_per_call("16 B")
def test_a_basket_is_forgotten():
    assert sorted(["pear", "apple"]) == ["apple", "pear"]
