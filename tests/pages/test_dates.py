from dashboards.pages.dates import dated


def test_dates_are_held_together_and_all_else_is_escaped() -> None:
    text = dated("<b> 2026-03-03 09:00 UTC, 2026-03-03 09:00:12 UTC")
    assert text == (
        '&lt;b&gt; <span class="date">2026-03-03 09:00</span> UTC, '
        '<span class="date">2026-03-03 09:00:12</span> UTC'
    )
