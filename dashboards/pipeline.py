"""Dashboard "Pipeline": is each stage healthy, how far behind is it, what does it refuse."""

from alerts.words import Words
from dashboards import panels
from dashboards.panels import ORANGE, RED, Panel, Query, Step, figure, graph

UID = "tocsin-pipeline"


def build(words: Words) -> str:
    """The JSON of the dashboard."""
    return panels.board(
        words.say("Pipeline"),
        UID,
        words.say("Each stage from its topic to the messages."),
        [
            panels.row(words.say("Workers")),
            *_workers(words),
            panels.row(words.say("Behind")),
            *_behind(words),
            panels.row(words.say("Intake")),
            *_intake(words),
            panels.row(words.say("Detection")),
            *_detection(words),
            panels.row(words.say("Response")),
            *_response(words),
            panels.row(words.say("Archive")),
            *_archive(words),
        ],
    )


def _workers(words: Words) -> list[Panel]:
    return [
        figure(
            words.say("Not ready"),
            words.say("Workers that neither do their part nor stand by."),
            Query("count(tocsin_ready == 0) or vector(0)"),
            unit="short", steps=[Step(1, RED)],
        ),
        figure(
            words.say("Starts in an hour"),
            words.say("A worker that dies starts again."),
            Query("sum(changes(tocsin_started_timestamp_seconds[1h]))"),
            unit="short", steps=[Step(3, ORANGE), Step(10, RED)],
        ),
        graph(
            words.say("Partitions"),
            words.say("Input partitions that workers have, by role."),
            Query("sum by (role) (tocsin_partitions)", "{{role}}"),
            unit="short", width=4,
        ),
        graph(
            words.say("Memory"),
            words.say("Resident, by worker."),
            Query("process_resident_memory_bytes * on (instance) group_left (role) "
                  "(tocsin_ready * 0 + 1)", "{{role}} {{instance}}"),
            unit="bytes", width=6,
        ),
        graph(
            words.say("Processor"),
            words.say("Cores in use, by worker."),
            Query("rate(process_cpu_seconds_total[$__rate_interval]) * on (instance) "
                  "group_left (role) (tocsin_ready * 0 + 1)", "{{role}} {{instance}}"),
            unit="short", width=6,
        ),
    ]  # fmt: skip


def _behind(words: Words) -> list[Panel]:
    return [
        graph(
            words.say("Unread records"),
            words.say("By role and topic."),
            Query("sum by (role, topic) (tocsin_lag_records)", "{{role}} {{topic}}"),
            unit="short", width=6,
        ),
        graph(
            words.say("Lag"),
            words.say("Since the last record dealt with was written; 0 with nothing left to read."),
            Query("max by (role, topic) (tocsin_lag_seconds)", "{{role}} {{topic}}"),
            unit="s", width=6,
        ),
        graph(
            words.say("Age of the watermark"),
            words.say(
                "Event time that every source has passed; "
                "the lateness allowed is part of it."
            ),
            Query("max by (stream) (time() - tocsin_watermark_timestamp_seconds)", "{{stream}}"),
            unit="s", width=6,
        ),
        graph(
            words.say("Last decision"),
            words.say(
                "Since the shard that waits longest judged a bucket; "
                "an hour's bucket closes hourly."
            ),
            Query(
                "max by (stream) (time() - tocsin_last_decision_timestamp_seconds)", "{{stream}}"
            ),
            unit="s", width=6,
        ),
    ]  # fmt: skip


def _intake(words: Words) -> list[Panel]:
    return [
        graph(
            words.say("Events by outcome"),
            words.say("Per second; a repeat and a repost are also counted."),
            Query(
                "sum by (topic, outcome) (rate(tocsin_events_total[$__rate_interval]))",
                "{{topic}} {{outcome}}",
            ),
            unit="cps",
        ),
        graph(
            words.say("Dead letters in an hour"),
            words.say("By topic and the field that was refused."),
            Query(
                "sum by (topic, field) (increase(tocsin_dead_letters_total[1h]))",
                "{{topic}} {{field}}",
            ),
            unit="short",
        ),
        graph(
            words.say("Unknown fields"),
            words.say("In a sample of one record in 64."),
            Query(
                "sum by (topic, field) (increase(tocsin_unknown_fields_total[1h]))",
                "{{topic}} {{field}}",
            ),
            unit="short", width=4,
        ),
        graph(
            words.say("Records lost"),
            words.say("Dropped by the log before they were read, or written by none of ours."),
            Query("sum by (topic) (increase(tocsin_records_lost_total[1h]))", "{{topic}}"),
            Query(
                "sum by (topic) (increase(tocsin_foreign_inputs_total[1h]))",
                words.say("not ours {series}", series="{{topic}}"),
            ),
            unit="short", width=4,
        ),
        graph(
            words.say("Remembered"),
            words.say("Ids, and people about a matter, that would be known again."),
            Query("sum by (topic) (tocsin_seen_keys)", "{{topic}}"),
            unit="short",
        ),
        graph(
            words.say("Memory for it"),
            words.say("At most 8 bytes each where there are many."),
            Query("sum by (topic) (tocsin_seen_bytes)", "{{topic}}"),
            unit="bytes",
        ),
        graph(
            words.say("Still to be remembered"),
            words.say("Records to read after a start before events are; falls to 0."),
            Query("max by (topic) (tocsin_seen_unread_records)", "{{topic}}"),
            unit="short",
        ),
    ]  # fmt: skip


