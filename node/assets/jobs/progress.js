// A job's progress, told by the node as it happens. Without script the page shows the same when it
// is loaded again.

const words = ({ phase, done, total }) => {
  if (!phase) return "Not begun yet";
  return total > 0 ? `${done} of ${total} ${phase}` : phase;
};

/** Shows how far the job is. */
function show(told) {
  document.getElementById("standing").textContent = told.standing;
  document.getElementById("phase").textContent = words(told);
  const bar = document.getElementById("progress");
  if (told.total > 0) {
    bar.max = told.total;
    bar.value = told.done;
  } else {
    bar.removeAttribute("value");
  }
}

/** Puts the page's part about the job in place of the one that is shown, and says how it ended. */
async function finish(told) {
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!answer.ok) throw new Error(`the page answers ${answer.status}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.getElementById("job").replaceWith(page.getElementById("job"));
  document.getElementById("told").textContent = told.says ?? told.standing;
}

const job = document.getElementById("job");
if (job?.dataset.events) {
  document.getElementById("stale").textContent = "You can leave this page: the job goes on.";
  const live = document.getElementById("told");
  const events = new EventSource(job.dataset.events);
  let phase = "";
  events.onmessage = ({ data }) => {
    const told = JSON.parse(data);
    if (told.over) {
      events.close();
      finish(told).catch(() => location.reload());
      return;
    }
    show(told);
    // A new phase is read out, not every step of it.
    if (told.phase !== phase) {
      phase = told.phase;
      live.textContent = words(told);
    }
  };
  events.onerror = () => {
    if (events.readyState === EventSource.CLOSED) {
      live.textContent = "Progress is not told any more: load the page again.";
    }
  };
}
