"""JSON values as HTML folds."""

from __future__ import annotations

from spojit.lib import json_trees


def test_leaves_are_told_apart() -> None:
    assert json_trees.tree("a") == '<span class="json-text">&quot;a&quot;</span>'
    assert json_trees.tree(2.5) == '<span class="json-number">2.5</span>'
    assert json_trees.tree(None) == '<span class="json-word">null</span>'
    assert json_trees.tree(value=True) == '<span class="json-word">true</span>'


def test_objects_fold_and_the_first_two_levels_are_open() -> None:
    shown = json_trees.tree({"a": {"b": {"c": 1}}})
    assert shown.count("<details open>") == 2
    assert shown.count("<details>") == 1
    assert '<span class="json-key">a:</span> <span class="json-count">{ 1 }</span>' in shown


def test_empty_ones_do_not_fold() -> None:
    assert json_trees.tree({}) == '<span class="json-count">{}</span>'
    assert json_trees.tree([]) == '<span class="json-count">[]</span>'


def test_long_and_deep_values_are_cut() -> None:
    assert "… 50 more" in json_trees.tree(list(range(250)))
    assert len(json_trees.tree("x" * 5000)) < 2100
    deep: list[object] = []
    for _ in range(50):
        deep = [deep]
    assert json_trees.tree(deep).count("<details") == json_trees.MAX_DEPTH


def test_a_tree_that_is_wide_everywhere_is_cut_as_a_whole() -> None:
    wide = [[{"a": place} for place in range(100)] for _ in range(100)]

    shown = json_trees.tree(wide)

    assert shown.count("json-number") < json_trees.MAX_VALUES
    assert shown.count("<div>") < 2 * json_trees.MAX_VALUES
    assert '<span class="json-number">99</span>' in shown
