"""Gates put into sentences: what each asks for and what it met."""

from collections.abc import Mapping
from datetime import datetime

from alerts.gates import BETWEEN, Gate, Number
from alerts.words import Words

BESIDE = " / "  # between the numbers of a list


class Doorman(Words):
    """A reader of gates."""

    def told(self, gate: Gate) -> str:
        """What the gate asks for and what it met."""
        facts = {name: self._told(number) for name, number in gate.numbers.items()}
        return str(getattr(self, f"_{gate.step.value}")(gate, facts))

    def _told(self, number: Number) -> str:
        if isinstance(number, datetime):
            return self.moment(number)
        if isinstance(number, tuple):
            return BESIDE.join(map(self.number, number))
        return number if isinstance(number, str) else self.number(number)

    def _cut(self, gate: Gate, facts: Mapping[str, str]) -> str:
        if gate.open:
            return self.say("It is a series of the cut {cut}.", **facts)
        return self.say("No cut counts by these fields; the cuts of the stream: {cuts}.", **facts)

    def _history(self, gate: Gate, facts: Mapping[str, str]) -> str:
        if not facts:
            return self.say("There is no event of this stream in the history.")
        return self.say("The history has been judged from {first} to {last} alone.", **facts)

    def _born(self, gate: Gate, facts: Mapping[str, str]) -> str:
        if gate.open:
            return self.say("It is counted since its people of the hour from {born} on.", **facts)
        if "people" in facts:
            return self.say(
                "It is counted since its people of this hour: {people}. It is judged from the "
                "next on.", **facts,
            )  # fmt: skip
        if "why" in facts:
            return self.say(
                "It is not counted then: {why}.", why=self.name("absence", facts["why"])
            )
        return self.say("Nothing was ever counted of it until then.")

    def _judged(self, gate: Gate, facts: Mapping[str, str]) -> str:
        if gate.open:
            return self.say("Its cut is judged for surges.")
        if facts:
            return self.say("Another method that suits it better is asked in the surge's stead.")
        return self.say("Its cut is not judged for surges: methods of the cut does not name them.")

    def _learning(self, gate: Gate, facts: Mapping[str, str]) -> str:
        if gate.open:
            return self.say("It has learnt what is usual: {events} events weigh in.", **facts)
        if "begun" in facts:
            return self.say(
                "It is still learning: {events} of {needed} events weigh in, and from its fifth at "
                "{begun} it takes until {earliest}; at the latest it has learnt by {latest}.",
                **facts,
            )
        return self.say(
            "It is still learning: {events} of {needed} events weigh in; at the latest it has "
            "learnt by {latest}.", **facts,
        )  # fmt: skip

    def _outage(self, gate: Gate, facts: Mapping[str, str]) -> str:
        if gate.open:
            return self.say("No outage of the sources hides the hour.")
        return self.say("An outage of the sources masks the hour: it is neither judged nor learnt.")

    def _score(self, gate: Gate, facts: Mapping[str, str]) -> str:
        """The hour, what made up its expectation, the account, and the threshold."""
        hour = self.say(
            "In the hour {people} where {expected} were expected: level {level} an hour × profile "
            "of its group {group} × season of the year {year} × own hour and weekday {own} × known "
            "events and the day so far {event}.", **facts,
        )  # fmt: skip
        account = self.say(
            "Since {since} {observed} where {usual} were expected; dispersion {dispersion}, "
            "uncertainty of the level {uncertainty}; {multiple} times the usual fits best.",
            **facts,
        )
        budget = self.say(
            "Score {score}, threshold {threshold}: false alarms {allowed} a week over {series} "
            "places.", **facts,
        )  # fmt: skip
        if gate.numbers.get("times", 1.0) != 1.0:
            budget += " " + self.say("Calibrated: {times} times that.", **facts)
        return "\n".join((hour, account, self._evidence(facts), budget))

    def _evidence(self, facts: Mapping[str, str]) -> str:
        """What a score is the mean of."""
        if facts["judged"] == self.number(0):
            return self.say(
                "Evidence by multiple ({multiples}): {carried}, left as it was, for nothing is "
                "judged. The score is their mean.", **facts,
            )  # fmt: skip
        return self.say(
            "Evidence by multiple ({multiples}): {carried} carried over, of which {kept} is kept "
            "and to which {part} is added; {ratios} with what came. The score is their mean.",
            **facts,
        )  # fmt: skip

    def _alarm(self, gate: Gate, facts: Mapping[str, str]) -> str:
        if not gate.open:
            return self.say("No alarm stands.")
        said = {**facts, "kind": self.name("kind", facts["kind"])}
        if "days" in facts:
            return self.say(
                "An alarm stands ({kind}) since {fired}; told again when it has doubled, and over "
                "{days} days after the last excess, which was that from {above} on.", **said,
            )  # fmt: skip
        return self.say(
            "An alarm stands ({kind}) since {fired}; told again when it has doubled, and over "
            "{quiet} hours after the last excess, which was that from {above} on.", **said,
        )  # fmt: skip

    def _trigger(self, gate: Gate, facts: Mapping[str, str]) -> str:
        if "harm" not in facts:
            return self.say("Nobody reported harm in the hour; {enough} would be enough.", **facts)
        said = {**facts, "harm": self.name("harm", facts["harm"])}
        if gate.open:
            return self.say("Harm reported: {harm}, by {people}; {enough} are enough.", **said)
        return self.say(
            "Harm reported: {harm}, by {people}, last in the hour from {last} on; {enough} in the "
            "hour would be enough.", **said,
        )  # fmt: skip

    def _rule(self, gate: Gate, facts: Mapping[str, str]) -> str:
        if gate.open:
            told = self.say(
                "The rule {rule} stands at {at}: {people} people, limit {limit}.", **facts
            )
        else:
            told = self.say(
                "The rule {rule} does not stand: {people} people at {at}, limit {limit}; it has "
                "held {held} of {needed} times on end.", **facts,
            )  # fmt: skip
        if "ratio" in facts:
            told += "\n" + self.say(
                "Its limit is the larger of {least} and {ratio} × {compared}.", **facts
            )
        if "hidden" not in facts:
            return told
        outage = self.say(
            "An outage of the sources hides {hidden} of {window} buckets of its window, or what "
            "they are compared with: they are left out.", **facts,
        )  # fmt: skip
        return f"{told}\n{outage}"

    def _burst(self, gate: Gate, facts: Mapping[str, str]) -> str:
        if not facts:
            return self.say("By bursts: it comes evenly, which is for the surge to judge.")
        if "earliest" in facts:
            return self.say(
                "By bursts: still learning, until a day after the fifth five minutes in which "
                "anybody came; that is {earliest} at the earliest.", **facts,
            )  # fmt: skip
        account = self.say(
            "By bursts, in the five minutes up to {at}, which say most in the hour: since {since} "
            "{observed} where {expected} were expected; score {score}, threshold {threshold}.",
            **facts,
        )  # fmt: skip
        if gate.numbers["told_from"] != gate.numbers["threshold"]:
            account += " " + self.say("Channels are told from a score of {told_from} on.", **facts)
        evidence = self.say(
            "{due} are expected in five minutes: {total} in the {remembered} of them that are "
            "remembered. Above that came in {minutes} minutes {excess}, in standard deviations "
            "{deviations}; the zeros of the chance of that are {zeros}, and the score is their "
            "mean.", **facts,
        )  # fmt: skip
        if not gate.numbers["judged"]:
            evidence += " " + self.say("An outage of the sources masks them: nothing is judged.")
        if gate.numbers["event"] != 1.0:
            evidence += " " + self.say(
                "Known events make {event} times of what is expected, in doubt by {doubt}; what is "
                "above it is divided by that.", **facts,
            )  # fmt: skip
        return f"{account}\n{evidence}"

    def _weekly(self, gate: Gate, facts: Mapping[str, str]) -> str:
        if not facts:
            return self.say("By the week: no week of it has been judged yet.")
        if "needed" in facts:
            return self.say("By the week: still learning, {weeks} of {needed} weeks.", **facts)
        account = self.say(
            "By the week that ended last: since {since} {observed} where {expected} were expected; "
            "score {score}, threshold {threshold}.", **facts,
        )  # fmt: skip
        return f"{account}\n{self._week(gate, facts)}"

    def _week(self, gate: Gate, facts: Mapping[str, str]) -> str:
        week = self.say(
            "In that week {people} where {due} were expected: level {level} a week × season of the "
            "year {season}, raised {margin} times for what is not known; dispersion {dispersion}.",
            **facts,
        )
        if gate.numbers["event"] != 1.0:
            week += " " + self.say("That includes known events: {event} times.", **facts)
        return f"{week}\n{self._evidence(facts)}"

    def _batch(self, gate: Gate, facts: Mapping[str, str]) -> str:
        """What is known of its units, of its neighbours, and what that makes of its complaints."""
        if not facts:
            return self.say(
                "By units in the field: rate unknown, for the table batches does not say how many "
                "units it has and when they were shipped."
            )
        if "score" not in facts:
            return self.say(
                "By its {units} units in the field: what its neighbours bring is not known well "
                "enough; {complaints} complaints of them, {needed} are needed, or a week.",
                **facts,
            )
        account = self.say(
            "By its {units} units in the field: since {since} {observed} where {expected} were "
            "expected; score {score} (0 below {fewest} people), threshold {threshold}.", **facts,
        )  # fmt: skip
        account += "\n" + self.say(
            "At its neighbours' rate {due} would come in these {buckets} hours; its own, as a "
            "multiple of theirs, is believed to be a mixture ({weights}) of gammas of shapes "
            "{shapes} and rates {rates}; {part} of the false alarms are for stretches so long.",
            **facts,
        )
        if "rate" not in facts:
            return account
        rate = self.say(
            "{rate} complaints per thousand units, neighbours of equal age {neighbours}.", **facts
        )
        return f"{account}\n{rate}"

    def _novelty(self, gate: Gate, facts: Mapping[str, str]) -> str:
        why = self.name("novelty", str(gate.numbers["why"]))
        if "people" not in facts:
            return self.say("As a first-ever combination: {why}.", why=why)
        return self.say(
            "As a first-ever combination: {why}; {people} people, {before} before with any fault, "
            "{share} per cent of its group with this one, which is worth {likeness} people; a "
            "new one comes every {pace} hours, and with {further} per cent is followed by another "
            "within three days; score {score}, threshold {threshold}.",
            **{**facts, "why": why},
        )

    def _spatial(self, gate: Gate, facts: Mapping[str, str]) -> str:
        if not facts:
            return self.say(
                "With its neighbours: too few of them have learnt what is usual, or none has for "
                "two weeks."
            )
        regions = facts["regions"].split(BETWEEN)
        said = {**facts, "regions": self.listed(self.name("region", one) for one in regions)}
        account = self.say(
            "With its neighbours ({regions}): since {since} {observed} where {expected} were "
            "expected; {share} % of the evidence is one region's, of which more than {most} % "
            "would be its own surge; score {score}, threshold {threshold}.", **said,
        )  # fmt: skip
        hour = self.say(
            "In the hour, by region, {people} where {due} were expected; dispersion {dispersions}, "
            "uncertainty of the level {uncertainties}.", **said,
        )  # fmt: skip
        whole = self.say(
            "Times {weight} it is {own}, the part of these regions; others that share one of them "
            "add {others}.", **said,
        )  # fmt: skip
        return f"{account}\n{hour}\n{self._evidence(said)}\n{whole}"

    def _share(self, gate: Gate, facts: Mapping[str, str]) -> str:
        if not facts:
            return self.say("By its share: nothing was counted yet of what it is a part of.")
        if "needed" in facts:
            return self.say(
                "By its share: still learning, {events} of {needed} events; it takes {hours} "
                "hours at least.", **facts,
            )  # fmt: skip
        account = self.say(
            "By its share: since {since} {observed} of {whole}, {share} % (usual: {usual} %); "
            "score {score}, threshold {threshold}.", **facts,
        )  # fmt: skip
        hour = self.say(
            "In the hour {people} of {of}, where up to {raised} % are usual; dispersion "
            "{dispersion}.", **facts,
        )  # fmt: skip
        return f"{account}\n{hour}\n{self._evidence(facts)}"

    def _drift(self, gate: Gate, facts: Mapping[str, str]) -> str:
        if not facts:
            return self.say("By its drift: no week of it has been judged yet.")
        if "needed" in facts:
            return self.say(
                "By its drift: still learning, {weeks} of {needed} weeks, each eight weeks late.",
                **facts,
            )
        account = self.say(
            "By its drift, against two months ago: since {since} {observed} where {expected} were "
            "expected; score {score}, threshold {threshold}.", **facts,
        )  # fmt: skip
        return f"{account}\n{self._week(gate, facts)}"

    def _silence(self, gate: Gate, facts: Mapping[str, str]) -> str:
        if "topic" in facts:
            return self.say(
                "By silence: not asked for, sources.silence of {topic} is false.", **facts
            )
        if "most" in facts:
            return self.say(
                "By silence: not among the sources and channels that had brought anything before "
                "the hour ({heard}; at most {most} are watched).", **facts,
            )  # fmt: skip
        if "needed" in facts:
            return self.say(
                "By silence: still learning, {events} of {needed} events, and until {earliest} at "
                "the earliest.", **facts,
            )  # fmt: skip
        return self.say(
            "Since {since} {observed} events where {expected} were expected; dispersion "
            "{dispersion}, {doubt} of what was expected in doubt; highest score before {before}, "
            "score {score}, threshold {threshold}.", **facts,
        )  # fmt: skip