def _detection(words: Words) -> list[Panel]:
    shard = words.say("shard {series}", series="{{shard}}")
    return [
        graph(
            words.say("Series"),
            words.say("By shard; one that all shards judge is counted in one."),
            Query("max by (shard) (tocsin_series)", shard),
            Query(
                "max by (shard) (tocsin_retired_series) > 0",
                words.say("retired {series}", series="{{shard}}"),
            ),
            unit="short", width=4,
        ),
        graph(
            words.say("Bound taken"),
            words.say("Share of detection.max_series; at 100 % new series are refused."),
            Query("max by (shard) (tocsin_series_bound_ratio)", shard),
            unit="percentunit", width=4,
        ),
        graph(
            words.say("People not judged"),
            words.say("Refused past the bound, or come after their bucket was judged."),
            Query(
                "max by (stream, cut) (tocsin_refused_people) > 0",
                words.say("refused {series}", series="{{stream}}: {{cut}}"),
            ),
            Query(
                "max by (shard) (tocsin_late_at_detection_people)",
                words.say("late {series}", series="{{shard}}"),
            ),
            unit="short", width=4,
        ),
        graph(
            words.say("Snapshot bytes"),
            words.say("Written per second, by shard."),
            Query("sum by (shard) (rate(tocsin_snapshot_bytes_total[$__rate_interval]))", shard),
            unit="Bps", width=4,
        ),
        graph(
            words.say("Snapshot time"),
            words.say("Mean of the last hour, by shard."),
            Query(
                "sum by (shard) (rate(tocsin_snapshot_seconds_sum[1h])) "
                "/ sum by (shard) (rate(tocsin_snapshot_seconds_count[1h]))",
                shard,
            ),
            unit="s", width=4,
        ),
        graph(
            words.say("Snapshots passed over"),
            words.say("Torn when a shard was restored; it went on from an older one."),
            Query("sum by (shard) (tocsin_snapshots_passed_over_total)", shard),
            unit="short", width=4,
        ),
        graph(
            words.say("Use of the budget"),
            words.say("Series and methods that judge, against those that false alarms are for."),
            Query("sum(tocsin_judging_places) / max(tocsin_budgeted_places)", ""),
            unit="percentunit", width=4,
        ),
    ]  # fmt: skip


def _response(words: Words) -> list[Panel]:
    return [
        graph(
            words.say("Tries"),
            words.say("Per minute, by channel and how they ended."),
            Query(
                "60 * sum by (channel, result) "
                "(rate(tocsin_delivery_seconds_count[$__rate_interval]))",
                "{{channel}} {{result}}",
            ),
            unit="short", width=6,
        ),
        graph(
            words.say("Time of a try"),
            words.say("95 of 100 take less, by channel."),
            Query(
                "histogram_quantile(0.95, sum by (channel, le) "
                "(rate(tocsin_delivery_seconds_bucket[1h])))",
                "{{channel}}",
            ),
            unit="s", width=6,
        ),
        graph(
            words.say("Messages that wait"),
            words.say("By channel; those between two tries included."),
            Query("sum by (channel) (tocsin_pending_deliveries)", "{{channel}}"),
            unit="short", width=6,
        ),
        graph(
            words.say("Incident changes in an hour"),
            words.say("By state and colour."),
            Query(
                "sum by (state, colour) (increase(tocsin_incident_changes_total[1h]))",
                "{{state}} {{colour}}",
            ),
            unit="short", width=6,
        ),
    ]  # fmt: skip


def _archive(words: Words) -> list[Panel]:
    return [
        graph(
            words.say("Records archived"),
            words.say("Per second, by topic."),
            Query("sum by (topic) (rate(tocsin_archived_records_total[$__rate_interval]))",
                  "{{topic}}"),
            unit="short", width=6,
        ),
        graph(
            words.say("Files written"),
            words.say("Per minute, whole ones and those that still fill."),
            Query("60 * sum by (state) (rate(tocsin_archive_files_total[$__rate_interval]))",
                  "{{state}}"),
            unit="short", width=6,
        ),
        graph(
            words.say("Bytes written"),
            words.say("Per second, in whole files and in files that still fill."),
            Query("sum by (state) (rate(tocsin_archive_bytes_total[$__rate_interval]))",
                  "{{state}}"),
            unit="Bps", width=6,
        ),
        graph(
            words.say("Archive refused"),
            words.say("In an hour, by the folder or bucket of the archive; each is tried again."),
            Query("sum by (state) (increase(tocsin_archive_failures_total[1h]))", "{{state}}"),
            unit="short", width=6,
        ),
    ]  # fmt: skip
