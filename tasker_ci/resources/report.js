"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const marks = { failed: "✕", quarantined: "⊘", flaky: "≈", passed: "✓", skipped: "○" };
  const step = 100;
  const form = document.querySelector(".filter");
  const table = document.querySelector("table");
  const body = table.querySelector("tbody");
  const more = document.getElementById("more");
  const found = document.getElementById("found");
  const search = document.getElementById("search");
  const order = document.getElementById("order");
  const texts = data.rows.map((row) => (data.groups[row[1]] + " " + row[2]).toLowerCase());
  const compare = {
    status: (a, b) => data.rows[a][0] - data.rows[b][0] || a - b,
    time: (a, b) => data.rows[b][3] - data.rows[a][3] || a - b,
    name: (a, b) => a - b,
  };
  let shown = [];
  let count = 0;

  const duration = (seconds) => {
    if (seconds >= 60) {
      const whole = Math.round(seconds);
      return Math.floor(whole / 60) + " min " + String(whole % 60).padStart(2, "0") + " s";
    }
    const [value, unit] = seconds >= 1 || seconds === 0 ? [seconds, "s"] : [seconds * 1000, "ms"];
    return value.toFixed(value >= 100 || value === 0 ? 0 : value >= 10 ? 1 : 2) + " " + unit;
  };
  const grouped = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, "\u202f");
  const cell = (row, kind, text) => {
    const made = row.insertCell();
    made.className = kind;
    made.textContent = text;
    return made;
  };

  const draw = () => {
    const until = Math.min(shown.length, count + step);
    const rows = document.createDocumentFragment();
    for (; count < until; count++) {
      const [status, group, name, seconds, flaky] = data.rows[shown[count]];
      const row = document.createElement("tr");
      const word = data.statuses[status];
      cell(row, word, marks[word] + " " + word + (flaky ? ", flaky" : ""));
      const what = cell(row, "what", "");
      const owner = document.createElement("span");
      owner.className = "group";
      owner.textContent = data.groups[group] + " ";
      const own = document.createElement("b");
      own.textContent = name;
      what.append(owner, own);
      cell(row, "", word === "skipped" ? "" : duration(seconds));
      rows.append(row);
    }
    body.append(rows);
    more.hidden = count >= shown.length;
    found.textContent = shown.length
      ? "Showing " + grouped(count) + " of " + grouped(shown.length) + " tests."
      : "No test matches.";
    table.hidden = !shown.length;
  };

  const update = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = new Set(
      [...form.querySelectorAll("input[type=checkbox]:checked")].map((box) =>
        data.statuses.indexOf(box.value)),
    );
    const flaky = wanted.has(data.statuses.indexOf("flaky"));
    shown = [];
    for (let place = 0; place < data.rows.length; place++) {
      const row = data.rows[place];
      if ((wanted.has(row[0]) || (flaky && row[4])) && words.every((word) => texts[place].includes(word))) {
        shown.push(place);
      }
    }
    shown.sort(compare[order.value]);
    count = 0;
    body.replaceChildren();
    draw();
  };

  let waiting = 0;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(update, 120);
  });
  form.addEventListener("change", update);
  form.addEventListener("submit", (event) => event.preventDefault());
  more.addEventListener("click", draw);
  form.hidden = false;
  update();
})();
