"use strict";
// Shows the page anew when an incident changes, without losing the place.
(() => {
  const WAIT = 400;
  const RETRY = 5000;
  const mark = document.getElementById("live");
  let due = 0;
  let stale = false;

  function show(connected) {
    mark.hidden = false;
    // Connected to the pages is not enough: they may hear nothing themselves.
    mark.classList.toggle("lost", !connected || document.getElementById("unreachable") !== null);
  }

  async function refresh() {
    due = 0;
    const answer = await fetch(location.href, { credentials: "same-origin" });
    if (answer.redirected) {
      location.assign(answer.url);
      return;
    }
    if (!answer.ok && answer.status !== 404) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.getElementById("main").replaceWith(fresh.getElementById("main"));
    document.body.dataset.version = fresh.body.dataset.version;
    document.title = fresh.title;
    stale = false;
    show(true);
  }

  function changed() {
    stale = true;
    if (!document.hidden && !due) due = setTimeout(() => refresh().catch(() => show(false)), WAIT);
  }

  function listen() {
    const events = new EventSource("/events");
    events.addEventListener("open", () => show(true));
    events.addEventListener("incident", changed);
    events.addEventListener("hello", (event) => {
      if (JSON.parse(event.data).version !== document.body.dataset.version) changed();
    });
    events.addEventListener("error", () => {
      show(false);
      if (events.readyState !== EventSource.CLOSED) return;
      // Refused: the session may be over, and then the page itself leads to the way in.
      setTimeout(() => refresh().catch(() => {}).finally(listen), RETRY);
    });
  }

  document.addEventListener("visibilitychange", () => { if (stale) changed(); });
  listen();
})();
